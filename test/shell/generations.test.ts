/** The state on the storage and the choice of a generation, in three shells, against a model written from 0005. */
import test from 'ava';
import fc from 'fast-check';
import { parseSlot, type State, stateLine } from '../../src/shared/state.ts';
import { boardText, renderBoard } from '../support/plans.ts';
import { ShellBoard, type ShellBoardFiles, type ShellBoot, shells } from '../support/shell-board.ts';

const mtd = 'mtd1: 01000000 00010000 "storage"\n';
const text = boardText({ helper: { enabled: false }, generations: { confirm: 'command' } });
const first: State = {
  seq: 0,
  active: 1,
  previous: undefined,
  trying: undefined,
  attempts: 1,
  next: 2,
  reset: undefined,
};
const slotA = '/overlay/overlaykit/state.a';
const slotB = '/overlay/overlaykit/state.b';
const request = '/overlay/overlaykit/reset';

/** What 0005 makes of a state at a boot with three attempts: what is written, and what boots; none where the rung is given up. */
function boots(state: State, reset: boolean): { readonly written: State; readonly generation?: number } {
  const counted = (next: Partial<State>, generation: number) => ({
    written: {
      ...state,
      ...next,
      attempts: (next.attempts ?? state.attempts) + 1,
      seq: state.seq + (reset ? 2 : 1),
    },
    generation,
  });
  if (reset) {
    const made = {
      active: state.next,
      previous: undefined,
      trying: undefined,
      attempts: 0,
      next: state.next + 1,
      reset: state.next,
    };
    return counted(made, state.next);
  }
  if (state.trying !== undefined && state.attempts < 3) return counted({}, state.trying);
  const given = state.trying === undefined ? state : { ...state, trying: undefined, attempts: 0 };
  if (given.attempts < 3) return counted({ trying: undefined, attempts: given.attempts }, given.active);
  if (given.previous === undefined) {
    const tried = { ...given, attempts: given.attempts + 1, seq: state.seq + 1 };
    return (given.attempts - 3) % 2 === 0 ? { written: tried } : { written: tried, generation: given.active };
  }
  return counted({ active: given.previous, previous: undefined, attempts: 0 }, given.previous);
}

async function boardFor(
  t: import('ava').ExecutionContext,
  shell: (typeof shells)[number],
  more: Partial<ShellBoardFiles> = {},
) {
  const { script, applets } = await renderBoard(text);
  const files: ShellBoardFiles = { overlayInit: script, applets, mtd, ...more };
  return { board: await ShellBoard.make(t, shell, files), files };
}

/** The whole slot with the higher seq, as the test reads it. */
function counts(boot: ShellBoot): State | undefined {
  const whole = ['state.a', 'state.b'].flatMap((name) => {
    const slot = parseSlot(boot.state[name] ?? '');
    return slot.kind === 'state' ? [slot.state] : [];
  });
  return whole.toSorted((one, other) => other.seq - one.seq)[0];
}

