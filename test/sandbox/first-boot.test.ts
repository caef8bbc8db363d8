/** A storage that is blank, on this machine's kernel with the real mkfs.ext4: made while the boot waits, or behind a rung in memory. */
import { open, readFile, truncate, writeFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import type { Boot } from '../../src/lab/index.ts';
import { storageMark } from '../../src/shared/helper-protocol.ts';
import { requireTool } from '../../src/system/tools.ts';
import { testWith } from '../support/needs.ts';
import { makeExt4Program } from '../support/root-programs.ts';
import { sandboxTools } from '../support/sandbox-ext4.ts';
import {
  changedBoard,
  exists,
  output,
  type Ready,
  ready,
  status,
  storageImage,
  textFile,
  withBoot,
} from '../support/shipped-boards.ts';

const sandbox = testWith(...sandboxTools, 'e2fsck.static');

const bytes = 16 * 2 ** 20;
const path = ['label: overlay }\n  size: 16MiB', 'path: /dev/vdb }'] as const;
const applets = ['dmesg, e2fsck', 'dmesg, e2fsck, mkfs.ext4'] as const;

async function board(first: 'wait' | 'tmpfs', how = 'pivot', before = ''): Promise<Ready> {
  const type = ['type: ext4', `type: ext4\n  first_boot: ${first}`] as const;
  const text = await changedBoard('lab-ext4', path, applets, type);
  return ready(await textFile(`${text}\nenter: { how: ${how} }\n`), {
    root: { files: await makeExt4Program(before) },
  });
}

async function blank(): Promise<string> {
  const image = await storageImage();
  await writeFile(image, '');
  await truncate(image, bytes);
  return image;
}

async function until(boot: Boot, command: string, seconds = 40): Promise<void> {
  const { exitCode, output: text } = await boot.run(
    `n=0; until ${command}; do n=$((n + 1)); [ $n -lt ${seconds} ] || exit 1; sleep 1; done >/dev/null 2>&1`,
  );
  if (exitCode !== 0) throw new Error(`${command} did not come true: ${text}`);
}

const copied = (pattern: string): string => `overlay_helper status | grep -q 'last copy: ${pattern}'`;

async function markOf(image: string): Promise<string> {
  const file = await open(image, 'r');
  const { buffer } = await file.read(Buffer.alloc(64), 0, 64, bytes - storageMark.beforeEnd);
  await file.close();
  return buffer.toString('latin1').replace(/[\n\0]*$/, '');
}

async function whole(t: ExecutionContext, image: string): Promise<void> {
  const { exitCode, all } = await execa(requireTool('e2fsck.static'), ['-fn', image], {
    reject: false,
    all: true,
  });
  t.is(exitCode, 0, all);
}

sandbox('what a cut has left half-made is made anew, and nothing else is', async (t) => {
  t.timeout(120_000);
  const { prepared, image: root } = await board('wait');
  const noise = Buffer.alloc(bytes).fill(0x5a, 0, 4096);
  const half = Buffer.from(noise);
  half.write(`${storageMark.text}\n`, bytes - storageMark.beforeEnd, 'latin1');
  const image = await storageImage();
  await writeFile(image, half);
  const storage = { machine: 'sandbox', storageImage: image } as const;
  await withBoot(t, { prepared, image: root }, storage, async (boot) => {
    t.is((await status(boot)).rung, 'persistent', boot.console);
    t.regex(boot.console, /\/dev\/vdb is only half-made: the power went while overlaykit made it/);
    t.is(await markOf(image), '');
    await output(boot, 'echo mine >/etc/hostname; sync');
  });
  // A mark that a cut has left behind a file system which was ready goes before anything is on it.
  await execa(requireTool('mkfs.ext4'), ['-qF', image, `${(bytes - storageMark.beforeEnd) / 1024}k`]);
  const made = await open(image, 'r+');
  await made.write(Buffer.from(storageMark.text), 0, storageMark.text.length, bytes - storageMark.beforeEnd);
  await made.close();
  await withBoot(t, { prepared, image: root }, storage, async (boot) => {
    t.is((await status(boot)).rung, 'persistent', boot.console);
    t.is(await markOf(image), '');
  });
  await writeFile(image, noise);
  await withBoot(t, { prepared, image: root }, storage, async (boot) => {
    t.is((await status(boot)).rung, 'tmpfs', boot.console);
  });
  t.true(noise.equals(await readFile(image)), 'without the mark it is left as it is');
});

sandbox('the power goes while mkfs runs in the background: the next boot begins again', async (t) => {
  t.timeout(120_000);
  const before =
    '[ ! -e /etc/slow ] || { dd if=/dev/urandom of="$1" bs=4096 count=1 conv=notrunc; sync; sleep 60; }';
  const { prepared, image: root } = await board('tmpfs', 'pivot', before);
  const image = await blank();
  const storage = { machine: 'sandbox', storageImage: image } as const;
  await withBoot(t, { prepared, image: root }, storage, async (boot) => {
    await output(boot, 'echo lost >/etc/slow');
    await until(boot, 'ps | grep -q "[s]leep 60"');
    await output(boot, 'sleep 2');
    t.is(await markOf(image), storageMark.text);
  });
  await withBoot(t, { prepared, image: root }, storage, async (boot) => {
    t.is((await status(boot)).rung, 'tmpfs', boot.console);
    t.regex(boot.console, /is only half-made/);
    await output(boot, 'echo mine >/etc/hostname');
    await until(boot, copied('generation 2'));
    t.is(await markOf(image), '');
  });
  await withBoot(t, { prepared, image: root }, storage, async (boot) => {
    t.like(await status(boot), { rung: 'persistent', generation: '2' });
    t.is(await output(boot, 'cat /etc/hostname'), 'mine');
    t.false(await exists(boot, '/etc/slow'));
  });
});

for (const how of ['pivot', 'chroot']) {
  sandbox(`${how}: a board with a blank storage runs in memory at once, and keeps what it had`, async (t) => {
    t.timeout(240_000);
    const { prepared, image: root } = await board('tmpfs', how);
    const image = await blank();
    const storage = { machine: 'sandbox', storageImage: image } as const;
    await withBoot(t, { prepared, image: root }, storage, async (boot) => {
      const account = await status(boot);
      t.is(account.rung, 'tmpfs', boot.console);
      t.deepEqual(account.reasons, [
        `persistent: ${account.reasons[0]?.split(': ')[1]}: /dev/vdb is blank; it is made ready in the background`,
      ]);
      await output(boot, 'echo mine >/etc/hostname; rm /etc/passwd; mkdir /etc/new; chown 3:4 /etc/new');
      await until(boot, copied('generation 2, [0-9]* s after the start'));
      t.regex(
        await output(boot, '. /etc/profile.d/overlaykit.sh'),
        /^overlaykit: storage: changes are in memory until the next boot, and copied to \/dev\/vdb every 10 s; last copy: generation 2/m,
      );
      t.is(await markOf(image), '');
      // The kernel is done with the new file system some seconds after its first use.
      await output(boot, 'sleep 15');
      const quiet = await readFile(image);
      await output(boot, 'sleep 12');
      t.true(quiet.equals(await readFile(image)), 'a pass in which nothing has changed writes nothing');
      const open = await output(boot, 'ls /proc/$(pidof overlay_helper | tr " " "\\n" | head -1)/fd | wc -l');
      for (const number of [3, 4]) {
        await output(boot, `echo ${number} >/etc/f${number}`);
        await until(boot, copied(`generation ${number},`));
      }
      t.is(
        await output(boot, 'ls /proc/$(pidof overlay_helper | tr " " "\\n" | head -1)/fd | wc -l'),
        open,
        'no descriptor is left open by a pass',
      );
      // The power goes here.
    });
    await withBoot(t, { prepared, image: root }, storage, async (boot) => {
      t.like(await status(boot), { rung: 'persistent', generation: '4', reasons: [], notes: [] });
      t.is(await output(boot, 'cat /etc/hostname /etc/f3 /etc/f4'), 'mine\n3\n4');
      t.false(await exists(boot, '/etc/passwd'));
      t.is(await output(boot, 'stat -c %u:%g /etc/new'), '3:4');
      t.is(await output(boot, 'ls /overlay/generations'), '4', 'those before it are gone');
      t.notRegex(await output(boot, 'overlay_helper status'), /are copied|not kept/);
    });
    await whole(t, image);
  });
}
