/**
 * What goes wrong in the field, each on a real JFFS2 or ext4: the board reaches its init, what was durable is still on the
 * storage, and the rung is told in the kernel log, in status.json, by the helper and at login.
 */
import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import type { Boot, BootRequest } from '../../src/lab/index.ts';
import { file } from '../../src/lab/roots/root-file.ts';
import {
  boardFile,
  changedBoard,
  exists,
  output,
  type Ready,
  ready,
  status,
  storageImage,
  textFile,
  vmOwnKernel,
  withBoot,
} from '../support/shipped-boards.ts';

const machine = 'qemu-own-kernel';
type Request = Omit<BootRequest, 'board' | 'rootImage'>;

/** All four places say the same rung. */
async function told(t: ExecutionContext, boot: Boot, rung: string, reason: RegExp): Promise<void> {
  const account = await status(boot);
  t.is(account.rung, rung, boot.console);
  t.regex(account.reasons.join('\n'), reason);
  t.regex(await output(boot, 'dmesg'), new RegExp(`overlaykit: rung ${rung}: `));
  t.regex(
    await output(boot, '. /etc/profile.d/overlaykit.sh'),
    new RegExp(`^overlaykit: rung ${rung}: .*${reason.source}`),
  );
  // It answers no, since changes are not kept.
  const { output: said, exitCode } = await boot.run('/sbin/overlay_helper status');
  t.regex(said, new RegExp(`^rung: ${rung}$`, 'm'));
  t.is(exitCode, 1);
}

/** One boot that writes what must never be lost, and a power cut. */
async function written(t: ExecutionContext, board: Ready, request: Request, more = ':'): Promise<void> {
  await withBoot(t, board, request, async (boot) => {
    t.is((await status(boot)).rung, 'persistent', boot.console);
    await output(boot, `echo mine >/etc/hostname && sync && { ${more}; }; sync`);
    await boot.cut();
  });
}

vmOwnKernel(
  'ext4 that cannot be mounted, or has lost its first superblock, where the board repairs nothing: left alone',
  async (t) => {
    t.timeout(300_000);
    const off = await changedBoard('lab-ext4', ['type: ext4', 'type: ext4\n  repair: off']);
    const board = await ready(await textFile(off));
    for (const [zeroedAt, bytes] of [
      [1024, 1024],
      [1024 + 0x60, 4],
    ] as const) {
      const request = { machine, storageImage: await storageImage() } as const;
      await written(t, board, request);
      const image = await open(request.storageImage, 'r+');
      // The whole superblock; or only s_feature_incompat, which then asks for what no kernel has.
      await image.write(Buffer.alloc(bytes, bytes === 4 ? 0xff : 0), 0, bytes, zeroedAt);
      await image.close();
      const before = await readFile(request.storageImage);
      await withBoot(t, board, { ...request, cmdline: ['quiet'] }, async (boot) => {
        await told(t, boot, 'tmpfs', /persistent: step \d+, (mount ext4|find LABEL)/);
        t.is(await output(boot, 'cat /etc/hostname'), 'factory');
      });
      t.true(before.equals(await readFile(request.storageImage)), 'not a byte of the storage was changed');
    }
  },
);

vmOwnKernel(
  'ext4 whose first superblock is gone, or torn by a power cut: e2fsck brings it back',
  async (t) => {
    t.timeout(300_000);
    const board = await ready(
      await textFile(
        await changedBoard(
          'lab-ext4',
          ['label: overlay', 'path: /dev/vdb'],
          ['device: /dev/vda', 'device: /dev/vda\n  protect: true'],
        ),
      ),
    );
    for (const [at, bytes] of [
      [1024, 1024],
      [1024 + 512, 512],
    ] as const) {
      const request = { machine, storageImage: await storageImage() } as const;
      await written(t, board, request);
      const image = await open(request.storageImage, 'r+');
      await image.write(Buffer.alloc(bytes), 0, bytes, at);
      await image.close();
      await withBoot(t, board, { ...request, cmdline: ['quiet'] }, async (boot) => {
        const repaired = '/dev/vdb was repaired by e2fsck';
        t.like(await status(boot), { rung: 'persistent', reasons: [], repaired }, boot.console);
        // The disk of the root, whoever writes to it; the storage beside it is another one.
        t.is(await output(boot, 'cat /sys/block/vda/ro /sys/block/vdb/ro'), '1\n0');
        t.is(await output(boot, 'cat /etc/hostname'), 'mine');
        t.regex(await output(boot, 'dmesg'), new RegExp(`overlaykit: rung persistent: .*; ${repaired}`));
        t.regex(await output(boot, '. /etc/profile.d/overlaykit.sh'), new RegExp(repaired));
        t.regex(
          (await boot.run('/sbin/overlay_helper status')).output,
          new RegExp(`^repaired: ${repaired}$`, 'm'),
        );
      });
    }
  },
);

