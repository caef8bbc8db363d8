/** `features` on real file systems, of which one can do everything and another nearly nothing. */
import { features } from '../../src/helper/verbs/features.ts';
import { onHelperBoard } from '../support/helper-programs.ts';
import { kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';

const script = `
mount -t tmpfs tmpfs /merged && /helper features /merged; echo "code $?"; ls -A /merged
mount -t ramfs ramfs /merged && /helper features /merged; echo "code $?"; ls -A /merged
mkdir /merged/overlaykit-features; /helper features /merged; echo "code $?"
/helper features /none; echo "code $?"; /helper features; echo "code $?"; /helper features merged; echo "code $?"`;

for (const kind of kinds) {
  testAsRoot(`${kind}: tmpfs can do all that overlayfs asks for, ramfs no whiteout by rename`, async (t) => {
    const { stdout, stderr } = await onHelperBoard(kind, {
      script,
      storage: 'ext4',
      unmounted: true,
    });
    const [tmpfs = '', ramfs = '', ...rest] = stdout.split(/code \d\n?/);
    const usual = features.filter((name) => name !== 'user-xattr');
    t.deepEqual(
      tmpfs.split('\n').filter((line) => line !== '' && !line.startsWith('user-xattr')),
      usual.map((name) => `${name} yes`),
    );
    t.regex(ramfs, /^rename-whiteout no EINVAL$/m);
    t.regex(ramfs, /^whiteout yes$/m);
    t.is(ramfs.split('\n').filter((line) => line !== '').length, features.length, 'and nothing is left');
    t.is(rest.join(''), '');
    t.deepEqual(
      [...stdout.matchAll(/code (\d)/g)].map(([, code]) => Number(code)),
      [0, 0, 3, 4, 2, 2],
    );
    t.regex(stderr, /is there already; remove it/);
  });
}
