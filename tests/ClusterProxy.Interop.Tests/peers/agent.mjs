// An agent on an independent gRPC stack. It behaves as upstream's does, and misbehaves on request.
//
//   --address host:port   --ca --cert --key   --server-name NAME
//   --agent-id ID   --identifiers 'host=a&ipv4=1.2.3.4'   --token TOKEN   --metadata name=value (repeatable)
//   --idle (connect only on command)   --packets (tell of each packet)   --dial-timeout MILLISECONDS
//
// Commands; "tunnel" is "main" where left out:
//   connect {tunnel, agentId?, identifiers?, metadata?}          -> connected {headers} | status
//   set     {neverAnswerDials?, answerTwice?, stopReading?, ...} switches, below -> switched
//   unknownData {connectID, text}   DATA for an id nobody knows
//   drain                           DRAIN
//   packet  {packet}                anything by hand
//   raw     {base64}                a message that need not be a packet
//   flood   {packet, count}         the same, many times                    -> flooded {count}
//   stats                           -> stats {connections, dials}
//   cancel / end                    ends the RPC by RST_STREAM / END_STREAM
// Unasked: dial {random, address, connectID, error}, closed {connectID, by}, packet (with --packets), status,
//   violation {tunnel, what}        a packet that upstream's wire does not have, or not for an agent
import net from 'node:net';
import { randomUUID } from 'node:crypto';
import { goError } from './go-errors.mjs';
import { emit, flag, parseFlags, serveCommands, text, texts } from './lines.mjs';
import { agentService, createClient, fromJson, metadataOf, openStream, toJson, write } from './wire.mjs';

const flags = parseFlags({
  address: text, ca: text, cert: text, key: text, 'server-name': text,
  'agent-id': text, identifiers: text, token: text, metadata: texts, idle: flag, packets: flag,
  'dial-timeout': text,
});
const client = createClient(flags.address, flags);
const tunnels = new Map();
const packetBytes = 4096;
const dialTimeout = Number(flags['dial-timeout'] ?? 5000);

const switches = {
  neverAnswerDials: false, // DIAL_REQ is swallowed
  answerTwice: false,      // DIAL_RSP is sent twice
  dropCloseRequests: false, // CLOSE_REQ is swallowed
  stopReading: false,      // the tunnel is not read: its window fills up
};

class AgentTunnel {
  constructor(name, command) {
    this.name = name;
    this.lastConnectID = 0;
    this.dials = 0;
    this.connections = new Map();
    const metadata = {
      agentid: command.agentId ?? flags['agent-id'] ?? randomUUID(),
      agentidentifiers: command.identifiers ?? flags.identifiers ?? '',
      ...(flags.token ? { authorization: `Bearer ${flags.token}` } : {}),
      ...Object.fromEntries((flags.metadata ?? []).map(pair => pair.split(/=(.*)/s, 2))),
      ...command.metadata,
    };
    for (const name of Object.keys(metadata)) {
      if (metadata[name] === null) {
        delete metadata[name];
      }
    }

    this.call = openStream(client, agentService.Connect, metadataOf(metadata), {
      expects: ['DIAL_REQ', 'DATA', 'CLOSE_REQ', 'DIAL_CLS'],
      report: what => emit('violation', { tunnel: name, what }),
    });
    // Every connection may wait for the tunnel to drain.
    this.call.setMaxListeners(0);
    this.call.on('metadata', headers => emit('connected', { tunnel: name, headers: headers.getMap() }));
    this.call.on('data', packet => this.receive(packet));
    this.call.on('error', () => {});
    this.call.on('status', status => {
      emit('status', { tunnel: name, code: status.code, details: status.details });
      for (const socket of this.connections.values()) {
        socket.destroy();
      }

      this.connections.clear();
    });
    if (switches.stopReading) {
      this.call.pause();
    }
  }

  send(packet) {
    return this.call.write(packet);
  }

  receive(packet) {
    if (flags.packets) {
      emit('packet', { tunnel: this.name, packet: toJson(packet) });
    }

    switch (packet.type) {
      case 'DIAL_REQ':
        this.dial(packet.dialRequest);
        break;
      case 'DATA':
        this.forward(packet.data);
        break;
      case 'CLOSE_REQ':
        if (!switches.dropCloseRequests) {
          this.close(packet.closeRequest.connectID);
        }

        break;
    }
  }

