// The konnectivity services on @grpc/grpc-js, loaded from the repository's own .proto files.
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { featuresHeader, strict } from './strict.mjs';

const protoRoot = join(dirname(fileURLToPath(import.meta.url)), '../../../proto');
const definition = loader.loadSync(['konnectivity/client.proto', 'konnectivity/agent.proto'], {
  includeDirs: [protoRoot],
  keepCase: true,
  // What proto3 leaves out because it is 0 or empty must read so: DIAL_REQ is type 0.
  defaults: true,
  longs: String,
  enums: String,
  bytes: Buffer,
  oneofs: true,
});

export { grpc };
export const proxyService = definition.ProxyService;
export const agentService = definition.AgentService;

// One side's limit on a received message, as of grpc-go; sending is not limited.
const limits = { 'grpc.max_receive_message_length': 4 * 1024 * 1024, 'grpc.max_send_message_length': -1 };

export function clientCredentials(options) {
  if (!options.ca) {
    return grpc.credentials.createInsecure();
  }

  return grpc.credentials.createSsl(
    readFileSync(options.ca),
    options.key ? readFileSync(options.key) : null,
    options.cert ? readFileSync(options.cert) : null);
}

export function serverCredentials(options) {
  if (!options.cert) {
    return grpc.ServerCredentials.createInsecure();
  }

  return grpc.ServerCredentials.createSsl(
    options.ca ? readFileSync(options.ca) : null,
    [{ private_key: readFileSync(options.key), cert_chain: readFileSync(options.cert) }],
    Boolean(options.ca));
}

export function createClient(address, options) {
  const channelOptions = { ...limits };
  if (options['server-name']) {
    channelOptions['grpc.ssl_target_name_override'] = options['server-name'];
    channelOptions['grpc.default_authority'] = options['server-name'];
  }

  if (address.startsWith('unix:')) {
    // As grpc-go calls a server behind a socket.
    channelOptions['grpc.default_authority'] = encodeURIComponent(address.slice('unix:'.length));
  }

  return new grpc.Client(address, clientCredentials(options), channelOptions);
}

export function createServer() {
  return new grpc.Server(limits);
}

export function bind(server, address, options) {
  return new Promise((resolve, reject) =>
    server.bindAsync(address, serverCredentials(options), (error, port) => (error ? reject(error) : resolve(port))));
}

// Opens a bidirectional stream of Packet; `path` may name a method that nobody serves. A Buffer is sent as it is.
// `expects` lists the packet types this peer may be sent; `report` hears of anything else, unless features are announced.
export function openStream(client, method, metadata, { path, expects, report }) {
  const serialize = value => (Buffer.isBuffer(value) ? value : method.requestSerialize(value));
  const deserialize = metadata.get(featuresHeader).length > 0
    ? method.responseDeserialize
    : strict(method.responseDeserialize, expects, report);
  return client.makeBidiStreamRequest(path ?? method.path, serialize, deserialize, metadata);
}

export function metadataOf(values) {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(values ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      metadata.add(name, String(one));
    }
  }

  return metadata;
}

// Packets with their bytes as base64, for JSON lines.
export function toJson(packet) {
  const json = { type: packet.type };
  if (packet.payload) {
    json[packet.payload] = { ...packet[packet.payload] };
    if (packet.payload === 'data') {
      json.data.data = Buffer.from(packet.data.data).toString('base64');
    }
  }

  return json;
}

export function fromJson(json) {
  return json.data ? { ...json, data: { ...json.data, data: Buffer.from(json.data.data ?? '', 'base64') } } : json;
}

// Writes with backpressure: settles when the transport has taken the packet.
export function write(stream, packet) {
  return new Promise((resolve, reject) =>
    stream.write(packet, error => (error ? reject(error) : resolve())));
}
