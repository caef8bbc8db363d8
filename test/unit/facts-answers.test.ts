import test from 'ava';
import { readBoard } from '../../src/board/check.ts';
import type { CheckedBoard } from '../../src/board/decode.ts';
import { boardTemplate } from '../../src/board/template.ts';
import { answersFrom } from '../../src/device/facts/answers.ts';
import type { Facts } from '../../src/device/facts/facts.ts';
import { suitability } from '../../src/device/facts/suitable.ts';
import { factsWords } from '../../src/device/facts/words.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { factsOfAnswer, type Sections, seenBoards } from '../support/seen-boards.ts';

const needs = { applets: ['sh', 'mount'], mountPoints: ['/overlay', '/rom', '/proc'] };

/** The board file that init writes of facts. */
function written(
  facts: Facts,
  root?: 'squashfs',
): { readonly text: string; readonly checked: CheckedBoard | undefined; readonly codes: readonly string[] } {
  const { answers, find, seen } = answersFrom(facts, 'board.json');
  const text = boardTemplate({
    name: 'seen',
    arch: 'x86_64',
    kernel: '6.1',
    storage: 'tmpfs',
    union: 'auto',
    seen,
    ...(find === undefined ? {} : { find }),
    root: root ?? 'squashfs',
    ...answers,
  });
  const result = readBoard('seen.yaml', Buffer.from(text));
  return {
    text,
    checked: result.ok ? result.value : undefined,
    codes: result.diagnostics.map(({ code, severity }) => `${severity} ${code}`),
  };
}

/** Codes of all that is said, with the line of the board file that it is at. */
function said(found: readonly Diagnostic[], text: string): readonly string[] {
  return found.map(
    ({ code, severity, place }) => `${severity} ${code} ${text.split('\n')[(place?.line ?? 0) - 1]?.trim()}`,
  );
}