for (const shell of shells) {
  test.serial(
    `${shell}: boot after boot without a confirmation, then every other boot without it`,
    async (t) => {
      const { board, files } = await boardFor(t, shell);
      for (const attempt of [1, 2, 3]) {
        const boot = await board.boot(files, 0, { keepStorage: attempt > 1 });
        t.like(boot.status, { rung: 'persistent', generation: '1', reasons: [] }, boot.console);
        t.deepEqual(counts(boot), { ...first, seq: attempt - 1, attempts: attempt });
      }
      for (const attempt of [4, 5, 6, 7]) {
        const boot = await board.boot(files, 0, { keepStorage: true });
        t.is(boot.status?.rung, attempt % 2 === 0 ? 'tmpfs' : 'persistent', boot.console);
        t.is(
          /generation 1 was not confirmed in 3 boots, and there is no previous one/.test(boot.console),
          attempt % 2 === 0,
        );
        t.deepEqual(counts(boot), { ...first, seq: attempt - 1, attempts: attempt });
      }
    },
  );

  test.serial(`${shell}: any state, any slot, with and without a request: as the model says`, async (t) => {
    const { board, files } = await boardFor(t, shell);
    const small = fc.integer({ min: 1, max: 6 });
    const maybe = fc.option(small, { nil: undefined });
    const anyState = fc.record<State>({
      seq: fc.integer({ min: 0, max: 999_999_990 }),
      active: small,
      previous: maybe,
      trying: maybe,
      attempts: fc.integer({ min: 0, max: 4 }),
      next: fc.integer({ min: 7, max: 999 }),
      reset: maybe,
    });
    const anySlot = fc.constantFrom('a', 'b');
    const rest = fc.constantFrom(
      undefined,
      '',
      'noise\n',
      'overlaykit-state 1 seq=$(reboot) active=1\n',
      'overlaykit-state 1 seq=08 active=1 previous=- trying=- attempts=0 next=2 reset=- end=9.9\n',
    );
    await fc.assert(
      fc.asyncProperty(anyState, anySlot, rest, fc.boolean(), async (state, slot, other, reset) => {
        const [whole, damaged] = slot === 'a' ? [slotA, slotB] : [slotB, slotA];
        const uppers = Object.fromEntries(
          [1, 2, 3, 4, 5, 6].map((id) => [`/overlay/generations/${id}/upper/etc/id`, `${id}`]),
        );
        const storage = {
          ...uppers,
          [whole]: stateLine(state),
          ...(other === undefined ? {} : { [damaged]: other }),
          ...(reset ? { [request]: '' } : {}),
        };
        const boot = await board.boot({ ...files, storage }, 0);
        const expected = boots(state, reset);
        const about = `${JSON.stringify({ state, slot, other, reset })}\n${boot.console}`;
        t.is(boot.status?.rung, expected.generation === undefined ? 'tmpfs' : 'persistent', about);
        t.deepEqual(counts(boot), expected.written, about);
        if (expected.generation !== undefined)
          t.is(boot.status?.generation, String(expected.generation), about);
        t.false('reset' in boot.state, about);
        const union = boot.calls.find(
          (call) =>
            call[0] === 'mount' &&
            call.includes('overlay') &&
            call.some((word) => word.includes('generations')),
        );
        t.is(
          union?.find((word) => word.includes('upperdir=')) !== undefined,
          expected.generation !== undefined,
          about,
        );
        t.true(boot.calls.every(([name]) => name !== 'reboot'));
      }),
      { numRuns: 25, seed: 20_260_103 },
    );
  });

  test.serial(`${shell}: no slot is whole, or one is newer`, async (t) => {
    const { board, files } = await boardFor(t, shell);
    const uppers = {
      '/overlay/generations/2/upper/x': '',
      '/overlay/generations/11/upper/x': '',
      '/overlay/generations/12.partial/upper/x': '',
      '/overlay/generations/0099/upper/x': '',
    };
    const damaged = await board.boot(
      { ...files, storage: { ...uppers, [slotA]: 'noise\n', [slotB]: '' } },
      0,
    );
    t.like(damaged.status, { rung: 'persistent', generation: '11' }, damaged.console);
    t.regex(damaged.console, /the state on the storage is damaged; going on with generation 11/);
    t.deepEqual(counts(damaged), { ...first, active: 11, next: 12 });
    const newer = await board.boot(
      {
        ...files,
        storage: { ...uppers, [slotA]: 'overlaykit-state 2 other words\n', [slotB]: stateLine(first) },
      },
      0,
    );
    t.is(newer.status?.rung, 'tmpfs');
    t.regex(
      newer.console,
      /the state on the storage has version 2, this overlay_init knows 1; nothing was touched/,
    );
    t.deepEqual(newer.state, { 'state.a': 'overlaykit-state 2 other words\n', 'state.b': stateLine(first) });
  });

  test.serial(
    `${shell}: a union that cannot be mounted on the active generation goes back to the previous one`,
    async (t) => {
      const { board, files } = await boardFor(t, shell);
      const state: State = { ...first, seq: 5, active: 2, previous: 1, next: 3 };
      const storage = {
        '/overlay/generations/1/upper/x': '',
        '/overlay/generations/2/upper/x': '',
        [slotA]: stateLine(state),
      };
      const whole = await board.boot({ ...files, storage }, 0);
      const at = whole.calls.findIndex((call) => call[0] === 'mount' && call.includes('overlay')) + 1;
      const boot = await board.boot({ ...files, storage }, at);
      t.like(boot.status, { rung: 'previous', generation: '1' }, boot.console);
      t.like(counts(boot), { active: 1, previous: undefined, attempts: 1 });
      t.regex(boot.console, /generation 2 is set aside; back to generation 1/);
      t.deepEqual(boot.generations, ['1', '2']);
    },
  );

  test.serial(
    `${shell}: a factory reset keeps what the board lists, with the directories above it`,
    async (t) => {
      const keep = ['/etc/dropbear/key', '/etc/wifi.conf', '/never/changed', "/etc/it's $(odd)"];
      const { script, applets } = await renderBoard(
        boardText({ helper: { enabled: false }, generations: { confirm: 'command' }, keep }),
      );
      t.true(['cp', 'stat', 'chmod', 'chown'].every((applet) => applets.includes(applet)));
      const files: ShellBoardFiles = {
        overlayInit: script,
        applets,
        mtd,
        storage: {
          [request]: '',
          '/overlay/generations/1/upper/etc/dropbear/key': 'secret',
          '/overlay/generations/1/upper/etc/wifi.conf': 'ssid',
          "/overlay/generations/1/upper/etc/it's $(odd)": 'odd',
          '/overlay/generations/1/upper/etc/.hidden/other': 'goes',
        },
      };
      const board = await ShellBoard.make(t, shell, files);
      const boot = await board.boot(files, 0);
      t.like(boot.status, { rung: 'persistent', generation: '2', reset: request }, boot.console);
      t.deepEqual(await board.tree('overlay/generations/2/upper'), [
        'etc/',
        'etc/dropbear/',
        'etc/dropbear/key',
        "etc/it's $(odd)",
        'etc/wifi.conf',
      ]);
      t.true(
        (await board.tree('overlay/generations/1/upper')).includes('etc/.hidden/other'),
        'deleting comes later',
      );
    },
  );
}
