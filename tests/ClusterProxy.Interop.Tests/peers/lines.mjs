// JSON lines: commands on stdin, events on stdout, anything for a person on stderr.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

export function emit(event, values = {}) {
  process.stdout.write(`${JSON.stringify({ event, ...values })}\n`);
}

// Each command runs by itself: one that waits does not hold up the ones behind it.
// The program ends with its input, so that no peer outlives its test.
export function serveCommands(commands) {
  const input = createInterface({ input: process.stdin });
  input.on('line', async line => {
    let command;
    try {
      command = JSON.parse(line);
      const run = commands[command.cmd];
      if (!run) {
        throw new Error(`unknown command ${command.cmd}; known: ${Object.keys(commands).join(', ')}`);
      }

      await run(command);
    } catch (error) {
      emit('failed', { command: command ?? line, error: error.message });
    }
  });
  input.on('close', () => process.exit(0));
}

export function parseFlags(options) {
  return parseArgs({ options, strict: true }).values;
}

export const text = { type: 'string' };
export const flag = { type: 'boolean' };
export const texts = { type: 'string', multiple: true };
