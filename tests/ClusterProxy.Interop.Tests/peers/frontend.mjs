// A frontend on an independent gRPC stack: one Proxy stream per connection, driven by commands.
//
//   --address host:port | unix:/path   --ca --cert --key (TLS)   --server-name NAME
//
// Commands ({"cmd": ..., "stream": NAME, ...}) and the events that answer them:
//   open    {metadata?, method?}            a stream without a dial              -> opened
//   dial    {address, random?, protocol?}   opens the stream too                 -> dialed {random, connectID, error}
//   send    {text | base64 | bytes, chunk?} bytes = that many random ones        -> sent {bytes, sha256}
//           with mayFail: true              the stream may end meanwhile         -> sent | unsent {error}
//   expect  {bytes}                         waits for a total of DATA            -> received {bytes, sha256, text?}
//   close                                   CLOSE_REQ                            -> closed {error} (also if the server closes)
//   cancelDial                              DIAL_CLS
//   cancel                                  RST_STREAM of the RPC
//   end                                     END_STREAM of the RPC
//   pause / resume                          stop and go on reading
//   packet  {packet}                        anything by hand
//   raw     {base64}                        a message that need not be a packet
// Unasked: packet (every packet but DATA), headers, status {code, details},
//   violation {stream, what}                a packet that upstream's wire does not have, or not for a frontend
import { createHash, randomBytes } from 'node:crypto';
import { emit, parseFlags, serveCommands, text } from './lines.mjs';
import { createClient, fromJson, metadataOf, openStream, proxyService, toJson, write } from './wire.mjs';

const flags = parseFlags({ address: text, ca: text, cert: text, key: text, 'server-name': text });
const client = createClient(flags.address, flags);
const streams = new Map();
const shownBytes = 64 * 1024;

class FrontendStream {
  constructor(name, command) {
    this.name = name;
    this.random = null;
    this.connectID = '0';
    this.bytes = 0;
    this.hash = createHash('sha256');
    this.head = [];
    this.waiters = [];
    this.ended = false;
    this.call = openStream(client, proxyService.Proxy, metadataOf(command.metadata), {
      path: command.method,
      expects: ['DIAL_RSP', 'DATA', 'CLOSE_RSP', 'DIAL_CLS'],
      report: what => emit('violation', { stream: name, what }),
    });
    this.call.on('data', packet => this.receive(packet));
    this.call.on('metadata', metadata => emit('headers', { stream: name, headers: metadata.getMap() }));
    this.call.on('error', () => {});
    this.call.on('status', status => {
      this.ended = true;
      emit('status', { stream: name, code: status.code, details: status.details, trailers: status.metadata.getMap() });
      this.wake();
    });
  }

  receive(packet) {
    if (packet.type === 'DATA') {
      const bytes = packet.data?.data ?? Buffer.alloc(0);
      this.hash.update(bytes);
      if (this.bytes < shownBytes) {
        this.head.push(bytes);
      }

      this.bytes += bytes.length;
      this.wake();
      return;
    }

    emit('packet', { stream: this.name, packet: toJson(packet) });
    if (packet.type === 'DIAL_RSP') {
      this.connectID = packet.dialResponse.connectID;
      emit('dialed', { stream: this.name, ...packet.dialResponse });
    } else if (packet.type === 'CLOSE_RSP') {
      this.ended = true;
      emit('closed', { stream: this.name, ...packet.closeResponse });
      this.wake();
      this.call.end();
    }
  }

  // Some waits for a total of bytes, or for the end, came true.
  wake() {
    this.waiters = this.waiters.filter(wanted => {
      if (this.bytes < wanted && !this.ended) {
        return true;
      }

      emit('received', {
        stream: this.name,
        bytes: this.bytes,
        sha256: this.hash.copy().digest('hex'),
        ended: this.ended,
        ...(this.bytes <= shownBytes ? { text: Buffer.concat(this.head).toString() } : {}),
      });
      return false;
    });
  }
}

function open(command) {
  const stream = new FrontendStream(command.stream, command);
  streams.set(command.stream, stream);
  return stream;
}

function get(command) {
  const stream = streams.get(command.stream);
  if (!stream) {
    throw new Error(`no stream ${command.stream}`);
  }

  return stream;
}

function contentOf(command) {
  if (command.bytes !== undefined) {
    return randomBytes(command.bytes);
  }

  return command.base64 !== undefined ? Buffer.from(command.base64, 'base64') : Buffer.from(command.text ?? '');
}

serveCommands({
  open: command => {
    open(command);
    emit('opened', { stream: command.stream });
  },
  dial: async command => {
    const stream = streams.get(command.stream) ?? open(command);
    stream.random = command.random ?? String(randomBytes(8).readBigInt64BE() & 0x7fffffffffffffffn);
    await write(stream.call, {
      type: 'DIAL_REQ',
      dialRequest: { protocol: command.protocol ?? 'tcp', address: command.address, random: stream.random },
    });
  },
  send: async command => {
    const stream = get(command);
    const content = contentOf(command);
    const chunk = command.chunk ?? 32 * 1024;
    try {
      for (let offset = 0; offset < content.length; offset += chunk) {
        const data = content.subarray(offset, offset + chunk);
        await write(stream.call, { type: 'DATA', data: { connectID: command.connectID ?? stream.connectID, data } });
      }
    } catch (error) {
      if (command.mayFail) {
        emit('unsent', { stream: command.stream, error: error.message });
        return;
      }

      throw error;
    }

    emit('sent', {
      stream: command.stream,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    });
  },
  expect: command => {
    const stream = get(command);
    stream.waiters.push(command.bytes);
    stream.wake();
  },
  close: command => {
    const stream = get(command);
    return write(stream.call, { type: 'CLOSE_REQ', closeRequest: { connectID: command.connectID ?? stream.connectID } });
  },
  cancelDial: command => {
    const stream = get(command);
    return write(stream.call, { type: 'DIAL_CLS', closeDial: { random: command.random ?? stream.random } });
  },
  cancel: command => get(command).call.cancel(),
  end: command => get(command).call.end(),
  pause: command => get(command).call.pause(),
  resume: command => get(command).call.resume(),
  packet: command => write(get(command).call, fromJson(command.packet)),
  raw: command => write(get(command).call, Buffer.from(command.base64, 'base64')),
});

emit('ready');