vmOwnKernel(
  'flash that its factory image has marked is erased; flash full of noise is set aside, and renewed when told',
  async (t) => {
    t.timeout(200_000);
    const board = await ready(boardFile('lab-jffs2'));
    const bytes = Buffer.alloc(16 * 1024 ** 2, 0xff);
    bytes.writeUInt32BE(0xdeadc0de, 0);
    bytes.fill('what the factory left behind', 5 * 65_536, 5 * 65_536 + 2000);
    const request = { machine, storageImage: await storageImage() } as const;
    await writeFile(request.storageImage, bytes);
    await withBoot(t, board, request, async (boot) => {
      t.like(await status(boot), { rung: 'persistent', reasons: [] }, boot.console);
      t.regex(boot.console, /mtd\d was marked to be erased by its image, and is erased/);
      const { output: said, exitCode } = await boot.run('/sbin/overlay_helper storage renew --discard');
      t.is(exitCode, 3);
      t.regex(said, /mtd\d is mounted at \/overlay/);
      await boot.cut();
    });
    const noise = Buffer.alloc(bytes.length, 'noise that is no file system, ');
    await writeFile(request.storageImage, noise);
    await withBoot(t, board, { ...request, cmdline: ['quiet'] }, async (boot) => {
      await told(
        t,
        boot,
        'tmpfs',
        /persistent: step \d+, mount jffs2 on \/overlay: mount: mounting mtd\d on \/overlay failed: Input\/output error: mtd\d was left as it is; ask overlay_helper storage/,
      );
      t.true(noise.equals(await readFile(request.storageImage)), 'not a byte of the storage was changed');
      const { output: said } = await boot.run('/sbin/overlay_helper storage');
      t.regex(said, /^looks-like: unknown, begins with 6E 6F 69 73 65 20 74 68$/m);
      const copy = await boot.run('/sbin/overlay_helper storage renew --copy /root/old');
      t.is(copy.exitCode, 3, copy.output);
      t.regex(copy.output, /lies in memory/);
      t.regex(
        await output(boot, '/sbin/overlay_helper storage renew --discard'),
        /is blank; the next boot makes a new storage/,
      );
      await boot.cut();
    });
    t.true((await readFile(request.storageImage)).every((byte) => byte === 0xff));
    await withBoot(t, board, request, async (boot) => {
      t.like(await status(boot), { rung: 'persistent', reasons: [] }, boot.console);
    });
  },
);

vmOwnKernel('two stray bytes behind the last JFFS2 node: nothing is lost', async (t) => {
  t.timeout(200_000);
  const board = await ready(boardFile('lab-jffs2'));
  const request = { machine, storageImage: await storageImage() } as const;
  await written(t, board, request);
  const bytes = await readFile(request.storageImage);
  let last = bytes.length - 1;
  while (last > 0 && bytes[last] === 0xff) last--;
  bytes.writeUInt16LE(0x1985, (last + 4) & ~3);
  await writeFile(request.storageImage, bytes);
  await withBoot(t, board, request, async (boot) => {
    t.like(await status(boot), { rung: 'persistent', reasons: [] });
    t.is(await output(boot, 'cat /etc/hostname'), 'mine');
  });
});

for (const name of ['lab-jffs2', 'lab-ext4']) {
  vmOwnKernel(
    `${name}, filled to the last byte: what was written is there, and a reset makes room`,
    async (t) => {
      t.timeout(400_000);
      for (const withoutHelper of [false, true]) {
        const board = await ready(boardFile(name), { withoutHelper });
        const request = { machine, storageImage: await storageImage() } as const;
        const fill =
          'dd if=/dev/urandom of=/root/fill bs=64k 2>/dev/null; for b in 4096 512 16; do dd if=/dev/urandom of=/root/fill$b bs=$b 2>/dev/null; done; true';
        await written(t, board, request, fill);
        await withBoot(t, board, request, async (boot) => {
          t.is((await status(boot)).rung, 'persistent', boot.console);
          t.is(await output(boot, 'cat /etc/hostname'), 'mine');
          await output(boot, 'rm /root/fill16; sync; touch /overlay/overlaykit/reset && sync');
          await boot.cut();
        });
        await withBoot(t, board, request, async (boot) => {
          t.like(
            await status(boot),
            { rung: 'persistent', reset: '/overlay/overlaykit/reset' },
            boot.console,
          );
          t.is(await output(boot, 'cat /etc/hostname; ls /root'), 'factory');
        });
      }
    },
  );
}

