import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testWith } from '../support/needs.ts';
import { documentOf, folder, goodBoard, ovl } from '../support/ovl.ts';

const testLab = testWith(
  'qemu-system-x86_64',
  'sqfstar',
  'mksquashfs',
  'mkfs.jffs2',
  'busybox',
  'cpio',
  'depmod',
);

const jffs2Board = goodBoard
  .replace('squashfs, overlay', 'squashfs, jffs2, overlay')
  .replace(
    '{ type: tmpfs, size: 16MiB }',
    '{ type: jffs2, find: { mtd: storage }, size: 8MiB, erase_block: 64KiB }',
  );

testLab('ovl lab: what is written outlives a power cut, and is gone after a reset', async (t) => {
  const cwd = await folder(t, { 'x.yaml': jffs2Board });
  const lab = (...words: string[]) =>
    ovl(['lab', '-q', '--no-helper', 'x.yaml', '--keep', 'flash.img', ...words], { cwd });
  const first = await lab('--run', 'echo hi >/etc/greeting && sync && cat /etc/greeting', '--cut');
  t.deepEqual(first, { stdout: 'hi\n', stderr: '', exitCode: 0 });
  const second = await lab('--run', 'cat /etc/greeting; cat /rom/etc/hostname; exit 3');
  t.deepEqual(second, { stdout: 'hi\nfactory\n', stderr: '', exitCode: 1 });
  const third = await lab('--word', 'overlaykit=reset', '--run', '[ ! -e /etc/greeting ]');
  t.deepEqual(third, { stdout: '', stderr: '', exitCode: 0 });
  t.deepEqual((await readdir(cwd)).toSorted(), ['flash.img', 'x.yaml']);
});

testLab('ovl lab: tells what overlay_init said and what is mounted; --json has both', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard });
  const { account, mounts, ending } = documentOf(
    t,
    await ovl(['lab', '--json', '--no-helper', 'x.yaml'], { cwd }),
  ) as {
    account: string[];
    mounts: { target: string; fstype: string }[];
    ending: string;
  };
  t.true(
    account.some((line) => line.startsWith('overlaykit: rung tmpfs')),
    account.join('\n'),
  );
  t.is(mounts.find((mount) => mount.target === '/')?.fstype, 'overlay');
  t.is(mounts.find((mount) => mount.target === '/rom')?.fstype, 'squashfs');
  t.is(ending, 'off');
});

testLab(
  'ovl lab --shell: the console is on this terminal, and the board is shut down when stdin ends',
  async (t) => {
    const cwd = await folder(t, { 'x.yaml': goodBoard });
    // The console's shell reads what was typed before it was there.
    const ran = await ovl(['lab', '--no-helper', 'x.yaml', '--shell'], {
      cwd,
      input: 'echo from-$((6*7))\npoweroff -f\n',
    });
    t.is(ran.exitCode, 0, ran.stderr);
    t.regex(ran.stdout, /overlaykit: rung tmpfs/);
  },
);

testLab(
  'ovl lab: a board that does not come up in time is a failure with its console, and leaves nothing',
  async (t) => {
    const cwd = await folder(t, { 'x.yaml': goodBoard.replace('arch: x86_64', 'arch: riscv64') });
    const before = (await readdir(tmpdir())).filter((name) => name.startsWith('ovl-lab-'));
    const ran = await ovl(['lab', '--no-helper', 'x.yaml', '--timeout', '1'], { cwd });
    t.is(ran.exitCode, 4);
    t.regex(ran.stderr, /error\[OVL41[01]\]/);
    t.regex(ran.stderr, /^riscv64 is played by x86_64, where its own programs do not run$/m);
    const after = (await readdir(tmpdir())).filter((name) => name.startsWith('ovl-lab-'));
    t.deepEqual(
      after.filter((name) => !before.includes(name)),
      [],
      join(tmpdir(), 'ovl-lab-*'),
    );
  },
);
