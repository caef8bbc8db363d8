/** Runs a command in a Trial. The board undoes it when the command ends, and when nobody waits any more. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Device, type Outcome, script } from '../device/device.ts';
import { packageRoot } from '../system/package-root.ts';
import type { Trial } from './trial.ts';

export interface TrialOptions {
  /** Program and arguments, as they are called inside. */
  readonly command: readonly string[];
  /** Most memory that changes may take, as the tmpfs option takes it. */
  readonly size: string;
  /** What the command reads; nothing where undefined. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** What the command says, both of its streams, as it comes. */
  readonly onOutput: (chunk: Uint8Array) => void;
  readonly signal?: AbortSignal;
}

/** Exit code of the script where the union could not be mounted; what was said then tells why. */
export const cannotMount = 125;

/** @throws those of Device.run; the reason of the signal */
export async function runTrial(device: Device, trial: Trial, options: TrialOptions): Promise<Outcome> {
  const library = await readFile(join(packageRoot(), 'rootfs-scripts', 'try.sh'), 'utf8');
  const inner = `${library}\ntry_union "$@"\n`;
  const { place, fstype, source, directories } = trial;
  const mode = options.input === undefined ? 'alive' : 'input';
  const words = [
    mode,
    place,
    options.size,
    fstype,
    source,
    trial.options,
    directories.join(' '),
    ...options.command,
  ];
  const alive = new Lasting();
  try {
    return await device.run(script(`${library}\ntry_here "$@"\n`, inner, ...words), {
      stdin: options.input ?? alive,
      onStdout: options.onOutput,
      deadlineMs: Number.POSITIVE_INFINITY,
      boardState: 'unchanged',
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } finally {
    alive.end();
  }
}

/** A stdin that says nothing, and ends when we do: the board takes its end for ours. */
class Lasting implements AsyncIterable<Uint8Array> {
  #end: () => void = () => {};
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  end(): void {
    this.#end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    await this.#ended;
    yield new Uint8Array();
  }
}