test('OpenWrt on flash: its own storage, size and erase block, with the patches of its JFFS2', (t) => {
  const facts = factsOfAnswer(seenBoards.openwrt);
  const { checked, codes, text } = written(facts);
  t.deepEqual(
    codes.filter((code) => code.startsWith('error')),
    [],
  );
  t.like(checked?.board, {
    name: 'gl-ar150',
    description: 'GL.iNet GL-AR150, OpenWrt 23.05.3',
    compatible: ['glinet,gl-ar150', 'qca,ar9330'],
    arch: 'mips',
    root: { type: 'squashfs' },
  } as never);
  t.like(checked?.board.storage, {
    type: 'jffs2',
    find: { mtd: 'rootfs_data' },
    size: 0x890000,
    erase_block: 0x10000,
  } as never);
  t.like(checked?.board.kernel, {
    version: '5.15.150',
    filesystems: ['proc', 'sysfs', 'tmpfs', 'ramfs', 'squashfs', 'jffs2', 'overlay'],
    modules: [],
    jffs2_rename_whiteout: true,
  } as never);
  t.true(checked?.board.applets?.includes('['));
  t.false(checked?.board.applets?.includes('stat'));
  t.regex(text, /# Seen on board\.json: \/proc\/mtd: mtd5 "rootfs_data", 8\.6 MiB in erase blocks of 64 KiB/);
  if (checked === undefined) return t.fail();
  t.deepEqual(said(suitability({ facts, checked, needs }), text), ['warning OVL609 version: 1']);
});

test('Raspberry Pi: storage by its label, overlay loaded as a module', (t) => {
  const facts = factsOfAnswer(seenBoards.raspberry);
  const { checked, codes, text } = written(facts);
  t.deepEqual(
    codes.filter((code) => code.startsWith('error')),
    [],
  );
  t.like(checked?.board, {
    name: '4-model-b',
    arch: 'aarch64',
    root: { type: 'ext4', device: '/dev/mmcblk0p2' },
  } as never);
  t.like(checked?.board.storage, { type: 'ext4', find: { label: 'data' } } as never);
  t.deepEqual(
    checked?.board.kernel.modules.map(({ name }) => name),
    ['overlay'],
  );
  if (checked === undefined) return t.fail();
  t.deepEqual(said(suitability({ facts, checked, needs }), text), ['warning OVL609 version: 1']);
});

test('a Debian machine without a partition for changes: memory, and what there is instead', (t) => {
  const { checked, codes, text } = written(factsOfAnswer(seenBoards.debian));
  t.deepEqual(codes, []);
  t.is(checked?.board.storage.type, 'tmpfs');
  t.is(checked?.board.name, 'debian');
  t.is(checked?.board.kernel.version, '6.1.0');
  t.regex(text, /# Seen on board\.json: \/dev\/vda1 has ext4\./);
});

test('a kernel of 2007: mini_fo, /proc/mounts, a clock at 2000', (t) => {
  const facts = factsOfAnswer(seenBoards.old);
  const { checked, codes, text } = written(facts);
  t.deepEqual(
    codes.filter((code) => code.startsWith('error')),
    [],
  );
  t.like(checked?.board, { arch: 'mipsel', root: { type: 'squashfs' } } as never);
  t.like(checked?.board.storage, { type: 'jffs2', find: { mtd: 'rootfs_data' }, size: 0x160000 } as never);
  t.true(checked?.board.kernel.filesystems.includes('mini_fo'));
  if (checked === undefined) return t.fail();
  t.true(said(suitability({ facts, checked, needs }), text).some((one) => one.startsWith('warning OVL612')));
});

const openwrtBoard = written(factsOfAnswer(seenBoards.openwrt));

interface Difference {
  readonly title: string;
  readonly change: Sections;
  readonly says: readonly string[];
  readonly needs?: typeof needs;
}

const differences: readonly Difference[] = [
  { title: 'another processor', change: { elf: '', machine: 'ppc\n' }, says: ['error OVL602 arch: mips'] },
  {
    title: 'another board',
    change: { compatible: 'tplink,archer-c7\0' },
    says: ['error OVL603 compatible: ["glinet,gl-ar150", "qca,ar9330"]'],
  },
  { title: 'an older kernel', change: { release: '4.14.9\n' }, says: ['error OVL604 version: "5.15.150"'] },
  { title: 'a newer kernel', change: { release: '6.6.1-x\n' }, says: ['warning OVL604 version: "5.15.150"'] },
  {
    title: 'no JFFS2',
    change: {
      filesystems: 'nodev\tproc\nnodev\tsysfs\nnodev\ttmpfs\nnodev\tramfs\nnodev\toverlay\n\tsquashfs\n',
    },
    says: ['error OVL605 type: jffs2'],
  },
  {
    title: 'overlay as a module that nobody loads',
    change: { modules: 'overlay\n' },
    says: ['error OVL605 system: auto'],
  },
  {
    title: 'no partition of that name',
    change: { mtd: 'mtd5: 00890000 00010000 "data"\n' },
    says: ['error OVL607 mtd: "rootfs_data"'],
  },
  {
    title: 'two partitions of that name',
    change: { mtd: 'mtd5: 00890000 00010000 "rootfs_data"\nmtd7: 00890000 00010000 "rootfs_data"\n' },
    says: ['error OVL607 mtd: "rootfs_data"'],
  },
  {
    title: 'another size and erase block',
    change: { mtd: 'mtd5: 00880000 00020000 "rootfs_data"\n' },
    says: ['error OVL608 size: 0x890000', 'error OVL608 erase_block: 0x10000'],
  },
  {
    title: 'a full storage',
    change: { room: '/overlay 65536 137 1 1 0 0\n' },
    says: ['error OVL615 storage:'],
  },
  {
    title: 'another root',
    change: { mountinfo: '14 1 31:4 / / ro - cramfs /dev/root ro\n' },
    says: ['error OVL610 type: squashfs'],
  },
  { title: 'not root', change: { user: '1000\n' }, says: ['error OVL611'] },
  { title: 'a clock that was never set', change: { clock: '30\n' }, says: ['warning OVL612'] },
  {
    title: 'what the board does not tell',
    change: { mtd: '!/proc/mtd may not be read', compatible: '!there is no /proc/device-tree/compatible' },
    says: ['warning OVL613 compatible: ["glinet,gl-ar150", "qca,ar9330"]', 'error OVL607 mtd: "rootfs_data"'],
  },
  {
    title: 'renames that fail on its JFFS2',
    change: { scratch: 'union yes\nunion-rename no mv: Invalid argument\n' },
    says: ['warning OVL614 type: jffs2'],
  },
  { title: 'a missing program', change: { programs: 'sh /bin/sh\n' }, says: ['error OVL606 applets:'] },
];

for (const { title, change, says } of differences) {
  test(`a board that differs is told so at the place in its file: ${title}`, (t) => {
    const { checked, text } = openwrtBoard;
    if (checked === undefined) return t.fail();
    const facts = factsOfAnswer({ ...seenBoards.openwrt, paths: 'empty\n'.repeat(8), ...change });
    const found = suitability({ facts, checked, needs });
    const shown = said(found, text);
    t.is(shown.length, says.length, shown.join('\n'));
    for (const [index, start] of says.entries())
      t.true(shown[index]?.startsWith(start), `${shown[index]} is not ${start}`);
    for (const one of found) {
      t.is(one.boardState, one.severity === 'error' ? 'unchanged' : undefined);
      t.true((one.because ?? '').length > 10);
    }
  });
}

test('the words for a person have every part, and nothing that a terminal would act on', (t) => {
  const words = factsWords(factsOfAnswer({ ...seenBoards.openwrt, model: 'Evil\u001b[2J\nboard\0' }));
  t.regex(words, /^board {7}Evil\\x1b\[2J\\nboard$/m);
  t.regex(words, /^flash {7}mtd5 "rootfs_data" 8\.6 MiB, erase block 64 KiB, nor$/m);
  t.regex(words, /^mount {7}\/overlay jffs2 rw from \/dev\/mtdblock5, 7\.5 MiB of 8\.6 MiB free$/m);
  t.regex(words, /^labels {6}unknown: blkid is not on the board$/m);
  t.regex(words, /^init {8}procd, \/sbin\/procd$/m);
  t.false(words.includes('e4:95'), 'nothing of the environment but its size');
});
