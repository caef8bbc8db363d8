/** A restart outside of a deployment, against boards that are a few lines of code. */
import test from 'ava';
import { restart } from '../../src/deploy/restart.ts';
import type { Command, Device, Loss, Outcome } from '../../src/device/device.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';

/** A board whose boots have these ids, one after the other; it stays in the last one. */
class Boots implements Device {
  readonly name = 'pole';
  readonly lost: Promise<Loss> = new Promise(() => {});
  readonly did: string[] = [];
  readonly #ids: string[];
  readonly #back: () => void;

  constructor(ids: readonly string[], back: () => void = () => {}) {
    this.#ids = [...ids];
    this.#back = back;
  }

  async run(command: Command): Promise<Outcome> {
    const verb = command.kind === 'script' ? (/deploy_(\w+) "\$@"\n$/.exec(command.text)?.[1] ?? '') : '';
    this.did.push(verb);
    const text = verb === 'look' ? `boot ${this.#ids[0]}\nend\n` : '';
    return { ending: { kind: 'exited', code: 0 }, stdout: Buffer.from(text), stderr: Buffer.alloc(0) };
  }

  expectReboot(): void {
    this.did.push('expect');
  }

  async reconnect(): Promise<void> {
    this.#back();
    if (this.#ids.length > 1) this.#ids.shift();
    this.did.push('back');
  }

  async close(): Promise<void> {}
}

const { signal } = new AbortController();

test('a board in another boot has restarted', async (t) => {
  const board = new Boots(['one', 'two']);
  await restart(board, { waitMs: 1000, signal });
  t.deepEqual(board.did, ['look', 'reboot', 'expect', 'back', 'look']);
});

test('a board that answers from the same boot, or not at all, is OVL731 and of unknown state', async (t) => {
  const gone = (): void => {
    throw new Failure({ code: 'OVL504', severity: 'error', message: 'nobody answers', because: 'refused' });
  };
  const cases = [
    [new Boots(['one']), /within .* boot_id is still the same/],
    [new Boots(['one'], gone), /^nobody answers: refused$/],
  ] as const;
  for (const [board, because] of cases) {
    const error = await t.throwsAsync(restart(board, { waitMs: 1, signal }), { instanceOf: Failure });
    const [first] = error?.diagnostics ?? [];
    t.like(first, { code: 'OVL731', boardState: 'unknown' });
    t.regex(first?.because ?? '', because);
    t.regex(first?.fix ?? '', /ovl status pole/);
  }
});
