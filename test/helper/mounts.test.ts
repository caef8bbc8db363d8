import test from 'ava';
import { readMounts } from '../../src/helper/mounts.ts';
import { ModelBoard } from '../support/model-board.ts';

/** Lines as kernels write them: with and without optional fields, escaped, and one mount on top of another. */
const table = `\
22 1 254:1 / / ro,relatime - squashfs /dev/root ro
23 22 0:20 / /proc rw,nosuid shared:5 - proc proc rw
24 22 0:21 / /mnt rw - overlay overlay rw,lowerdir=/,upperdir=/overlay/upper
25 22 0:22 / /my\\040disk\\134x\\012y rw shared:1 master:2 - ext4 /dev/my\\040disk rw
26 22 0:23 / /stacked rw - tmpfs none rw
27 26 0:24 / /stacked rw - ext4 /dev/x rw
29 22 0:26 / /mnt2 rw - tmpfs /mnt rw
`;

class Table extends ModelBoard {
  override readFile(): string {
    return table;
  }
}

test('the file system at a path', (t) => {
  const mounts = readMounts(new Table({ plan: {} }));
  t.is(mounts.fstypeAt('/'), 'squashfs');
  t.is(mounts.fstypeAt('/proc'), 'proc');
  t.is(mounts.fstypeAt('/mnt'), 'overlay');
  t.is(mounts.fstypeAt('/my disk\\x\ny'), 'ext4');
  t.is(mounts.fstypeAt('/stacked'), 'ext4');
  t.is(mounts.fstypeAt('/mn'), undefined);
  t.is(mounts.fstypeAt('/overlay'), undefined);
});
