/** A command's stdin: as fast as the board takes it, and no longer than the command runs. */
import { once } from 'node:events';
import type { ClientChannel } from 'ssh2';
import type { RunOptions } from '../device.ts';

/** Bytes of one write: what a packet of ssh2 carries. Smaller chunks would be a packet each. */
const writeSize = 32 << 10;

/**
 * @param ended when the command is over
 * @param touch called when the board took something
 */
export async function feed(
  channel: ClientChannel,
  preamble: Uint8Array,
  { stdin, live }: RunOptions,
  ended: Promise<unknown>,
  touch: () => void,
): Promise<void> {
  const command = new Running(ended);
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (command.isOver || channel.write(bytes)) return;
    await command.orOver(once(channel, 'drain'));
    touch();
  };
  if (preamble.length > 0) await write(preamble);
  if (stdin instanceof Uint8Array) await write(stdin);
  else if (stdin !== undefined) {
    const source = (live === true ? stdin : gathered(stdin))[Symbol.asyncIterator]();
    // A source may wait for an answer that never comes, because the command has ended.
    for (;;) {
      const step = await command.orOver(source.next());
      if (step === undefined || step.done === true) break;
      await write(step.value);
    }
    if (command.isOver) source.return?.(undefined).catch(() => {});
  }
  if (!command.isOver) channel.end();
}

/**
 * A command, for whoever waits for something that will not come once it is over. Promise.race with the end of the command would keep
 * each of its results until then: in the end all that was ever sent is in memory.
 */
class Running {
  isOver = false;
  #stop = (): void => {};

  constructor(ended: Promise<unknown>) {
    ended.then(() => {
      this.isOver = true;
      this.#stop();
    });
  }

  /** What the work gives, or undefined once the command is over. One is waited for at a time. */
  orOver<T>(work: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#stop = () => resolve(undefined);
      work.then(resolve, reject);
      if (this.isOver) this.#stop();
    });
  }
}

async function* gathered(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes < writeSize) continue;
    yield waiting.length === 1 ? chunk : Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}
