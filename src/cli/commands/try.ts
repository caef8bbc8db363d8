/** `ovl try`: the union beside the running root of a board, with changes in memory; nothing is changed afterwards. */
import { randomBytes } from 'node:crypto';
import { cannotMount, runTrial } from '../../deploy/run-trial.ts';
import { planTrial } from '../../deploy/trial.ts';
import { probe } from '../../device/facts/probe.ts';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { visible } from '../../diagnostics/escape.ts';
import { unionSystems } from '../../union/index.ts';
import { orThrow } from '../board-file.ts';
import type { CommandBody, Outcome } from '../command.ts';
import { deviceOptions, hostAndCommand, hostArgument, withDevice } from '../device.ts';
import { usageFailure } from '../usage.ts';

/** Bytes of output that --json and a diagnostic quote. */
const kept = 64 * 1024;

export const tryCommand: CommandBody = {
  examples: [
    { line: 'ovl try root@192.168.1.1', what: 'a shell in the union; leave it, and all of it is gone' },
    { line: 'ovl try board -- /usr/bin/autoPilot --simulate', what: 'one program in the union' },
    {
      line: 'ovl try board --union mini_fo -- sh -c "rm /etc/passwd; ls /etc"',
      what: 'by a certain union system',
    },
  ],
  details: `The root of the board stays as it is and goes on running; the command sees it merged with an empty layer in memory, and may
write and delete as it likes. Devices and /proc are the board's own. When the command ends, or the connection, the
board takes everything back by itself. Works on a read-only root.`,
  arguments: [
    hostArgument,
    {
      name: 'COMMAND',
      what: 'program and arguments; a shell by default',
      required: false,
      repeats: true,
      completion: 'none',
    },
  ],
  options: [
    {
      flags: '--union <SYSTEM>',
      what: 'union system; default: the best that the kernel has',
      choices: unionSystems.map(({ name }) => name),
    },
    {
      flags: '--size <SIZE>',
      what: 'most memory that changes may take, such as 8m or 20%; default: 50%',
      completion: 'none',
    },
    ...deviceOptions,
  ],
  exits: ['no', 'connection', 'unsuitable'],
  run: async (input, context) => {
    const { host, command } = hostAndCommand(input, context);
    const size = input.value('size') ?? '50%';
    if (!/^\d+[kmg%]?$/i.test(size))
      throw usageFailure('OVL004', `--size is "${visible(size)}"`, 'a size such as 8m or 20%');
    return withDevice(host, input, context, async (device): Promise<Outcome> => {
      const facts = await probe(device, { signal: context.signal });
      const { value: trial } = orThrow(
        planTrial(facts, randomBytes(6).toString('hex'), input.value('union')),
      );
      context.say(`‣ ${trial.system} over / on ${visible(host)}, changes in memory`);
      const said: Buffer[] = [];
      const outcome = await runTrial(device, trial, {
        command: command.length > 0 ? command : ['/bin/sh', '-i'],
        size,
        ...(command.length > 0 ? {} : { input: process.stdin }),
        onOutput: (chunk) => {
          keep(said, chunk);
          if (!context.json) process.stdout.write(chunk);
        },
        signal: context.signal,
      });
      const output = Buffer.concat(said).toString('utf8');
      const code = outcome.ending.kind === 'exited' ? outcome.ending.code : undefined;
      if (code === cannotMount) throw cannotTry(output);
      return {
        data: { trial, command, output, ending: outcome.ending, device: { state: 'unchanged' } },
        diagnostics: [],
        ...(code === 0 ? {} : { exit: 'no' as const }),
      };
    });
  },
};

function keep(said: Buffer[], chunk: Uint8Array): void {
  const length = said.reduce((sum, one) => sum + one.length, 0);
  if (length < kept) said.push(Buffer.from(chunk.subarray(0, kept - length)));
}

function cannotTry(said: string): Failure {
  return new Failure({
    code: 'OVL664',
    severity: 'error',
    message: 'the union cannot be mounted on the board',
    because: visible(said.trim()).slice(0, 300),
    fix: 'see dmesg on the board; another one: --union SYSTEM',
    boardState: 'unchanged',
  });
}
