/** The base under the upper, in three shells: who is asked, what happens when nobody can clean, and what it costs. */
import test from 'ava';
import { parseSlot, type State, stateLine } from '../../src/shared/state.ts';
import { boardText, renderBoard } from '../support/plans.ts';
import { ShellBoard, type ShellBoardFiles, type ShellBoot, shells } from '../support/shell-board.ts';

const mtd = 'mtd1: 01000000 00010000 "storage"\n';
const [v1, v2] = ['1'.repeat(32), '2'.repeat(32)];
const line = (identity: string): string => `overlaykit-base 1 ${identity}\n`;
const image = '/etc/overlaykit/base';
const first: State = {
  seq: 4,
  active: 1,
  previous: undefined,
  trying: undefined,
  attempts: 0,
  next: 2,
  reset: undefined,
};
const slot = '/overlay/overlaykit/state.a';
const edit = '/overlay/generations/1/upper/etc/motd';
const kept = '/overlay/generations/1/upper/etc/key';
const fits = '/overlay/generations/1/base';

/** Plays overlay_helper: brings an upper over as the real one does, or does not. */
const working = `#!/bin/sh
[ "$1" = rebase ] || exit 0
read -r line </etc/overlaykit/base
echo "rebase $2" >>/overlay/helper-calls
echo "$line" >/overlay/generations/$2/base
echo 'overlaykit-base-report 1 waiting=3 from=- to=x lost=0' >/overlay/generations/$2/base-report
`;
const broken: Readonly<Record<string, string | undefined>> = {
  missing: undefined,
  empty: '',
  'says that it has done it': '#!/bin/sh\nexit 0\n',
  'is no program': '\x7fELF\0\0',
  'killed by a signal': '#!/bin/sh\nkill -9 $$\n',
};

async function boardWith(
  t: import('ava').ExecutionContext,
  shell: (typeof shells)[number],
  board: Parameters<typeof boardText>[0],
  more: Partial<ShellBoardFiles> = {},
) {
  const text = boardText({ helper: { enabled: false }, generations: { confirm: 'command' }, ...board });
  const { script, applets } = await renderBoard(text);
  const storage = {
    [image]: line(v2),
    [slot]: stateLine(first),
    [edit]: 'mine',
    [kept]: 'key',
    [fits]: line(v1),
  };
  const { storage: others, ...rest } = more;
  const files: ShellBoardFiles = {
    overlayInit: script,
    applets,
    mtd,
    storage: { ...storage, ...others },
    ...rest,
  };
  return { board: await ShellBoard.make(t, shell, files), files };
}

function counts(boot: ShellBoot): State | undefined {
  const whole = ['state.a', 'state.b'].flatMap((name) => {
    const found = parseSlot(boot.state[name] ?? '');
    return found.kind === 'state' ? [found.state] : [];
  });
  return whole.toSorted((one, other) => other.seq - one.seq)[0];
}

