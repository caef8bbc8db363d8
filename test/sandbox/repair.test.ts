/** An ext4 that cannot be mounted, on this machine's kernel, with the real e2fsck: what it mends is there, the rest is left alone. */
import { open, readFile, writeFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { requireTool } from '../../src/system/tools.ts';
import { testWith } from '../support/needs.ts';
import { sandboxTools } from '../support/sandbox-ext4.ts';
import {
  changedBoard,
  output,
  type Ready,
  ready,
  status,
  storageImage,
  textFile,
  withBoot,
} from '../support/shipped-boards.ts';

const sandbox = testWith(...sandboxTools, 'e2fsck.static');
// The sandbox's device is a loop device under another name, whose size sysfs does not have.
const path = ['label: overlay }\n  size: 16MiB', 'path: /dev/vdb }'] as const;

/** A storage that one boot has written to, as it was while it was mounted: its journal is not empty. */
async function used(
  t: ExecutionContext,
  board: Ready,
): Promise<{ readonly live: Buffer; readonly stale: Buffer }> {
  const image = await storageImage();
  const request = { machine: 'sandbox', storageImage: image } as const;
  const copies: Buffer[] = [];
  await withBoot(t, board, request, async (boot) => {
    copies.push(await readFile(image));
    await output(
      boot,
      'for i in 1 2 3 4 5 6 7 8; do echo mine $i >/etc/f$i; done; echo mine >/etc/hostname; sync',
    );
    copies.push(await readFile(image));
  });
  const [stale, live] = copies;
  if (stale === undefined || live === undefined) throw new Error('no copies');
  return { live, stale };
}

const half = 512;
const first = 1024;
const block = 1024;

sandbox('e2fsck brings back what preening mends: torn and lost superblocks, a spoiled journal', async (t) => {
  t.timeout(120_000);
  const board = await ready(await textFile(await changedBoard('lab-ext4', path)));
  const { live, stale } = await used(t, board);
  const image = await storageImage();
  const ruined: Readonly<Record<string, (bytes: Buffer) => void>> = {
    'the first superblock is zeros': (bytes) => bytes.fill(0, first, first + 2 * half),
    'its first half is zeros': (bytes) => bytes.fill(0, first, first + half),
    'only its second half was written': (bytes) => stale.copy(bytes, first, first, first + half),
    'only its first half was written': (bytes) => bytes.fill(0x5a, first + half, first + 2 * half),
    'the head of the journal is noise': (bytes) => bytes.fill(0xa5, journal(bytes), journal(bytes) + block),
  };
  await writeFile(image, live);
  const found = (await execa(requireTool('debugfs'), ['-R', 'blocks <8>', image])).stdout.split(' ')[0];
  const journal = (_: Buffer): number => Number(found) * block;
  for (const [title, ruin] of Object.entries(ruined)) {
    const bytes = Buffer.from(live);
    ruin(bytes);
    await writeFile(image, bytes);
    await withBoot(t, board, { machine: 'sandbox', storageImage: image }, async (boot) => {
      const account = await status(boot);
      t.like(
        account,
        { rung: 'persistent', generation: '1', repaired: '/dev/vdb was repaired by e2fsck' },
        `${title}\n${boot.console}`,
      );
      t.is(await output(boot, 'cat /etc/hostname /etc/f8'), 'mine\nmine 8', title);
      t.regex(boot.console, /rung persistent: changes are kept .*; \/dev\/vdb was repaired by e2fsck$/m);
      t.regex(
        await output(boot, '. /etc/profile.d/overlaykit.sh'),
        /^overlaykit: rung persistent: .* repaired by e2fsck/,
      );
      t.regex(
        (await boot.run('/sbin/overlay_helper status')).output,
        /^repaired: \/dev\/vdb was repaired by e2fsck$/m,
      );
      t.regex(await output(boot, 'cat /overlay/overlaykit/boots/*'), /reasons: \[\] \/dev\/vdb was repaired/);
    });
    t.is((await execa(requireTool('e2fsck.static'), ['-fn', image], { reject: false })).exitCode, 0, title);
  }
});

sandbox('what preening does not mend, and what is not ext4, stays as it is to the byte', async (t) => {
  t.timeout(120_000);
  const board = await ready(await textFile(await changedBoard('lab-ext4', path)));
  const off = await ready(
    await textFile(await changedBoard('lab-ext4', path, ['type: ext4', 'type: ext4\n  repair: off'])),
  );
  const { live } = await used(t, board);
  const zeroed = Buffer.from(live).fill(0, first, first + 2 * half);
  const foreign = Buffer.from(live).fill(0, first, first + 2 * half);
  foreign.write('LUKS');
  const noCopy = Buffer.from(zeroed).fill(0, 8193 * block, 8194 * block);
  const cases = [
    [off, zeroed, /./],
    [board, foreign, /begins with something else than ext4/],
    [board, noCopy, /has no copy of its superblock/],
  ] as const;
  for (const [which, bytes, says] of cases) {
    const image = await storageImage();
    await writeFile(image, bytes);
    await withBoot(t, which, { machine: 'sandbox', storageImage: image }, async (boot) => {
      const account = await status(boot);
      t.is(account.rung, 'tmpfs', boot.console);
      t.regex(
        account.reasons[0] ?? '',
        /^persistent: step \d+, mount ext4 on \/overlay: mount: mounting \/dev\/vdb on \/overlay failed: [A-Z][A-Za-z ]+: \/dev\/vdb was left as it is; ask overlay_helper storage$/,
      );
      t.regex(boot.console, says);
      t.is(await output(boot, 'cat /etc/hostname'), 'factory');
    });
    t.true(bytes.equals(await readFile(image)));
  }
});

sandbox('what e2fsck cannot decide by itself is not decided for it', async (t) => {
  const board = await ready(await textFile(await changedBoard('lab-ext4', path)));
  const { live } = await used(t, board);
  const image = await storageImage();
  await writeFile(image, live);
  // The journal is empty then, and cannot bring the block back.
  await execa(requireTool('e2fsck.static'), ['-p', image], { reject: false });
  const blocks = await execa(requireTool('debugfs'), ['-R', 'blocks /generations/1/upper', image]);
  const file = await open(image, 'r+');
  // A directory's block is noise: what was in it would go to lost+found without its names.
  await file.write(Buffer.alloc(block, 0x33), 0, block, Number(blocks.stdout.split(' ')[0]) * block);
  await file.write(Buffer.alloc(2 * half), 0, 2 * half, first);
  await file.close();
  await withBoot(t, board, { machine: 'sandbox', storageImage: image }, async (boot) => {
    t.is((await status(boot)).rung, 'tmpfs', boot.console);
    t.regex(boot.console, /e2fsck -p -b 8193 -B 1024 \/dev\/vdb: exit code 4/);
  });
});
