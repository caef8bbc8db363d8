/** The state of a booted board as its storage has it, and waiting for what its background jobs do. */
import { setTimeout } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Boot } from '../../src/lab/index.ts';
import { parseSlot, type State, stateLine } from '../../src/shared/state.ts';
import { output } from './shipped-boards.ts';

/** The state that counts. */
export async function state(boot: Boot): Promise<State | undefined> {
  const slots = await Promise.all(
    ['a', 'b'].map(async (slot) =>
      parseSlot((await boot.run(`cat /overlay/overlaykit/state.${slot}`)).output),
    ),
  );
  return slots
    .flatMap((slot) => (slot.kind === 'state' ? [slot.state] : []))
    .toSorted((one, other) => other.seq - one.seq)[0];
}

/** What overlay_helper's verbs do to the state, by hand: the slot that does not count gets the next one. */
export async function writeState(boot: Boot, change: Partial<State>): Promise<void> {
  const now = await state(boot);
  if (now === undefined) throw new Error('no state yet');
  const line = stateLine({ ...now, ...change, seq: now.seq + 1 });
  const slot = (now.seq + 1) % 2 === 0 ? 'a' : 'b';
  await output(boot, `echo '${line.trim()}' >/overlay/overlaykit/state.${slot} && sync`);
}

export async function eventually(t: ExecutionContext, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds()) return;
    await setTimeout(100);
  }
  t.fail('not within ten seconds');
}
