/** The native calls for raw devices, against the kernel: a loop device for the disk; flash is erased in test/vm. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { requireTool } from '../../src/system/tools.ts';
import {
  type Expected,
  expectOutcomes,
  kinds,
  makeCalls,
  probeProgram,
  refused,
  wrong,
} from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';

const size = 200_000;

for (const kind of kinds) {
  testAsRoot(
    `${kind}: a disk is told from other things, copied, compared, zeroed, and left where it is in use`,
    async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'ovl-device-'));
      const image = join(folder, 'image');
      const copy = join(folder, 'copy');
      await writeFile(image, Buffer.alloc(4 * 1024 * 1024, 'content '));
      const losetup = requireTool('losetup');
      const loop = (await execa(losetup, ['--find', '--show', image])).stdout.trim();
      t.teardown(async () => {
        await execa(losetup, ['--detach', loop]);
        await rm(folder, { recursive: true, force: true });
      });
      const minor = Number(loop.slice('/dev/loop'.length));
      const program = await probeProgram(kind);
      const calls: readonly Expected[] = [
        [['deviceAt', loop], { major: 7, minor }],
        [['deviceAt', '/dev/null'], { major: 1, minor: 3 }],
        [['deviceAt', image], { major: 0, minor: 0 }],
        [['deviceAt', join(folder, 'missing')], undefined],
        [['deviceAt', join(image, 'x')], undefined],
        wrong(['deviceAt', 7], 'not a string'),
        [['copyDevice', loop, size, copy], undefined],
        refused(['copyDevice', loop, size, copy], 'EEXIST', 'open'),
        refused(['copyDevice', loop, 8 * 1024 * 1024, join(folder, 'longer')], 'ENODATA', 'read'),
        refused(['copyDevice', join(folder, 'missing'), 1, join(folder, 'other')], 'ENOENT', 'open'),
        refused(['copyDevice', loop, size, '/dev/full'], 'EEXIST', 'open'),
        wrong(['copyDevice', loop, 0, copy], 'not a whole number in range'),
        refused(['zeroDevice', join(folder, 'missing'), 1], 'ENOENT', 'open'),
        wrong(['zeroDevice', loop, -1], 'not a whole number in range'),
        [['zeroDevice', loop, size], undefined],
        // What is no flash is not erased.
        refused(['eraseFlash', loop, 65_536, 65_536], 'EINVAL', 'ioctl MEMGETINFO'),
        refused(['eraseFlash', '/dev/null', 65_536, 65_536], 'ENOTTY', 'ioctl MEMGETINFO'),
        refused(['eraseFlash', join(folder, 'missing'), 65_536, 65_536], 'ENOENT', 'open'),
        wrong(['eraseFlash', loop, 65_536, 1], 'not a whole number in range'),
        refused(['setReadOnly', '/dev/null'], 'ENOTTY', 'ioctl BLKROSET'),
        refused(['setReadOnly', join(folder, 'missing')], 'ENOENT', 'open'),
      ];
      const list = join(folder, 'calls');
      expectOutcomes(
        t,
        await makeCalls(
          program,
          list,
          calls.map(([call]) => call),
        ),
        calls,
      );
      t.deepEqual(await readFile(copy), Buffer.alloc(size, 'content '));
      t.is((await stat(copy)).mode & 0o777, 0o600);
      await t.throwsAsync(stat(join(folder, 'longer')), { code: 'ENOENT' });
      const zeroed = await readFile(image);
      t.true(zeroed.subarray(0, size).every((byte) => byte === 0));
      t.is(zeroed.subarray(size, size + 8).toString(), 'content ');

      await execa(requireTool('mkfs.ext4'), ['-q', '-F', loop]);
      const before = await readFile(image);
      const busy: readonly Expected[] = [
        [['openDirectory', folder], 4],
        [['makeDirectoryIn', 4, 'mounted', 0o755], true],
        [['mount', loop, join(folder, 'mounted'), 'ext4', 1, ''], undefined],
        refused(['zeroDevice', loop, size], 'EBUSY', 'open'),
      ];
      expectOutcomes(
        t,
        await makeCalls(
          program,
          list,
          busy.map(([call]) => call),
        ),
        busy,
      );
      t.true(before.equals(await readFile(image)), 'not a byte of a device in use is changed');
    },
  );
}
