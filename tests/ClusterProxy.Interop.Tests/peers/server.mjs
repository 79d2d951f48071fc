// A proxy server on an independent gRPC stack: enough of upstream's to test our agent and our SDK.
//
//   --agent-listen host:port      --agent-ca --agent-cert --agent-key           (port 0 picks one)
//   --frontend-listen host:port | unix:/path   --frontend-ca --frontend-cert --frontend-key
//   --frontend-socket /path (beside the one above, without TLS)
//   --server-id ID   --server-count N   --scripted (forwards nothing: the test answers every packet by hand)
//
// Commands:
//   toAgent    {tunnel, packet}     toFrontend {stream, packet}     any packet by hand
//   endAgent   {tunnel}             endFrontend {stream}            ends the RPC with OK
//   failAgent  {tunnel, code, details}   failFrontend {stream, code, details}
//   set        {serverCount?, serverId?, withholdHeaders?, headers?}   for tunnels that connect from now on -> switched
//   stats      -> stats {agents, pending, connections}
//   stop       stops both listeners at once (connections are cut)   -> stopped
// Unasked: listening {agentPort, frontendPort}, agent {tunnel, metadata}, agentEnded {tunnel}, drain {tunnel},
//   frontend {stream, metadata}, frontendEnded {stream}, with --scripted fromAgent / fromFrontend {packet}, and
//   violation {what}: a packet that upstream's wire does not have, or not for a server.
import { randomUUID } from 'node:crypto';
import { emit, flag, parseFlags, serveCommands, text } from './lines.mjs';
import { strict } from './strict.mjs';
import { agentService, bind, createServer, fromJson, metadataOf, proxyService, toJson } from './wire.mjs';

const flags = parseFlags({
  'agent-listen': text, 'agent-ca': text, 'agent-cert': text, 'agent-key': text,
  'frontend-listen': text, 'frontend-ca': text, 'frontend-cert': text, 'frontend-key': text,
  'frontend-socket': text, 'server-id': text, 'server-count': text, scripted: flag,
});
const settings = {
  serverId: flags['server-id'] ?? randomUUID(),
  serverCount: flags['server-count'] ?? '1',
  withholdHeaders: false,
  headers: {},
};
const agents = new Map();    // tunnel number -> call
const frontends = new Map(); // stream number -> call
const pending = new Map();   // random -> {frontend, agent}
const connections = new Map(); // "agent/connectID" -> frontend
let lastTunnel = 0;
let lastStream = 0;

// Forwards and holds the reading side while the writing side is full.
function forward(from, to, packet) {
  if (!to.write(packet)) {
    from.pause();
    to.once('drain', () => from.resume());
  }
}

function connectAgent(call) {
  const tunnel = String(++lastTunnel);
  call.tunnel = tunnel;
  call.setMaxListeners(0);
  agents.set(tunnel, call);
  if (!settings.withholdHeaders) {
    call.sendMetadata(metadataOf({
      serverid: settings.serverId, servercount: settings.serverCount, ...settings.headers,
    }));
  }

  emit('agent', { tunnel, metadata: call.metadata.getMap(), path: call.getPath() });
  call.on('data', packet => (flags.scripted
    ? emit('fromAgent', { tunnel, packet: toJson(packet) })
    : fromAgent(call, packet)));
  const gone = () => {
    if (agents.delete(tunnel)) {
      emit('agentEnded', { tunnel });
      for (const [key, frontend] of connections) {
        const [owner, connectID] = key.split('/');
        if (owner === tunnel) {
          connections.delete(key);
          frontend.write({ type: 'CLOSE_RSP', closeResponse: { connectID, error: '' } });
        }
      }
    }
  };
  call.on('end', () => {
    gone();
    call.end();
  });
  call.on('cancelled', gone);
  call.on('error', gone);
}

function fromAgent(call, packet) {
  switch (packet.type) {
    case 'DIAL_RSP': {
      const { random, connectID, error } = packet.dialResponse;
      const dial = pending.get(random);
      pending.delete(random);
      if (!dial) {
        if (connectID !== '0') {
          call.write({ type: 'CLOSE_REQ', closeRequest: { connectID } });
        }

        return;
      }

      if (!error) {
        connections.set(`${call.tunnel}/${connectID}`, dial.frontend);
        dial.frontend.connectIDs.add(connectID);
      }

      dial.frontend.write(packet);
      return;
    }

    case 'DATA': {
      const frontend = connections.get(`${call.tunnel}/${packet.data.connectID}`);
      if (frontend) {
        forward(call, frontend, packet);
      } else {
        call.write({ type: 'CLOSE_REQ', closeRequest: { connectID: packet.data.connectID } });
      }

      return;
    }

    case 'CLOSE_RSP': {
      const key = `${call.tunnel}/${packet.closeResponse.connectID}`;
      connections.get(key)?.write(packet);
      connections.delete(key);
      return;
    }

    case 'DRAIN':
      call.draining = true;
      emit('drain', { tunnel: call.tunnel });
  }
}

