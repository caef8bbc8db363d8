/** Releases on a root that can be written: which one boots, and what becomes of one that nobody confirms. */
import test, { type ExecutionContext } from 'ava';
import { boardText, renderBoard } from '../support/plans.ts';
import { ShellBoard, type ShellBoardFiles, type ShellName, shells } from '../support/shell-board.ts';

const goodMtd = 'dev:    size   erasesize  name\nmtd1: 01000000 00010000 "storage"\n';
const writable = boardText({ root: { type: 'ext4' }, helper: { enabled: false } });
const withHelper = boardText({ root: { type: 'ext4' } });

/** What plays the release before: it says so, and executes init. */
const before = '#!/bin/sh\necho "I am the release before, called $0 with $*"\nexec /sbin/init "$@"\n';

type Releases = NonNullable<ShellBoardFiles['releases']>;

async function board(
  t: ExecutionContext,
  shell: ShellName,
  more: Readonly<Record<string, string>>,
  others: Releases = {},
  text: string = writable,
  root: Pick<ShellBoardFiles, 'init'> = {},
): Promise<{ readonly board: ShellBoard; readonly files: ShellBoardFiles }> {
  const { script: overlayInit, applets } = await renderBoard(text);
  const own = { overlay_init: overlayInit, 'plan.json': '{}', ...more };
  const files = { overlayInit, applets, mtd: goodMtd, releases: { new: own, ...others }, ...root };
  return { board: await ShellBoard.make(t, shell, files), files };
}

for (const shell of shells) {
  test(`${shell}: a release that nobody confirmed boots once, then the one before it does`, async (t) => {
    const { board: one, files } = await board(
      t,
      shell,
      { previous: 'old\n' },
      { old: { overlay_init: before } },
    );
    const first = await one.boot(files, 0);
    t.like(first.status, { rung: 'persistent', release: 'new' });
    t.true((await one.tree('etc/overlaykit/releases/new')).includes('tried'));
    for (const nth of ['second', 'third']) {
      const later = await one.boot(files, 0);
      t.is(later.status, undefined, nth);
      t.regex(
        later.console,
        /release new was not confirmed; \/etc\/overlaykit\/releases\/old boots in its place/,
      );
      t.regex(
        later.console,
        /I am the release before, called \/etc\/overlaykit\/releases\/old\/overlay_init with one two words/,
      );
      t.is(later.calls.at(-1)?.[0], 'init');
    }
  });

  test(`${shell}: a confirmed release boots again and again, and costs no program`, async (t) => {
    const { board: one, files } = await board(
      t,
      shell,
      { previous: 'old\n', tried: 'tried\n', confirmed: 'confirmed\n' },
      { old: { overlay_init: before } },
    );
    const plainFiles = await renderBoard(writable);
    const plain = await ShellBoard.make(t, shell, {
      overlayInit: plainFiles.script,
      applets: plainFiles.applets,
      mtd: goodMtd,
    });
    const expected = await plain.boot({ ...files, releases: {} }, 0);
    for (let nth = 0; nth < 2; nth++) {
      const boot = await one.boot(files, 0);
      t.like(boot.status, { rung: 'persistent', release: 'new' });
      t.deepEqual(boot.calls, expected.calls);
    }
    t.is(expected.status?.release, '');
  });

  test(`${shell}: an overlay_init that is no link is no release`, async (t) => {
    const { script: overlayInit, applets } = await renderBoard(writable);
    const files = { overlayInit, applets, mtd: goodMtd, releases: { old: { overlay_init: before } } };
    const one = await ShellBoard.make(t, shell, files);
    for (let nth = 0; nth < 2; nth++)
      t.like((await one.boot(files, 0)).status, { rung: 'persistent', release: '' });
  });

  test(`${shell}: without a release before it, the one that was not confirmed boots all the same`, async (t) => {
    for (const more of [{ tried: 'tried\n' }, { tried: 'tried\n', previous: 'gone\n' }]) {
      const { board: one, files } = await board(t, shell, more);
      const boot = await one.boot(files, 0);
      t.like(boot.status, { rung: 'persistent', release: 'new' });
      t.regex(boot.console, /release new was not confirmed, and there is none before it/);
    }
  });

  test(`${shell}: a helper that cannot enter goes on with the release it belongs to, which is not tried twice`, async (t) => {
    const helper = `#!/bin/sh
[ "$1" != verify ] || exit 101
echo "helper of the release: $1 $2 $3"
plan=$2
shift 3
OVERLAYKIT_HELPER_FAILED='pivot_root: EINVAL' OVERLAYKIT_RUNG=persistent exec "\${plan%/*}/overlay_init" "$@"
`;
    const { board: one, files } = await board(
      t,
      shell,
      { previous: 'old\n', overlay_helper: helper },
      { old: { overlay_init: before } },
      withHelper,
    );
    const boot = await one.boot(files, 0);
    t.regex(
      boot.console,
      /helper of the release: enter \/etc\/overlaykit\/releases\/new\/plan\.json persistent/,
    );
    t.regex(boot.console, /overlay_helper could not enter: pivot_root: EINVAL/);
    t.like(boot.status, { rung: 'persistent', release: 'new' });
    t.is(boot.calls.at(-1)?.[0], 'init');
  });

  test(`${shell}: a rung that falls out of the shell goes on in the same release`, async (t) => {
    const { board: one, files } = await board(
      t,
      shell,
      { previous: 'old\n' },
      { old: { overlay_init: before } },
      writable,
      { init: '#!/nowhere/interpreter\n' },
    );
    const boot = await one.boot(files, 0, { timeoutMs: 5000 });
    t.notRegex(boot.console, /I am the release before/);
    t.regex(boot.console, /the kernel cannot execute init/);
  });
}
