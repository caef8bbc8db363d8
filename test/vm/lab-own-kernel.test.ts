/** Boards on the lab's own kernel, and what holds for every board in QEMU: deadlines, ends, its lines. One at a time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { ownKernel } from '../../src/lab/kernel/own.ts';
import type { VirtualBoardSpec } from '../../src/lab/qemu/spec.ts';
import { startBoard } from '../../src/lab/qemu/start-board.ts';
import { provideStorage, storageNeed } from '../../src/lab/storage.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import {
  afterPowerCut,
  boardOf,
  type Case,
  expectNothingLeft,
  processesWith,
  read,
  rootOf,
  vmWithOwnKernel,
  withBoard,
  work,
  write,
} from '../support/virtual-boards.ts';

for (const root of ['squashfs', 'cramfs'] as const) {
  vmWithOwnKernel(`the own kernel boots a ${root} root by init= alone, with JFFS2 that keeps`, async (t) => {
    const storageImage = join(work, `own-${root}.img`);
    const what: Case = { machine: 'qemu-own-kernel', root, storage: 'jffs2', more: { storageImage } };
    t.regex(await afterPowerCut(t, what), /^written\n/);
    const table = await withBoard(t, what, (boot) => boot.mountTable());
    t.like(
      table.find(({ target }) => target === '/rom'),
      { fstype: root, source: '/dev/root' },
    );
  });
}

vmWithOwnKernel('kernel messages do not get between a command and its output', async (t) => {
  await withBoard(t, { machine: 'qemu-own-kernel' }, async (boot) => {
    const noisy = 'for n in 1 2 3 4 5 6 7 8; do echo "noise $n" > /dev/kmsg; echo "line $n"; done';
    const { output } = await boot.run(noisy);
    t.is(output, [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `line ${n}\n`).join(''));
    await boot.waitFor('noise 8');
    const long = 'x'.repeat(9000);
    t.is((await boot.run(`echo ${long}`)).output, `${long}\n`);
    boot.send('echo typed $((40 + 2))');
    await boot.waitFor('typed 42');
  });
});

vmWithOwnKernel('a root without a lab shell is asked on its console', async (t) => {
  await withBoard(t, { machine: 'qemu-own-kernel', more: { shell: 'console' } }, async (boot) => {
    t.deepEqual(await boot.run('echo "on the console"; exit 4'), { output: 'on the console\n', exitCode: 4 });
    t.true((await boot.mountTable()).some(({ target }) => target === '/rom'));
  });
});

vmWithOwnKernel('a disk as flash keeps what was written, when it was shut down in order', async (t) => {
  const need = storageNeed(boardOf('jffs2', 'squashfs'));
  if (need.kind !== 'jffs2') throw new Error('not JFFS2');
  const image = join(work, 'block2mtd.img');
  await provideStorage(need, image);
  const spec: VirtualBoardSpec = {
    kernel: await ownKernel(),
    root: { image: await rootOf('squashfs'), type: 'squashfs' },
    storage: { ...need, kind: 'flash', medium: 'block2mtd', image },
    init: '/sbin/jffs2',
    words: [],
    memoryMiB: 128,
    links: [],
    disks: [],
    forwards: [],
  };
  const first = await startBoard(spec);
  await first.run(write);
  t.deepEqual(await first.poweroff(), { kind: 'off' });
  const second = await startBoard(spec);
  t.regex((await second.run(read)).output, /^written\n/);
  t.deepEqual(await second.cut(), { kind: 'cut' });
});

vmWithOwnKernel('words of the kernel command line reach the board', async (t) => {
  const more = { cmdline: ['overlaykit=tmpfs', 'name=with space'] };
  await withBoard(t, { machine: 'qemu-own-kernel', more }, async (boot) => {
    const { output } = await boot.run('cat /proc/cmdline');
    t.regex(output, / overlaykit=tmpfs .*name=with space/);
  });
});

vmWithOwnKernel('poweroff ends the board in order', async (t) => {
  await withBoard(t, { machine: 'qemu-own-kernel' }, async (boot) => {
    await boot.waitFor('lab: init is up');
    t.deepEqual(await boot.poweroff(), { kind: 'off' });
    t.regex(boot.console, /reboot: Power down/);
    const late = await t.throwsAsync(boot.run('true'), { instanceOf: Failure });
    t.is(late.diagnostics[0]?.code, 'OVL411');
  });
});

vmWithOwnKernel('a guest that hangs meets the deadline of a wait, then that of its life', async (t) => {
  const more = { init: '/sbin/hang', lifetimeMs: 10_000 };
  await withBoard(t, { machine: 'qemu-own-kernel', more }, async (boot) => {
    await boot.waitFor('I hang');
    const late = await t.throwsAsync(boot.waitFor('never said', { timeoutMs: 200 }), { instanceOf: Failure });
    t.is(late.diagnostics[0]?.code, 'OVL410');
    t.regex(late.diagnostics[0]?.because ?? '', /I hang/);
    t.deepEqual(await boot.exited, {
      kind: 'failed',
      message: 'the board was still running after 10 s',
    });
  });
});

vmWithOwnKernel('a kernel panic ends the board, and the diagnostic shows it', async (t) => {
  await withBoard(t, { machine: 'qemu-own-kernel', more: { init: '/nowhere' } }, async (boot) => {
    const ended = await t.throwsAsync(boot.run('true'), { instanceOf: Failure });
    t.is(ended.diagnostics[0]?.code, 'OVL411');
    t.regex(ended.diagnostics[0]?.because ?? '', /Kernel panic - not syncing/);
    t.deepEqual(await boot.exited, { kind: 'off' });
  });
});

vmWithOwnKernel('an aborted signal cuts the power', async (t) => {
  const stop = new AbortController();
  await withBoard(t, { machine: 'qemu-own-kernel', more: { signal: stop.signal } }, async (boot) => {
    stop.abort();
    t.deepEqual(await boot.exited, { kind: 'cut' });
  });
});

vmWithOwnKernel('what QEMU cannot open is told in its own words', async (t) => {
  const more = { rootImage: join(work, 'missing.sqfs') };
  await withBoard(t, { machine: 'qemu-own-kernel', more }, async (boot) => {
    const failed = await t.throwsAsync(boot.waitFor('anything'), { instanceOf: Failure });
    t.is(failed.diagnostics[0]?.code, 'OVL413');
    t.regex(failed.diagnostics[0]?.because ?? '', /missing\.sqfs/);
  });
});

vmWithOwnKernel('equal images take an equal number of instructions', async (t) => {
  const mark = 'lab: init is up';
  const script = `echo '${mark}' > /dev/kmsg`;
  const stamps: string[] = [];
  for (const _ of [1, 2]) {
    const what: Case = { machine: 'qemu-own-kernel', more: { exact: { seed: 1 } } };
    stamps.push(
      await withBoard(t, what, async (boot) => (await boot.run(`${script}; dmesg`)).output).then(
        (text) => /\[ *(\S+)\] overlaykit: small overlay script/.exec(text)?.[1] ?? 'no stamp',
      ),
    );
  }
  t.log(`stamps of overlay_init's first line: ${stamps.join(', ')} s`);
  t.regex(stamps[0] ?? '', /^\d+\.\d{6}$/);
  t.is(stamps[0], stamps[1]);
});

vmWithOwnKernel('killed without a chance to tidy up, we take QEMU with us', async (t) => {
  const rootImage = await rootOf('squashfs');
  const orphans = join(work, 'orphans');
  await mkdir(orphans);
  const script = `
    import { boardSchema } from '${join(packageRoot(), 'src/board/schema.ts')}';
    import { bootBoard } from '${join(packageRoot(), 'src/lab/index.ts')}';
    const board = boardSchema.parse(${JSON.stringify({ version: 1, name: 'x', arch: 'x86_64', kernel: { version: '6.1' }, root: { type: 'squashfs' }, storage: { type: 'tmpfs' } })});
    const boot = await bootBoard({ board, rootImage: '${rootImage}', machine: 'qemu-own-kernel', init: '/sbin/hang' });
    await boot.waitFor('I hang');
    console.log('running');
    await boot.exited;
  `;
  const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
    cwd: packageRoot(),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: orphans },
  });
  await once(child.stdout, 'data');
  t.is((await processesWith(rootImage)).length, 2, 'the test process and QEMU');
  child.kill('SIGKILL');
  await once(child, 'close');
  for (let tries = 0; tries < 50 && (await processesWith(rootImage)).length > 0; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.deepEqual(await processesWith(rootImage), []);
});

vmWithOwnKernel('nothing is left behind', expectNothingLeft);