function connectFrontend(call) {
  const stream = String(++lastStream);
  call.stream = stream;
  call.setMaxListeners(0);
  call.connectIDs = new Set();
  frontends.set(stream, call);
  emit('frontend', { stream, metadata: call.metadata.getMap() });
  call.on('data', packet => (flags.scripted
    ? emit('fromFrontend', { stream, packet: toJson(packet) })
    : fromFrontend(call, packet)));
  const gone = () => {
    if (frontends.delete(stream)) {
      emit('frontendEnded', { stream });
      release(call);
    }
  };
  call.on('end', () => {
    gone();
    call.end();
  });
  call.on('cancelled', gone);
  call.on('error', gone);
}

// What a frontend leaves behind is closed at its agent.
function release(frontend) {
  for (const [random, dial] of pending) {
    if (dial.frontend === frontend) {
      pending.delete(random);
      dial.agent.write({ type: 'DIAL_CLS', closeDial: { random } });
    }
  }

  for (const [key, owner] of connections) {
    if (owner === frontend) {
      connections.delete(key);
      const [tunnel, connectID] = key.split('/');
      agents.get(tunnel)?.write({ type: 'CLOSE_REQ', closeRequest: { connectID } });
    }
  }
}

function pickAgent() {
  const all = [...agents.values()];
  const awake = all.filter(agent => !agent.draining);
  const from = awake.length > 0 ? awake : all;
  return from[Math.floor(Math.random() * from.length)];
}

function fromFrontend(call, packet) {
  switch (packet.type) {
    case 'DIAL_REQ': {
      const { random } = packet.dialRequest;
      const agent = pickAgent();
      if (!agent) {
        call.write({ type: 'DIAL_RSP', dialResponse: { random, error: 'No agent available' } });
        return;
      }

      call.agent = agent;
      pending.set(random, { frontend: call, agent });
      agent.write(packet);
      return;
    }

    case 'DATA':
      if (call.agent) {
        forward(call, call.agent, packet);
      } else {
        call.write({
          type: 'CLOSE_RSP',
          closeResponse: { connectID: packet.data.connectID, error: 'backend not initialized' },
        });
      }

      return;
    case 'CLOSE_REQ':
      if (call.agent) {
        call.agent.write(packet);
      } else {
        call.write({
          type: 'CLOSE_RSP',
          closeResponse: { connectID: packet.closeRequest.connectID, error: 'backend uninitialized' },
        });
      }

      return;
    case 'DIAL_CLS':
      pending.delete(packet.closeDial.random);
  }
}

function find(map, name, what) {
  const call = map.get(String(name));
  if (!call) {
    throw new Error(`no ${what} ${name}; there are: ${[...map.keys()].join(', ')}`);
  }

  return call;
}

// No feature is ever announced here, whatever the other side announces.
function checked(method, expects) {
  const report = what => emit('violation', { path: method.path, what });
  return { ...method, requestDeserialize: strict(method.requestDeserialize, expects, report) };
}

const agentServer = createServer();
agentServer.addService(
  { Connect: checked(agentService.Connect, ['DIAL_RSP', 'DATA', 'CLOSE_RSP', 'DIAL_CLS', 'DRAIN']) },
  { Connect: connectAgent });
const frontendServer = createServer();
frontendServer.addService(
  { Proxy: checked(proxyService.Proxy, ['DIAL_REQ', 'DATA', 'CLOSE_REQ', 'DIAL_CLS']) },
  { Proxy: connectFrontend });

serveCommands({
  toAgent: command => find(agents, command.tunnel, 'tunnel').write(fromJson(command.packet)),
  toFrontend: command => find(frontends, command.stream, 'stream').write(fromJson(command.packet)),
  endAgent: command => find(agents, command.tunnel, 'tunnel').end(),
  endFrontend: command => find(frontends, command.stream, 'stream').end(),
  failAgent: command => find(agents, command.tunnel, 'tunnel')
    .emit('error', { code: command.code, details: command.details }),
  failFrontend: command => find(frontends, command.stream, 'stream')
    .emit('error', { code: command.code, details: command.details }),
  set: ({ cmd, ...values }) => {
    Object.assign(settings, values);
    emit('switched', settings);
  },
  stats: () => emit('stats', { agents: agents.size, pending: pending.size, connections: connections.size }),
  stop: () => {
    agentServer.forceShutdown();
    frontendServer.forceShutdown();
    emit('stopped');
  },
});

const tls = plane => ({ ca: flags[`${plane}-ca`], cert: flags[`${plane}-cert`], key: flags[`${plane}-key`] });
if (flags['frontend-socket']) {
  await bind(frontendServer, `unix:${flags['frontend-socket']}`, {});
}

emit('listening', {
  agentPort: flags['agent-listen'] ? await bind(agentServer, flags['agent-listen'], tls('agent')) : 0,
  frontendPort: flags['frontend-listen'] ? await bind(frontendServer, flags['frontend-listen'], tls('frontend')) : 0,
});