  dial({ random, address, protocol }) {
    this.dials++;
    if (switches.neverAnswerDials) {
      emit('dial', { tunnel: this.name, random, address, answered: false });
      return;
    }

    // Failed dials use up an id as well.
    const connectID = String(++this.lastConnectID);
    const answer = (id, error) => {
      emit('dial', { tunnel: this.name, random, address, connectID: id, error, answered: true });
      for (let i = 0; i < (switches.answerTwice ? 2 : 1); i++) {
        this.send({ type: 'DIAL_RSP', dialResponse: { random, connectID: id, error } });
      }
    };
    const colon = address.lastIndexOf(':');
    if (colon < 0) {
      answer('0', `dial ${protocol}: address ${address}: missing port in address`);
      return;
    }

    const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
    // Half-open is allowed here so that the end of the target is seen before the socket goes.
    const socket = net.connect({ host, port: Number(address.slice(colon + 1)), allowHalfOpen: true, noDelay: true });
    socket.setMaxListeners(0);
    const refused = error => {
      clearTimeout(timer);
      socket.on('error', () => {});
      socket.destroy();
      answer('0', goError(error, protocol, address));
    };
    const timer = setTimeout(() => refused(Object.assign(new Error(), { code: 'ETIMEDOUT' })), dialTimeout);
    socket.once('error', refused);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', refused);
      // Registered first: DATA may follow the answer at once.
      this.connections.set(connectID, socket);
      answer(connectID, '');
      this.copy(connectID, socket);
    });
  }

  copy(connectID, socket) {
    socket.on('data', bytes => {
      let room = true;
      for (let offset = 0; offset < bytes.length; offset += packetBytes) {
        const data = bytes.subarray(offset, offset + packetBytes);
        room = this.send({ type: 'DATA', data: { connectID, data } });
      }

      if (!room) {
        socket.pause();
        this.call.once('drain', () => socket.resume());
      }
    });
    // A read error is an end like any other.
    const ended = () => this.finish(connectID, 'target');
    socket.once('end', ended);
    socket.on('error', ended);
  }

  forward({ connectID, data }) {
    const socket = this.connections.get(connectID);
    if (!socket) {
      this.send({ type: 'CLOSE_RSP', closeResponse: { connectID, error: 'unrecognized connectID' } });
      return;
    }

    if (!socket.write(data)) {
      this.call.pause();
      const resume = () => {
        socket.off('drain', resume);
        socket.off('close', resume);
        if (!switches.stopReading) {
          this.call.resume();
        }
      };
      socket.on('drain', resume);
      socket.on('close', resume);
    }
  }

  close(connectID) {
    if (!this.connections.has(connectID)) {
      this.send({ type: 'CLOSE_RSP', closeResponse: { connectID, error: 'Unknown connectID' } });
      return;
    }

    this.finish(connectID, 'server');
  }

  finish(connectID, by) {
    const socket = this.connections.get(connectID);
    if (this.connections.delete(connectID)) {
      socket.destroySoon();
      emit('closed', { tunnel: this.name, connectID, by });
      this.send({ type: 'CLOSE_RSP', closeResponse: { connectID, error: '' } });
    }
  }
}

function connect(command) {
  const name = command.tunnel ?? 'main';
  tunnels.set(name, new AgentTunnel(name, command));
}

function get(command) {
  const tunnel = tunnels.get(command.tunnel ?? 'main');
  if (!tunnel) {
    throw new Error(`no tunnel ${command.tunnel ?? 'main'}`);
  }

  return tunnel;
}

serveCommands({
  connect,
  set: ({ cmd, ...values }) => {
    for (const [name, value] of Object.entries(values)) {
      if (!(name in switches)) {
        throw new Error(`unknown switch ${name}; known: ${Object.keys(switches).join(', ')}`);
      }

      switches[name] = value;
    }

    for (const tunnel of tunnels.values()) {
      if (switches.stopReading) {
        tunnel.call.pause();
      } else {
        tunnel.call.resume();
      }
    }

    emit('switched', switches);
  },
  unknownData: command => write(get(command).call, {
    type: 'DATA',
    data: { connectID: String(command.connectID), data: Buffer.from(command.text ?? 'stray') },
  }),
  drain: command => write(get(command).call, { type: 'DRAIN', drain: {} }),
  packet: command => write(get(command).call, fromJson(command.packet)),
  raw: command => write(get(command).call, Buffer.from(command.base64, 'base64')),
  flood: async command => {
    const packet = fromJson(command.packet);
    const { call } = get(command);
    for (let i = 0; i < command.count; i++) {
      await write(call, packet);
    }

    emit('flooded', { count: command.count });
  },
  stats: () => emit('stats', {
    connections: [...tunnels.values()].reduce((sum, tunnel) => sum + tunnel.connections.size, 0),
    dials: [...tunnels.values()].reduce((sum, tunnel) => sum + tunnel.dials, 0),
  }),
  cancel: command => get(command).call.cancel(),
  end: command => get(command).call.end(),
});

emit('ready');
if (!flags.idle) {
  connect({});
}
