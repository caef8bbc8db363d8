import test from 'ava';
import { checkBoard, readBoard } from '../../src/board/check.ts';
import { reservedBlocks } from '../../src/board/checks/jffs2.ts';
import { decodeBoard } from '../../src/board/decode.ts';
import { atLeast } from '../../src/board/version.ts';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';

/** A board as JSON, which is YAML too; `more` replaces top-level keys. */
function board(more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    version: 1,
    name: 'board',
    arch: 'x86_64',
    kernel: { version: '6.1', jffs2_rename_whiteout: true },
    root: { type: 'squashfs' },
    storage: { type: 'jffs2', find: { mtd: 'storage' }, size: '16MiB', erase_block: '64KiB' },
    ...more,
  });
}

/** What is said about a board, each as "CODE severity". */
function said(more: Readonly<Record<string, unknown>>): readonly string[] {
  const checked = unwrap(decodeBoard('board.yaml', board(more)));
  return checkBoard(checked).map((one) => `${one.code} ${one.severity}`);
}

const jffs2 = { type: 'jffs2', find: { mtd: 'storage' } };

test('nothing is said about a board that is right', (t) => {
  t.deepEqual(said({}), []);
  t.deepEqual(said({ storage: { type: 'ext4', find: { label: 'sixteen-bytes-ok' } } }), []);
  t.deepEqual(said({ storage: { type: 'f2fs', find: { path: '/dev/mmcblk0p3' } } }), []);
  t.deepEqual(said({ storage: { ...jffs2, find: { path: '/dev/mtdblock4' } } }), []);
  t.deepEqual(said({ storage: { ...jffs2, find: { path: '/mnt/flash' } } }), [], 'mounted already');
  t.deepEqual(said({ storage: { type: 'tmpfs', size: '16MiB' } }), []);
  t.deepEqual(said({ union: { options: { xino: 'auto', redirect_dir: 'nofollow' } } }), []);
  t.deepEqual(said({ enter: { newroot: '/newroot', init: '/lib/systemd/systemd' } }), []);
  t.deepEqual(said({ ladder: ['persistent', 'rescue'] }), []);
  t.deepEqual(said({ arch: 'mips', helper: { enabled: false } }), []);
});

test('JFFS2 needs five erase blocks, whatever their size', (t) => {
  const small = (size: string, erase_block?: string) =>
    said({ storage: { ...jffs2, size, ...(erase_block === undefined ? {} : { erase_block }) } });
  t.deepEqual(small('320KiB', '64KiB'), []);
  t.deepEqual(small('256KiB', '64KiB'), ['OVL126 error']);
  t.deepEqual(small('20KiB'), [], 'of the smallest blocks there are');
  t.deepEqual(small('16KiB'), ['OVL126 error']);
});

test('the reserve is computed as jffs2_calc_trigger_levels does', (t) => {
  t.is(reservedBlocks(320 * 1024, 64 * 1024), 3);
  t.is(reservedBlocks(16 * 1024 * 1024, 64 * 1024), 8);
  t.is(reservedBlocks(4 * 1024 * 1024, 128 * 1024), 3);
});

test('a warning about renames is for overlay on JFFS2 alone', (t) => {
  const kernel = { version: '6.1' };
  const old = { version: '2.6.25', filesystems: ['proc', 'tmpfs', 'squashfs', 'jffs2', 'mini_fo'] };
  t.deepEqual(said({ kernel }), ['OVL128 warning']);
  t.deepEqual(said({ kernel, storage: { type: 'tmpfs' } }), []);
  t.deepEqual(said({ kernel: old, union: { system: 'mini_fo' } }), []);
});

test('the list of file systems is believed, whatever the version', (t) => {
  const patched = { version: '2.6.25', filesystems: ['proc', 'tmpfs', 'squashfs', 'jffs2', 'overlayfs'] };
  t.deepEqual(said({ kernel: patched }), []);
  t.deepEqual(said({ kernel: { ...patched, filesystems: [] } }), ['OVL130 error', 'OVL130 error']);
});

test('auto is content with any union system that is built', (t) => {
  const base = ['proc', 'tmpfs', 'squashfs', 'jffs2'];
  const kernel = (filesystems: readonly string[]) => ({
    version: '3.10',
    filesystems,
    jffs2_rename_whiteout: true,
  });
  t.deepEqual(said({ kernel: kernel([...base, 'mini_fo']) }), []);
  t.deepEqual(said({ kernel: kernel([...base, 'overlayfs']) }), []);
  t.deepEqual(said({ kernel: kernel([...base, 'aufs']) }), ['OVL129 error']);
});

test('every option of overlay is refused by a kernel that is older than it', (t) => {
  const first = {
    redirect_dir: '4.10',
    index: '4.13',
    nfs_export: '4.16',
    xino: '4.17',
    metacopy: '4.19',
    uuid: '6.6',
  };
  for (const [option, version] of Object.entries(first)) {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const with_ = (number: string) =>
      said({
        kernel: { version: number, jffs2_rename_whiteout: true },
        union: { options: { [option]: 'off' } },
      });
    t.deepEqual(with_(version), [], option);
    t.deepEqual(with_(`${major}.${minor - 1}.99`), ['OVL135 error'], option);
  }
});

test('several lower layers need Linux 4.0', (t) => {
  const layers = [{ name: 'fonts', type: 'squashfs', device: '/dev/vdb' }];
  const kernel = (version: string) => ({ version, jffs2_rename_whiteout: true });
  t.deepEqual(said({ layers, kernel: kernel('4.0') }), []);
  t.deepEqual(said({ layers, kernel: kernel('3.19') }), ['OVL139 error']);
});

test('newroot may not lie at, above or inside a place that is taken', (t) => {
  for (const newroot of ['/', '/overlay', '/overlay/new', '/rom', '/proc/1', '/dev', '/run/new', '/sys'])
    t.deepEqual(said({ enter: { newroot } }), ['OVL146 error'], newroot);
  for (const newroot of ['/mnt', '/overlay2', '/root', '/media/new'])
    t.deepEqual(said({ enter: { newroot } }), [], newroot);
});

test('findings come in the order of the file', (t) => {
  const text = board({
    ladder: ['tmpfs', 'persistent'],
    enter: { newroot: '/' },
    keep: ['/proc/version'],
  });
  const { diagnostics } = readBoard('board.yaml', new TextEncoder().encode(text));
  const columns = diagnostics.map((one) => one.place?.column ?? 0);
  t.is(columns.length, 3);
  t.deepEqual(
    columns,
    [...columns].sort((one, other) => one - other),
  );
});

test('a board with errors is no board, one with warnings is', (t) => {
  const read = (more: Readonly<Record<string, unknown>>) =>
    readBoard('board.yaml', new TextEncoder().encode(board(more)));
  t.true(read({ arch: 'mips' }).ok);
  t.false(read({ ladder: ['rescue', 'tmpfs'] }).ok);
});

test('versions are compared by number, part by part', (t) => {
  t.true(atLeast('5.10', '5.9'));
  t.true(atLeast('6.1', '6.1.0'));
  t.false(atLeast('2.6.25', '2.6.29'));
  t.false(atLeast('3.9.11', '3.18'));
});
