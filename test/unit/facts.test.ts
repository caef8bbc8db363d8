import test from 'ava';
import fc from 'fast-check';
import { sha256 } from '../../src/bundle/digest.ts';
import { formatManifest } from '../../src/bundle/manifest.ts';
import { factsSchema, knownValue } from '../../src/device/facts/facts.ts';
import { architecture, clock, filesystems, memory } from '../../src/device/facts/kernel.ts';
import { probeScript } from '../../src/device/facts/probe.ts';
import { readFacts } from '../../src/device/facts/read.ts';
import { formatFacts, readRecordedFacts } from '../../src/device/facts/recorded.ts';
import { readSections } from '../../src/device/facts/sections.ts';
import * as software from '../../src/device/facts/software.ts';
import { labels, mounts, mtdPartitions, partitions } from '../../src/device/facts/storage.ts';

const mark = 'mark-0123';
const asked = { paths: ['/a', '/b'], hostSeconds: 1_700_000_000 };

function answer(sections: Readonly<Record<string, string>>, why: Readonly<Record<string, string>> = {}) {
  const all = { ...sections, ...why };
  const text = Object.keys(all)
    .map((name) => `\n${mark} begin ${name}\n${sections[name] ?? ''}\n${mark} end ${why[name] ?? ''}\n`)
    .join('');
  return readSections(Buffer.from(text, 'latin1'), mark);
}

test('sections come back as they were written, whatever is in them', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ maxLength: 80 }), (bytes, before) => {
      const written = Buffer.concat([
        Buffer.from(`${before}\n${mark} begin one\n`),
        bytes,
        Buffer.from(`\n${mark} end \n\n${mark} begin two\n\n${mark} end no reason\n`),
      ]);
      const sections = readSections(written, mark);
      t.deepEqual(Buffer.from(sections.get('one')?.bytes ?? []), Buffer.from(bytes));
      t.is(sections.get('two')?.why, 'no reason');
      t.is(sections.size, 2);
    }),
  );
});

test('a section that was cut off is none, and the one after it stands', (t) => {
  const text = `\n${mark} begin cut\nhalf\n${mark} begin whole\nyes\n${mark} end \n`;
  t.deepEqual([...readSections(Buffer.from(text), mark).keys()], ['whole']);
  const facts = readFacts(readSections(Buffer.from(`\n${mark} begin release\n6.1`), mark), asked);
  t.deepEqual(facts.kernel.release, {
    kind: 'unknown',
    because: 'the answer of the board ended before this',
  });
});

test('whatever a board answers, facts come of it, and they are of the schema', async (t) => {
  const script = await probeScript(true);
  const names = [...script.matchAll(/^(?:\[.*\|\| )?ovl_fact (\S+)/gm)].map((match) => match[1] ?? '');
  t.true(names.length > 30);
  const content = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      'mtd0: 00010000 00001000 "a"',
      '1 2 3:4 / /x rw - ext4 /dev/x rw',
      '{"rung":1}',
      '/ 1 2 3 4 5 6',
    ),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), content), (sections) => {
      const facts = readFacts(answer(sections), asked);
      t.true(factsSchema.safeParse(facts).success);
      const again = readRecordedFacts('facts.json', Buffer.from(formatFacts(facts)));
      t.deepEqual(again.ok ? again.value : undefined, JSON.parse(JSON.stringify(facts)));
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      t.is(readFacts(readSections(bytes, mark), asked).schema, 'overlaykit.facts/1');
    }),
  );
});

test('what is not known has the words of the script, and a file that is too long is not half believed', (t) => {
  const facts = readFacts(
    answer(
      { cmdline: 'x'.repeat(300_000), filesystems: 'nodev\tproc\n\text4\n' },
      { mtd: 'there is no /proc/mtd' },
    ),
    asked,
  );
  t.deepEqual(facts.storage.mtd, { kind: 'unknown', because: 'there is no /proc/mtd' });
  t.deepEqual(facts.kernel.cmdline, { kind: 'unknown', because: 'it is longer than 256 KiB' });
  t.deepEqual(knownValue(facts.kernel.filesystems), ['proc', 'ext4']);
});

test('/proc/mtd: sizes are hexadecimal, names can hold quotes and blanks', (t) => {
  const text =
    'dev:    size   erasesize  name\nmtd0: 00040000 00010000 "u-boot"\nmtd12: 00360000 00010000 "a "b" c"\nmtd1: zz\n';
  t.deepEqual(mtdPartitions(text, '0 nor 1\n12 nand 2048\n'), [
    { number: 0, name: 'u-boot', size: 0x40000, eraseBlock: 0x10000, type: 'nor' },
    { number: 12, name: 'a "b" c', size: 0x360000, eraseBlock: 0x10000, type: 'nand' },
  ]);
});

test('mounts: room belongs to what is mounted last at a place; escaped names; kernels without mountinfo', (t) => {
  const table = [
    '1 0 8:1 / / ro - squashfs /dev/root ro',
    '2 1 0:5 / /mnt rw,noatime shared:1 - tmpfs none rw,size=1k',
    '3 1 0:6 / /mnt rw - ext4 /dev/a\\040b rw',
    'nonsense',
  ].join('\n');
  const found = mounts(table, '/mnt 1024 100 50 40 10 5\n/ 4096 10 0 0 0 0\n');
  t.deepEqual(
    found.map(({ target, hidden, room }) => ({ target, hidden, room })),
    [
      { target: '/', hidden: false, room: { size: 40960, free: 0 } },
      { target: '/mnt', hidden: true, room: undefined },
      { target: '/mnt', hidden: false, room: { size: 102400, free: 51200, inodes: 10, freeInodes: 5 } },
    ],
  );
  t.is(found[2]?.source, '/dev/a b');
  t.like(mounts('/dev/root / squashfs ro 0 0\nproc /proc proc rw 0 0\n', ''), [
    { target: '/', fstype: 'squashfs', source: '/dev/root', options: ['ro'] },
    { target: '/proc', fstype: 'proc' },
  ] as never);
});

