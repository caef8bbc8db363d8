/** A Device that answers what a test says: for boards that lie. */
import type { Command, Device, Ending, Outcome } from '../../src/device/device.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';

export interface Said {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly ending?: Ending;
  readonly code?: number;
}

/** @param answer gets the words of a program, or the positional words of a script */
export function saidDevice(name: string, answer: (words: readonly string[]) => Said): Device {
  return {
    name,
    lost: new Promise(() => {}),
    run: async (command: Command, options = {}): Promise<Outcome> => {
      const { stdout = '', stderr = '', code = 0, ending } = answer(command.words);
      await options.onStdout?.(Buffer.from(stdout));
      return {
        ending: ending ?? { kind: 'exited', code },
        stdout: Buffer.from(options.onStdout === undefined ? stdout : ''),
        stderr: Buffer.from(stderr),
      };
    },
    expectReboot: () => {},
    reconnect: async () => {},
    close: async () => {},
  };
}

/** The Failure that an action has to end with. */
export async function failed(
  t: { fail: (text: string) => void },
  action: Promise<unknown>,
): Promise<Failure> {
  try {
    await action;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  t.fail('it did not fail');
  throw new Error('unreachable');
}