for (const shell of shells) {
  test.serial(
    `${shell}: an upper that fits costs two reads; a new one is noted; another base is cleaned once`,
    async (t) => {
      const { board, files } = await boardWith(
        t,
        shell,
        {},
        { helper: working, storage: { [fits]: line(v2) } },
      );
      const same = await board.boot(files, 0);
      t.like(same.status, { rung: 'persistent', generation: '1', reasons: [] }, same.console);
      const without = await board.boot({ ...files, storage: { ...files.storage, [fits]: line(v2) } }, 0);
      t.deepEqual(same.calls, without.calls);
      t.notRegex(same.console, /base image/);
      t.false((await board.tree('overlay')).includes('helper-calls'));

      const fresh = await board.boot({ ...files, storage: { [image]: line(v2) } }, 0);
      t.like(fresh.status, { rung: 'persistent', generation: '1' });
      t.false((await board.tree('overlay')).includes('helper-calls'), 'there is nothing in it to be cleaned');
      t.true((await board.tree('overlay')).includes('generations/1/base'));

      const other = await board.boot({ ...files, storage: { ...files.storage, [fits]: line(v1) } }, 0);
      t.like(other.status, { rung: 'persistent', generation: '1', reasons: [] }, other.console);
      t.true((await board.tree('overlay')).includes('helper-calls'));
      // rebase is a program, not one of the board's applets: the boot calls nothing else for it.
      t.deepEqual(other.calls, same.calls);
      t.true((await board.tree('overlay/generations/1')).includes('upper/etc/motd'));
    },
  );

  for (const [what, helper] of Object.entries(broken)) {
    test.serial(
      `${shell}: another base, and a helper that is ${what}: used as it is, loudly, each time`,
      async (t) => {
        const { board, files } = await boardWith(t, shell, {}, helper === undefined ? {} : { helper });
        for (const again of [false, true]) {
          const boot = await board.boot(files, 0, { keepStorage: again });
          t.like(boot.status, { rung: 'persistent', generation: '1' }, boot.console);
          t.regex(
            boot.console,
            /generation 1 was made on another base image, and could not be cleaned; it is used as it is/,
          );
        }
        t.deepEqual(await board.tree('overlay/generations/1/upper'), ['etc/', 'etc/key', 'etc/motd']);
      },
    );

    test.serial(
      `${shell}: another base and a helper that is ${what}, with mini_fo, which gives up on stale notes: an empty generation`,
      async (t) => {
        const old = {
          kernel: {
            version: '2.6.30',
            filesystems: ['proc', 'sysfs', 'tmpfs', 'squashfs', 'jffs2', 'mini_fo'],
          },
          union: { system: 'mini_fo' },
          keep: ['/etc/key'],
        };
        const { board, files } = await boardWith(t, shell, old, helper === undefined ? {} : { helper });
        const boot = await board.boot(files, 0);
        t.like(boot.status, { rung: 'persistent', generation: '2' }, boot.console);
        t.regex(
          boot.console,
          /generation 1 was made on another base image and is set aside; generation 2 begins empty/,
        );
        t.like(counts(boot), { active: 2, previous: 1, attempts: 1, next: 3 });
        t.true((await board.tree('overlay/generations/1')).includes('upper/etc/motd'));
        t.deepEqual(await board.tree('overlay/generations/2/upper'), ['etc/', 'etc/key']);
      },
    );
  }

  test.serial(`${shell}: review says at every boot how many paths wait`, async (t) => {
    const { board, files } = await boardWith(
      t,
      shell,
      { base: { on_change: 'review' } },
      { helper: working },
    );
    for (const again of [false, true]) {
      const storage = again ? {} : { ...files.storage };
      const boot = await board.boot({ ...files, storage }, 0, { keepStorage: again });
      t.like(boot.status, { rung: 'persistent', generation: '1' }, boot.console);
      t.regex(
        boot.console,
        /3 changed paths hide something new in this base image; decide with: overlay_helper base/,
      );
      t.true((await board.tree('run/overlaykit')).includes('login'));
    }
    const none = { ...files, helper: working.replace('waiting=3', 'waiting=0') };
    const quiet = await ShellBoard.make(t, shell, none);
    const boot = await quiet.boot(none, 0);
    t.notRegex(boot.console, /paths hide/);
    t.false((await quiet.tree('run/overlaykit')).includes('login'));
  });

  test.serial(`${shell}: set_aside begins anew once, and whoever goes back is let`, async (t) => {
    const board = { base: { on_change: 'set_aside' }, keep: ['/etc/key'] };
    const made = await boardWith(t, shell, board, { helper: working });
    const anew = await made.board.boot(made.files, 0);
    t.like(anew.status, { rung: 'persistent', generation: '2' }, anew.console);
    t.like(counts(anew), {
      active: 2,
      previous: 1,
      trying: undefined,
      attempts: 1,
      next: 3,
      reset: undefined,
    });
    t.deepEqual(
      await made.board.tree('overlay/generations'),
      [
        '1/',
        '1/base',
        '1/base-accepted',
        '1/name',
        '1/upper/',
        '1/upper/etc/',
        '1/upper/etc/key',
        '1/upper/etc/motd',
        '1/work/',
        '2/',
        '2/base',
        '2/base-report',
        '2/upper/',
        '2/upper/etc/',
        '2/upper/etc/key',
        '2/work/',
      ]
        .filter((path) => path !== '1/work/' || anew.generations.length > 0)
        .sort(),
    );
    const again = await made.board.boot({ ...made.files, storage: {} }, 0, { keepStorage: true });
    t.like(again.status, { generation: '2' }, again.console);

    // As `overlay_helper rollback base-11111111` leaves it.
    const back = { ...first, seq: 90, active: 1, previous: 2, next: 3 };
    const storage = {
      ...made.files.storage,
      '/overlay/generations/1/base-accepted': line(v2),
      '/overlay/generations/2/upper/x': '',
      [slot]: stateLine(back),
    };
    const boot = await made.board.boot({ ...made.files, storage }, 0);
    t.like(boot.status, { generation: '1' }, boot.console);
    t.like(counts(boot), { active: 1, previous: 2 });
    // One that is tried is wanted, too.
    const tried = { ...first, seq: 90, active: 2, trying: 1, next: 3 };
    const attempt = await made.board.boot(
      {
        ...made.files,
        storage: { ...made.files.storage, '/overlay/generations/2/upper/x': '', [slot]: stateLine(tried) },
      },
      0,
    );
    t.like(attempt.status, { generation: '1' }, attempt.console);
    t.like(counts(attempt), { active: 2, trying: 1, attempts: 1 });
  });

  test.serial(
    `${shell}: set_aside with any of its calls failing: an init, and the old changes are there`,
    async (t) => {
      const made = await boardWith(
        t,
        shell,
        { base: { on_change: 'set_aside' }, keep: ['/etc/key'] },
        { helper: working },
      );
      const whole = await made.board.boot(made.files, 0);
      for (let call = 1; call <= whole.calls.length; call++) {
        const boot = await made.board.boot(made.files, call);
        const about = `call ${call} (${whole.calls[call - 1]?.join(' ')})\n${boot.console}`;
        t.true(
          boot.calls.some(([name]) => name === 'init'),
          about,
        );
        t.true((await made.board.tree('overlay/generations/1')).includes('upper/etc/motd'), about);
      }
    },
  );

  test.serial(
    `${shell}: an image without an identity, one of noise, a long one: a boot, and nothing is lost`,
    async (t) => {
      for (const noise of ['', 'noise', `${'x'.repeat(300_000)}`, '\n\n', '$(reboot)\n']) {
        const { board, files } = await boardWith(t, shell, {}, { storage: { [image]: noise } });
        const boot = await board.boot(files, 0);
        t.like(boot.status, { rung: 'persistent', generation: '1' }, boot.console.slice(0, 2000));
        t.true((await board.tree('overlay/generations/1')).includes('upper/etc/motd'));
      }
    },
  );
}