test('block devices: /proc/partitions and blkid', (t) => {
  t.deepEqual(partitions('major minor  #blocks  name\n\n 179        1     262144 mmcblk0p1\n'), [
    { name: 'mmcblk0p1', size: 268_435_456 },
  ]);
  t.deepEqual(
    labels(
      '/dev/sda1: LABEL_FATBOOT="no" LABEL="da\\"ta" UUID="ab-12" TYPE="ext4" PARTUUID="x"\n/dev/b: TYPE="squashfs"\n',
    ),
    [
      { device: '/dev/sda1', label: 'da"ta', uuid: 'ab-12', type: 'ext4' },
      { device: '/dev/b', type: 'squashfs' },
    ],
  );
});

function elf(bits: 1 | 2, order: 1 | 2, machine: number, flags = 0): Uint8Array {
  const bytes = Buffer.alloc(52);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits, order, 1]);
  if (order === 1) {
    bytes.writeUInt16LE(machine, 18);
    bytes.writeUInt32LE(flags, 36);
  } else bytes.writeUInt16BE(machine, 18);
  return bytes;
}

test('the architecture is that of the programs: byte order and float ABI count', (t) => {
  t.is(architecture(elf(2, 1, 62)), 'x86_64');
  t.is(architecture(elf(1, 2, 8)), 'mips');
  t.is(architecture(elf(1, 1, 8)), 'mipsel');
  t.is(architecture(elf(1, 1, 40, 0x05000400)), 'armhf');
  t.is(architecture(elf(1, 1, 40, 0x05000200)), 'armel');
  t.is(architecture(elf(1, 1, 40, 0x05000000)), undefined, 'an ARM program that says neither');
  t.is(architecture(elf(2, 1, 8)), undefined, '64-bit MIPS is not one of ours');
  t.is(architecture(Buffer.from('#!/bin/sh')), undefined);
});

test('uname -m counts only where it means one thing', (t) => {
  const arch = (machine: string) =>
    readFacts(answer({ machine }, { elf: 'dd is not on the board' }), asked).machine.arch;
  t.deepEqual(arch('i686'), { kind: 'known', value: 'i386' });
  t.deepEqual(arch('mips'), {
    kind: 'unknown',
    because: 'dd is not on the board, and "mips" can mean more than one',
  });
});

test('a clock at 1970, memory without MemAvailable, file systems', (t) => {
  t.deepEqual(clock('42\n', 1_700_000_000.4), { seconds: 42, ahead: 42 - 1_700_000_000 });
  t.is(clock('Thu Jan 1\n', 0), undefined);
  t.deepEqual(memory('MemTotal:       61440 kB\nMemFree: 1 kB\n'), { total: 62_914_560 });
  t.deepEqual(filesystems('nodev\tsysfs\n\tsquashfs\n'), ['sysfs', 'squashfs']);
});

test('software: os-release, init, what U-Boot keeps and what is nobody’s business', (t) => {
  t.deepEqual(software.osRelease('ID=openwrt\nPRETTY_NAME="OpenWrt 23.05"\nVERSION_ID=\'23.05\'\n'), {
    id: 'openwrt',
    name: 'OpenWrt 23.05',
    version: '23.05',
  });
  t.is(software.initSystem('init', '/bin/busybox')?.system, 'busybox');
  t.is(software.initSystem('systemd', '/usr/lib/systemd/systemd')?.system, 'systemd');
  t.is(software.initSystem('procd', '/sbin/procd')?.system, 'procd');
  t.deepEqual(software.ubootEnvironment('bootcmd=run a=b\nwifi_key=secret\nbootlimit=3\n'), {
    bootcmd: 'run a=b',
    bootlimit: '3',
  });
  t.is(software.pathKindsOf('empty\n', ['/a', '/b']), undefined, 'an answer too few is none');
});

test('the manifest on the board says which bundle it has, with the digest of the very file', (t) => {
  const manifest = {
    schema: 'overlaykit.bundle/1' as const,
    board: { name: 'x', compatible: [] },
    planDigest: '0'.repeat(64),
    overlaykit: '0.1.0',
    requires: { applets: [], mountPoints: [], init: '/sbin/init' },
    files: [],
  };
  const text = formatManifest(manifest);
  t.deepEqual(readFacts(answer({ manifest: text }), asked).overlaykit.manifest, {
    kind: 'known',
    value: { board: 'x', planDigest: '0'.repeat(64), overlaykit: '0.1.0', sha256: sha256(text) },
  });
});

test('a file that is no record of facts is refused', (t) => {
  for (const text of ['', '[]', '{"facts":{}}', '{"schema":"overlaykit.facts/1"}']) {
    const result = readRecordedFacts('x.json', Buffer.from(text));
    t.deepEqual(
      result.diagnostics.map(({ code }) => code),
      ['OVL390'],
    );
  }
});