vmOwnKernel(
  'blank storage: JFFS2 as it is, ext4 made by the mkfs that the board has, else left blank',
  async (t) => {
    t.timeout(300_000);
    const without = await ready(boardFile('lab-ext4'));
    const text = await changedBoard(
      'lab-ext4',
      ['label: overlay', 'path: /dev/vdb'],
      ['applets: [sh', 'applets: [mkfs.ext4, sh'],
    );
    const mkfs = file('/sbin/mkfs.ext4', '#!/bin/sh\nexec mke2fs "$1"\n', 0o755);
    const maker = await ready(await textFile(text), { root: { files: [mkfs] } });
    for (const fill of [0x00, 0xff]) {
      const blank = await storageImage();
      await writeFile(blank, Buffer.alloc(16 * 1024 ** 2, fill));
      await withBoot(t, without, { machine, storageImage: blank, cmdline: ['quiet'] }, (boot) =>
        told(t, boot, 'tmpfs', /persistent: step/),
      );
      t.true(
        (await readFile(blank)).every((byte) => byte === fill),
        'still blank',
      );
      await withBoot(t, maker, { machine, storageImage: blank }, async (boot) => {
        t.is((await status(boot)).rung, 'persistent', boot.console);
        t.regex(boot.console, /is blank; making ext4 on it/);
        await output(boot, 'echo mine >/etc/hostname && sync');
        await boot.cut();
      });
      await withBoot(t, maker, { machine, storageImage: blank }, async (boot) =>
        t.is(await output(boot, 'cat /etc/hostname'), 'mine'),
      );
    }
    const foreign = await storageImage();
    await writeFile(foreign, 'somebody else’s data');
    await truncate(foreign, 16 * 1024 ** 2);
    await withBoot(t, maker, { machine, storageImage: foreign, cmdline: ['quiet'] }, (boot) =>
      told(t, boot, 'tmpfs', /persistent: step \d+, mount ext4/),
    );
    t.is((await stat(foreign)).size, 16 * 1024 ** 2);
    t.is((await readFile(foreign)).subarray(0, 8).toString(), 'somebody');
  },
);

vmOwnKernel(
  'an init that crashes: after as many boots as the board says the previous generation is back',
  async (t) => {
    t.timeout(300_000);
    const board = await ready(boardFile('lab-jffs2'));
    const request = { machine, storageImage: await storageImage() } as const;
    await withBoot(t, board, request, async (boot) => {
      await output(
        boot,
        'echo good >/etc/hostname && /sbin/overlay_helper confirm && /sbin/overlay_helper snapshot next && /sbin/overlay_helper try next && sync',
      );
      await boot.cut();
    });
    await withBoot(t, board, request, async (boot) => {
      t.is((await status(boot)).generation, '2');
      // Fit by every check that can be made beforehand, and gone at once: the kernel panics.
      await output(
        boot,
        '/sbin/overlay_helper confirm && rm /sbin/init && printf "#!/bin/sh\\nexit 1\\n" >/sbin/init && chmod +x /sbin/init && sync',
      );
      await boot.cut();
    });
    for (let crash = 1; crash <= 3; crash++) {
      await withBoot(t, board, request, async (boot) => {
        await boot.waitFor(/Kernel panic/, { timeoutMs: 60_000 });
      });
    }
    await withBoot(t, board, { ...request, cmdline: ['quiet'] }, async (boot) => {
      t.is(await output(boot, 'cat /etc/hostname'), 'good');
      t.like(await status(boot), { rung: 'persistent', generation: '1' });
      t.regex(boot.console, /generation 2 was not confirmed in 3 boots; back to generation 1/);
    });
  },
);

vmOwnKernel(
  'renaming a lower file on JFFS2 without RENAME_WHITEOUT fails with EINVAL, and loses nothing',
  async (t) => {
    t.timeout(100_000);
    const board = await ready(boardFile('lab-jffs2'));
    await withBoot(t, board, { machine }, async (boot) => {
      const { output: said, exitCode } = await boot.run('busybox mv /etc/hostname /etc/other');
      t.not(exitCode, 0, said);
      t.regex(said, /Invalid argument/);
      t.is(await output(boot, 'cat /etc/hostname'), 'factory');
      t.false(await exists(boot, '/etc/other'));
    });
  },
);
