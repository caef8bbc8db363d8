/**
 * A plain boot by overlay_helper in one process, and by overlay_init alone: nobody can tell afterwards which it was. And whatever
 * ends that process, at whichever call, the board boots on the same rung, counted once.
 */
import { copyFile, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundlePaths } from '../../src/bundle/bundle.ts';
import { bundleRequest, installBundle } from '../../src/image/index.ts';
import type { Boot } from '../../src/lab/index.ts';
import { busyboxRoot } from '../../src/lab/roots/busybox.ts';
import { file } from '../../src/lab/roots/root-file.ts';
import { runTool } from '../../src/system/process.ts';
import { bundleBoard } from '../../src/toolchain/bundle-board.ts';
import { eventually, state, writeState } from '../support/board-state.ts';
import { testWith } from '../support/needs.ts';
import {
  boardFile,
  changedBoard,
  output,
  type Ready,
  ready,
  storageImage,
  textFile,
  withBoot,
  work,
} from '../support/shipped-boards.ts';

const sandbox = testWith(
  'unshare',
  'nsenter',
  'losetup',
  'script',
  'mksquashfs',
  'sqfstar',
  'busybox',
  'mkfs.ext4',
  'musl-gcc',
);

const machine = 'sandbox';

/** What a boot leaves behind, without its times and its plan's digest. */
async function left(boot: Boot, { prepared }: Ready): Promise<Record<string, unknown>> {
  const text = async (command: string): Promise<string> =>
    (await output(boot, command))
      .replaceAll(prepared.planDigest, 'DIGEST')
      .replace(/\b(\d+)=\d+\.\d\d/g, '$1=TIME')
      .replace(/loop\d+/g, 'loopN');
  return {
    mounts: (await boot.mountTable()).map(({ target, fstype, options, superOptions, source }) =>
      [target, fstype, options, superOptions, source].join(' ').replace(/loop\d+/g, 'loopN'),
    ),
    status: await text('cat /run/overlaykit/status.json'),
    log: await text('cat /run/overlaykit/log'),
    ledger: await text('cat /run/overlaykit/ledger'),
    login: await text('ls /run/overlaykit | grep login || :'),
    boots: await text('cat /overlay/overlaykit/boots/* 2>/dev/null || :'),
    storage: await text('cd /overlay; find . | grep -v "reserve\\|work/\\|/record$" | sort'),
    roots: await text('ls / /rom | sort'),
    said: boot.console.match(/^.*overlaykit: .*$/gm)?.map((line) => line.trim()),
  };
}

const wentPlainly = 'test -e /run/overlaykit/counted && echo plain || echo long';

const identities = 'set -- /overlay/overlaykit/identity/*/whole; [ -e "$1" ] && echo whole || echo none';

/** A storage that was booted from and confirmed, so that the next boot is a plain one. */
async function usedStorage(t: Parameters<typeof withBoot>[0], board: Ready): Promise<string> {
  const image = await storageImage();
  await withBoot(t, board, { machine, storageImage: image }, async (boot) => {
    await output(boot, 'echo mine >/etc/hostname; sync');
    await writeState(boot, { attempts: 0 });
    t.deepEqual(await boot.poweroff(), { kind: 'off' });
  });
  return image;
}

sandbox(
  'ext4: the same mounts, state, ledger, status and words, by one process and by the shell',
  async (t) => {
    t.timeout(180_000);
    for (const more of ['', 'identity: [{ path: /etc/hostname, policy: keep }]\n']) {
      const text = `${await changedBoard('lab-ext4', ['wc]', 'wc, md5sum]'])}\ngenerations: { confirm_after: 1s }\n${more}`;
      const path = await textFile(text);
      const [plain, alone] = [await ready(path), await ready(path, { withoutHelper: true })];
      const used = await usedStorage(t, alone);
      const results: Record<string, unknown>[] = [];
      for (const board of [plain, alone]) {
        const image = await storageImage();
        await copyFile(used, image);
        await withBoot(t, board, { machine, storageImage: image }, async (boot) => {
          t.is(await output(boot, wentPlainly), board === plain ? 'plain' : 'long');
          t.is(await output(boot, 'cat /etc/hostname'), 'mine');
          // The background job of both confirms, and stores the identity: what is compared is what it leaves.
          await eventually(t, async () => (await state(boot))?.attempts === 0);
          await eventually(
            t,
            async () => (await output(boot, identities)) === (more === '' ? 'none' : 'whole'),
          );
          t.is((await state(boot))?.active, 1);
          results.push(await left(boot, board));
        });
      }
      t.deepEqual(results[0], results[1]);
    }
  },
);

