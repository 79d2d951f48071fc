// Upstream's wire and nothing beyond it: what a peer that announced no features may be sent. protobuf skips what it does not
// know, so packets are looked at as bytes, before they are decoded.
const types = ['DIAL_REQ', 'DIAL_RSP', 'CLOSE_REQ', 'CLOSE_RSP', 'DATA', 'DIAL_CLS', 'DRAIN'];

// Field of Packet -> the type that it belongs to, and the fields that its message has. Data.error is never set.
const payloads = {
  2: { type: 'DIAL_REQ', fields: [1, 2, 3] },
  3: { type: 'DIAL_RSP', fields: [1, 2, 3] },
  4: { type: 'DATA', fields: [1, 3] },
  5: { type: 'CLOSE_REQ', fields: [1] },
  6: { type: 'CLOSE_RSP', fields: [1, 2] },
  7: { type: 'DIAL_CLS', fields: [1] },
  8: { type: 'DRAIN', fields: [] },
};
const dataField = 3;

function* fieldsOf(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (at >= bytes.length) {
        throw new Error('a truncated varint');
      }

      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    if (wire === 0) {
      yield { field: tag >>> 3, value: varint() };
    } else if (wire === 2) {
      const length = Number(varint());
      yield { field: tag >>> 3, bytes: bytes.subarray(at, at + length) };
      at += length;
    } else {
      throw new Error(`field ${tag >>> 3} has wire type ${wire}`);
    }
  }
}

// What is wrong with a packet, or null.
export function violationOf(bytes, expectedTypes) {
  let type = types[0];
  let payload = null;
  let content = null;
  for (const { field, value, bytes: message } of fieldsOf(bytes)) {
    if (field === 1) {
      type = types[Number(value)] ?? `type ${value}`;
    } else if (!(field in payloads)) {
      return `field ${field} in a packet`;
    } else {
      payload = payloads[field];
      content = message;
    }
  }

  if (!expectedTypes.includes(type)) {
    return `${type} is not for this peer`;
  }

  if (payload?.type !== type) {
    return `${type} with the payload of ${payload?.type ?? 'nothing'}`;
  }

  let dataBytes = 0;
  for (const { field, value, bytes: data } of fieldsOf(content)) {
    // A field that holds its default says as much as one that is not there: some encoders write it.
    if (!payload.fields.includes(field) && (value || data?.length)) {
      return `field ${field} in ${type}`;
    }

    if (field === dataField && data) {
      dataBytes = data.length;
    }
  }

  return type === 'DATA' && dataBytes === 0 ? 'DATA without bytes' : null;
}

// Wraps a deserializer: `report` hears of every violation.
export function strict(deserialize, expectedTypes, report) {
  return bytes => {
    const violation = violationOf(bytes, expectedTypes);
    if (violation) {
      report(violation);
    }

    return deserialize(bytes);
  };
}

export const featuresHeader = 'clusterproxy-features';
