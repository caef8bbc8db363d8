/** What the background job does on the storage once init runs: the sweep beside other helpers, and the reserve. */

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { verbExit } from '../../src/shared/verb-exit.ts';
import { buildHelper } from '../../src/toolchain/helper.ts';
import { firstState } from '../support/first-state.ts';
import { boardText, renderBoard } from '../support/plans.ts';
import { ShellBoard, type ShellName, shells } from '../support/shell-board.ts';
import { ShellFunctions } from '../support/shell-functions.ts';

const reserve = '/overlay/overlaykit/reserve';
const reserveBytes = 128 * 1024;
/** Of a program, once JFFS2 has compressed it: more than an erase block of 64 KiB, and most of what is wanted. */
const leastReserve = 112 * 1024;

/** A storage with a generation that nothing keeps, and the job's end on it, with a helper that ends as it is told. */
async function swept(
  t: ExecutionContext,
  shell: ShellName,
  code: number,
): Promise<{ readonly left: string; readonly output: string }> {
  const functions = await ShellFunctions.make(t, shell);
  await functions.prepare(`printf '%s' '${firstState({ next: 3 })}' >overlaykit/state.a
mkdir -p generations/1/upper generations/2/upper; echo x >generations/2/upper/file`);
  const helper = join(functions.folder, 'bin/overlay_helper');
  const { output } = await functions.call(
    `ovl_helper=yes helper=${helper} ovl_generation=1 ovl_first_free=3\nfinish_boot - "$ovl_storage"`,
    { programs: { overlay_helper: `echo "$@" >>"\${0%/*}/asked"; exit ${code}` } },
  );
  t.is(await functions.prepare('cat ../bin/asked'), 'sweep', output);
  return { left: await functions.prepare('find generations | sort'), output };
}

for (const shell of shells) {
  test.serial(`${shell}: beside a helper that is at work nothing is swept`, async (t) => {
    const { left, output } = await swept(t, shell, verbExit.busy);
    t.is(
      left,
      ['', '/1', '/1/upper', '/2', '/2/upper', '/2/upper/file'].map((one) => `generations${one}`).join('\n'),
    );
    t.is(output, '', 'and it is no trouble');
  });

  test.serial(`${shell}: where the helper cannot sweep the shell does`, async (t) => {
    for (const code of [
      verbExit.no,
      verbExit.usage,
      verbExit.refused,
      verbExit.failed,
      verbExit.incomplete,
      127,
      139,
    ]) {
      const { left } = await swept(t, shell, code);
      t.is(left, 'generations\ngenerations/1\ngenerations/1/upper', String(code));
    }
  });

  test.serial(
    `${shell}: a first boot makes its reserve of a program, and waits for no random bytes`,
    async (t) => {
      const mtd = 'mtd1: 01000000 00010000 "storage"\n';
      for (const helper of [undefined, '#!/shells/busybox sh\nexit 1\n']) {
        const enabled = helper !== undefined;
        const { script, applets } = await renderBoard(boardText({ helper: { enabled } }));
        const files = { overlayInit: script, applets, mtd, ...(enabled ? { helper } : {}) };
        const boot = await (await ShellBoard.make(t, shell, files)).boot(files, 0);
        t.is(boot.status?.rung, 'persistent', boot.console);
        const from = enabled ? '/sbin/overlay_helper' : '/proc/self/exe';
        t.deepEqual(
          boot.calls.filter(([name]) => name === 'dd'),
          [['dd', `if=${from}`, 'bs=4096', 'count=64']],
          boot.console,
        );
      }
    },
  );

  test.serial(`${shell}: the reserve stays large when it is compressed, and is made once`, async (t) => {
    const { path: helper } = await buildHelper({ arch: 'x86_64' });
    const functions = await ShellFunctions.make(t, shell);
    const path = join(functions.folder, reserve);
    await functions.call('begin_state && write_state');
    const make = async (script: string): Promise<Buffer> => {
      await functions.call(script);
      return readFile(path);
    };
    for (const script of [`helper=${helper} begin_state`, 'begin_state', 'finish_boot - "$ovl_storage"']) {
      await functions.prepare('rm -f overlaykit/reserve');
      const made = await make(script);
      t.true(compressedPages(made) >= leastReserve, `${script}: ${made.length}, ${compressedPages(made)}`);
      t.deepEqual(await make('finish_boot - "$ovl_storage"'), made, script);
      t.deepEqual(await make('begin_state'), made, script);
    }
    t.is((await readFile(path)).length, reserveBytes, 'later there are random bytes');
  });

  test.serial(`${shell}: a program of a few pages is read as often as it takes`, async (t) => {
    const functions = await ShellFunctions.make(t, shell);
    const path = join(functions.folder, reserve);
    // As large as coreutils' dd, which is what /proc/self/exe is where dd is no applet.
    const program = randomBytes(22 * 4096 + 1000);
    await writeFile(join(functions.folder, 'small'), program);
    await writeFile(join(functions.folder, 'tiny'), program.subarray(0, 1000));
    await functions.call(`helper=${functions.folder}/small begin_state && write_state`);
    const made = await readFile(path);
    const thrice = Buffer.concat([program, program, program.subarray(0, 20 * 4096)]);
    t.true(made.equals(thrice), `${made.length} bytes`);
    await functions.prepare('rm -rf overlaykit generations');
    await functions.call(`helper=${functions.folder}/tiny begin_state && write_state`);
    t.is((await readFile(path)).length, 1000, 'less than a page is no reason to read without end');
  });

  test.serial(
    `${shell}: where there is no room for the reserve there is none, whole or in parts`,
    async (t) => {
      const functions = await ShellFunctions.make(t, shell);
      const full = `echo part; echo 'no space' >&2; exit 1`;
      for (const script of ['begin_state && write_state', 'finish_boot - "$ovl_storage"']) {
        await functions.call(script, { programs: { dd: full } });
        t.regex(await functions.prepare('ls overlaykit'), /^state\.a$/, script);
      }
    },
  );
}

/** As JFFS2 keeps them: each page by itself, and none larger than it is. */
function compressedPages(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 4096) {
    const page = bytes.subarray(at, at + 4096);
    sum += Math.min(page.length, deflateSync(page).length);
  }
  return sum;
}