sandbox('tmpfs: the same by one process and by the shell', async (t) => {
  const results: Record<string, unknown>[] = [];
  for (const withoutHelper of [false, true]) {
    const board = await ready(boardFile('lab-tmpfs'), { withoutHelper });
    await withBoot(t, board, { machine }, async (boot) => {
      results.push(await left(boot, board));
    });
  }
  t.deepEqual(results[0], results[1]);
});

/** The board with a helper that is killed after the call of the number that the word cut= on the command line gives. */
async function cuttable(): Promise<Ready> {
  const { prepared } = await ready(await textFile(await changedBoard('lab-ext4')));
  const bundle = await bundleBoard(prepared);
  const folder = await mkdtemp(join(work, 'cut-'));
  const program = join(folder, 'cut');
  const source = join(import.meta.dirname, '../support/cut-at-call.c');
  await runTool('musl-gcc', ['-static', '-Os', '-s', '-Wall', '-Wextra', '-Werror', '-o', program, source], {
    timeoutMs: 60_000,
  });
  const helper = bundle.files.find((one) => one.path === bundlePaths.helper);
  const verbs = bundle.files.find((one) => one.path === bundlePaths.verbs);
  if (helper === undefined || verbs === undefined) throw new Error('the bundle has no helper');
  const real = [
    file('/sbin/overlay_helper.real', helper.content, 0o755),
    file('/sbin/overlay_helper.real.verbs', verbs.content),
  ];
  await busyboxRoot({ type: 'squashfs', out: join(folder, 'bare'), samples: false, files: real });
  const cutting = await readFile(program);
  const image = join(folder, 'root.squashfs');
  await installBundle({
    image: join(folder, 'bare'),
    out: image,
    ...bundleRequest(bundle),
    files: bundle.files.map((one) => (one === helper ? { ...one, content: cutting } : one)),
    addMountPoints: false,
  });
  return { prepared, image };
}

sandbox('ended after any of its calls, it costs the boot nothing but time', async (t) => {
  t.timeout(600_000);
  const board = await cuttable();
  const used = await usedStorage(t, board);
  let mounts: readonly string[] | undefined;
  let cuts = 0;
  for (let cut = 200; ; cut = cut === 200 ? 1 : cut + 1) {
    const image = await storageImage();
    await copyFile(used, image);
    const whole = await withBoot(
      t,
      board,
      { machine, storageImage: image, cmdline: [`cut=${cut}`] },
      async (boot) => {
        const about = `cut after call ${cut}:\n${boot.console}`;
        t.is(await output(boot, 'cat /etc/hostname'), 'mine', about);
        const table = (await boot.mountTable()).map(({ target, fstype }) => `${target} ${fstype}`).toSorted();
        mounts ??= table;
        t.deepEqual(table, mounts, about);
        t.is((await state(boot))?.attempts, 1, about);
        t.regex(
          await output(boot, 'cat /run/overlaykit/status.json'),
          /"rung":"persistent".*"reasons":\[\]/,
          about,
        );
        return !/did not get to the end of a plain boot \(exit code 137\)/.test(boot.console);
      },
    );
    if (cut === 200) t.true(whole, 'nothing cut');
    else if (whole) break;
    else cuts = cut;
  }
  // Mounts, moves, the state, the accounts, the pivot.
  t.true(cuts >= 25, `${cuts} calls`);
});
