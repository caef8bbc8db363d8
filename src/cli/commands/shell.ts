/** `ovl shell`: a shell on a board, or one command. */
import { once } from 'node:events';
import type { Device, Ending, TerminalOptions } from '../../device/device.ts';
import { script } from '../../device/device.ts';
import { visible } from '../../diagnostics/escape.ts';
import type { CommandBody, Context, Outcome } from '../command.ts';
import { deviceOptions, hostAndCommand, hostArgument, withDevice } from '../device.ts';
import { usageFailure } from '../usage.ts';

/** A login shell of the board, in the language that the board speaks. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the board's shell that expands it
const login = 'unset LC_ALL; exec "${SHELL:-/bin/sh}" -l';
const command = 'unset LC_ALL; exec "$@"';
/** Bytes of each stream that a document of --json has room for. */
const jsonLimit = 4 << 20;

export const shell: CommandBody = {
  details: `On a terminal the board gives one too, with the size of the window; what is typed goes to the board, Ctrl-C as well.
Elsewhere, and after "--" in pipes, stdin and stdout pass through as bytes. What the board writes reaches your terminal as it
is. The exit code is 1 where the command's own is not 0: that one is said, and stands in the document of --json.`,
  examples: [
    { line: 'ovl shell ar150', what: 'a login shell' },
    { line: 'ovl shell ar150 -- logread -e overlaykit', what: 'one command' },
    { line: 'OVL_HOST=ar150 ovl shell -- logread', what: 'the board of the environment' },
  ],
  arguments: [
    hostArgument,
    {
      name: 'COMMAND',
      what: 'a program and its words, after --',
      required: false,
      repeats: true,
      completion: 'none',
    },
  ],
  options: deviceOptions,
  exits: ['no', 'host', 'connection'],
  run: async (input, context) => {
    const { host, command: words } = hostAndCommand(input, context);
    if (words.length === 0 && context.json)
      throw usageFailure('OVL003', '--json is for one command', 'ovl shell HOST --json -- COMMAND');
    return withDevice(host, input, context, (device) => runShell(device, host, words, context));
  },
};

async function runShell(
  device: Device,
  host: string,
  words: readonly string[],
  context: Context,
): Promise<Outcome> {
  const wanted = words.length === 0 ? script(login) : script(command, ...words);
  const { signal, json } = context;
  if (json) {
    const outcome = await device.run(wanted, {
      deadlineMs: Number.POSITIVE_INFINITY,
      signal,
      limit: jsonLimit,
    });
    const [stdout, stderr] = [outcome.stdout.toString('utf8'), outcome.stderr.toString('utf8')];
    return ended(outcome.ending, { host, ending: outcome.ending, stdout, stderr });
  }
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const { ending, stderr } = await withRawInput(isTerminal, () =>
    device.run(wanted, {
      deadlineMs: Number.POSITIVE_INFINITY,
      signal,
      stdin: process.stdin,
      live: true,
      onStdout: toStdout,
      ...(isTerminal ? { terminal: ownTerminal() } : {}),
    }),
  );
  process.stderr.write(stderr);
  const outcome = ended(ending, { host, ending });
  if (outcome.exit === 'no') context.say(`${visible(host)}: ${endingWords(ending)}`);
  return outcome;
}

function ended(ending: Ending, data: Readonly<Record<string, unknown>>): Outcome {
  const yes = ending.kind === 'exited' && ending.code === 0;
  return { data, diagnostics: [], ...(yes ? {} : { exit: 'no' as const }) };
}

function endingWords(ending: Ending): string {
  switch (ending.kind) {
    case 'exited':
      return `ended with exit code ${ending.code}`;
    case 'killed':
      return `ended by signal ${visible(ending.signal)}`;
    case 'disconnected':
      return 'ended with the connection';
  }
}

/** Keys go to the board as they are typed, Ctrl-C too; the terminal is given back in every case. */
async function withRawInput<T>(isTerminal: boolean, use: () => Promise<T>): Promise<T> {
  if (isTerminal) process.stdin.setRawMode(true);
  try {
    return await use();
  } finally {
    if (isTerminal) process.stdin.setRawMode(false);
    // A read that is under way would keep the process alive.
    process.stdin.destroy();
  }
}

async function toStdout(chunk: Uint8Array): Promise<void> {
  if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
}

function ownTerminal(): TerminalOptions {
  return {
    size: () => ({
      type: process.env.TERM ?? 'vt100',
      columns: process.stdout.columns,
      rows: process.stdout.rows,
    }),
    onResize: (changed) => {
      process.stdout.on('resize', changed);
      return () => process.stdout.off('resize', changed);
    },
  };
}
