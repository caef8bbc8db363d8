import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { busyboxRoot } from '../../src/lab/roots/busybox.ts';
import { testWith } from '../support/needs.ts';
import { documentOf, folder, goodBoard, ovl } from '../support/ovl.ts';

const testImage = testWith('mksquashfs', 'sqfstar', 'unsquashfs', 'busybox', 'mkfs.cramfs', 'fakeroot');

/** A folder with a board, its bundle without helper, and a root image without the mount points that the plan needs. */
async function workshop(t: ExecutionContext, type: 'squashfs' | 'cramfs' = 'squashfs'): Promise<string> {
  const cwd = await folder(t, { 'x.yaml': goodBoard.replaceAll('squashfs', type) });
  await busyboxRoot({
    type,
    out: join(cwd, 'root.img'),
    samples: false,
    withoutMountPoints: ['/overlay', '/rom'],
  });
  t.is((await ovl(['build', '-q', '--no-helper', 'x.yaml', '-o', 'out'], { cwd })).exitCode, 0);
  return cwd;
}

testImage('image: a bundle goes in, by board file or by bundle, with the same result', async (t) => {
  const cwd = await workshop(t);
  const byBoard = await ovl(
    ['image', 'root.img', '--board', 'x.yaml', '--no-helper', '--add-mount-points', '-o', 'a.img'],
    { cwd },
  );
  t.is(byBoard.exitCode, 0, byBoard.stderr);
  t.regex(byBoard.stdout, /^a\.img: squashfs, \d+ bytes \(was \d+\)\n/);
  t.regex(byBoard.stdout, /^ {2}made {6}\/overlay\/$/m);
  t.regex(byBoard.stdout, /^ {2}added {5}\/sbin\/overlay_init$/m);
  const byBundle = await ovl(
    ['image', '--json', 'root.img', '--bundle', 'out/bundle.tar', '--add-mount-points', '-o', 'b.img'],
    { cwd },
  );
  const { added, type } = documentOf(t, byBundle);
  t.is(type, 'squashfs');
  t.true((added as string[]).includes('/etc/overlaykit/manifest.json'));
  t.deepEqual(await readFile(join(cwd, 'a.img')), await readFile(join(cwd, 'b.img')));
  const { stdout } = await execa('unsquashfs', ['-cat', join(cwd, 'a.img'), 'sbin/overlay_init'], {
    stripFinalNewline: false,
  });
  t.is(stdout, await readFile(join(cwd, 'out', 'overlay_init'), 'utf8'));
});

testImage('image: cramfs too', async (t) => {
  const cwd = await workshop(t, 'cramfs');
  const ran = await ovl(
    ['image', 'root.img', '--bundle', 'out/bundle.tar', '--add-mount-points', '-o', 'a.img'],
    { cwd },
  );
  t.is(ran.exitCode, 0, ran.stderr);
  t.regex(ran.stdout, /^a\.img: cramfs, /);
});

testImage('image: what is missing is refused, all of it, and nothing is written', async (t) => {
  const cwd = await workshop(t);
  const before = (await readdir(cwd)).toSorted();
  const ran = await ovl(['image', 'root.img', '--bundle', 'out/bundle.tar', '-o', 'a.img'], { cwd });
  t.is(ran.exitCode, 3);
  t.is(ran.stdout, '');
  t.regex(ran.stderr, /^error\[OVL356\]: the root image has no \/overlay, \/rom to mount on/);
  t.regex(ran.stderr, /fix {6}.*--add-mount-points/);
  t.deepEqual((await readdir(cwd)).toSorted(), before);
});

testImage('image: a bundle that was changed by hand does not go in', async (t) => {
  const cwd = await workshop(t);
  await execa('tar', ['-xf', 'bundle.tar'], { cwd: join(cwd, 'out') });
  await execa('sh', ['-c', 'echo "# mine" >>sbin/overlay_init; tar -cf ../mine.tar etc sbin'], {
    cwd: join(cwd, 'out'),
  });
  const ran = await ovl(['image', 'root.img', '--bundle', 'mine.tar', '--add-mount-points', '-o', 'a.img'], {
    cwd,
  });
  t.is(ran.exitCode, 3);
  t.regex(ran.stderr, /OVL30\d/);
  t.false((await readdir(cwd)).includes('a.img'));
});
