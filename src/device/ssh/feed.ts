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
  let over = false;
  const closed = ended.then(() => {
    over = true;
  });
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (over || channel.write(bytes)) return;
    await Promise.race([once(channel, 'drain'), closed]);
    touch();
  };
  if (preamble.length > 0) await write(preamble);
  if (stdin instanceof Uint8Array) await write(stdin);
  else if (stdin !== undefined) {
    const source = (live === true ? stdin : gathered(stdin))[Symbol.asyncIterator]();
    // A source may wait for an answer that never comes, because the command has ended.
    for (let next = await first(source.next(), closed); next; next = await first(source.next(), closed))
      await write(next);
    if (over) source.return?.(undefined).catch(() => {});
  }
  if (!over) channel.end();
}

/** What comes next; undefined at the end, and once the command is over. */
async function first(
  next: Promise<IteratorResult<Uint8Array>>,
  closed: Promise<void>,
): Promise<Uint8Array | undefined> {
  next.catch(() => {});
  const step = await Promise.race([next, closed]);
  return step?.done === false ? step.value : undefined;
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
