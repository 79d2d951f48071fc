// Node's socket errors in the words that Go's net package uses and that others match on.
const words = {
  ECONNREFUSED: 'connect: connection refused',
  ECONNRESET: 'connect: connection reset by peer',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  EMFILE: 'socket: too many open files',
  ENFILE: 'socket: too many open files',
  ETIMEDOUT: 'i/o timeout',
};

export function goError(error, protocol, address) {
  // A name with several addresses fails with all of their errors.
  const first = error.errors?.[0] ?? error;
  if (first.code === 'ENOTFOUND' || first.code === 'EAI_AGAIN') {
    return `dial ${protocol}: lookup ${address.slice(0, address.lastIndexOf(':'))}: no such host`;
  }

  return `dial ${protocol} ${address}: ${words[first.code] ?? first.message}`;
}
