/** Everything that is refused, each with its golden: what was found, why it matters, what to do. Needs no root. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { inspectImage, installBundle, writeCramfs } from '../../src/image/index.ts';
import { matchesGolden } from '../support/golden.ts';
import { refused } from '../support/image/refused.ts';
import { installRequest } from '../support/image/request.ts';
import { scratch } from '../support/image/scratch.ts';
import { goldenRefusal, makeImage } from '../support/image/small-root.ts';
import { testWith } from '../support/needs.ts';

const squashfs = testWith('mksquashfs');

const zeros = Buffer.alloc(200_000);
const at = (position: number, bytes: string): Buffer => {
  const content = Buffer.alloc(100_000, 0x20);
  content.write(bytes, position, 'latin1');
  return content;
};

/** Files that are no root image, and the code that says so. */
const others: Readonly<Record<string, Buffer>> = {
  'OVL351-empty': Buffer.alloc(0),
  'OVL351-zeros': zeros,
  'OVL351-erased': Buffer.alloc(200_000, 0xff),
  'OVL351-text': Buffer.from('schema: 1\nname: not an image\n'),
  'OVL351-gzip': at(0, '\x1f\x8b\x08'),
  'OVL351-uimage': at(0, '\x27\x05\x19\x56'),
  'OVL351-fit': at(0, '\xd0\x0d\xfe\xed'),
  'OVL351-ubi': at(0, 'UBI#'),
  'OVL351-tar': at(257, 'ustar\0'),
  'OVL351-elf': at(0, '\x7fELF'),
  'OVL351-boot-sector': at(510, '\x55\xaa'),
  'OVL351-squashfs-3': squashfs3('hsqs'),
  'OVL351-squashfs-3-big-endian': squashfs3('sqsh'),
  'OVL352-ext4': at(1080, '\x53\xef'),
  'OVL352-erofs': at(1024, '\xe2\xe1\xf5\xe0'),
  'OVL352-romfs': at(0, '-rom1fs-'),
  'OVL352-jffs2': at(0, '\x85\x19\x03\x20'),
};

function squashfs3(magic: string): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.write(magic, 'latin1');
  if (magic === 'hsqs') bytes.writeUInt16LE(3, 28);
  else bytes.writeUInt16BE(3, 28);
  return bytes;
}

for (const [name, content] of Object.entries(others)) {
  test(`${name}: the message names what was found`, async (t) => {
    const folder = await scratch(t);
    const image = join(folder, 'root.img');
    await writeFile(image, content);
    await goldenRefusal(t, name, folder, () => installBundle(installRequest(image, join(folder, 'new.img'))));
    await t.throwsAsync(inspectImage(image), { name: 'Failure' });
  });
}

test('OVL350: a missing file, a folder and a fifo cannot be read', async (t) => {
  const folder = await scratch(t);
  await execa('mkfifo', [join(folder, 'fifo')]);
  const messages: string[] = [];
  for (const name of ['missing.img', '', 'fifo']) {
    messages.push(await refused(t, folder, () => inspectImage(join(folder, name))));
  }
  await matchesGolden(t, 'image/OVL350.txt', messages.join('\n'));
});

squashfs('OVL351: a squashfs behind a kernel is found', async (t) => {
  const { folder, image, out } = await makeImage(t);
  const firmware = Buffer.concat([at(0, '\x27\x05\x19\x56'), await readFile(image)]);
  await writeFile(image, firmware);
  await goldenRefusal(t, 'OVL351-behind-kernel', folder, () => installBundle(installRequest(image, out)));
});

squashfs('OVL353: every truncation of a squashfs image is noticed', async (t) => {
  const { folder, image, out } = await makeImage(t);
  const whole = await readFile(image);
  const used = Number(whole.readBigUInt64LE(40));
  for (let length = 96; length < used; length += 37) {
    await writeFile(image, whole.subarray(0, length));
    t.regex(await refused(t, folder, () => installBundle(installRequest(image, out))), /OVL353/);
  }
  await writeFile(image, whole.subarray(0, 50));
  t.regex(await refused(t, folder, () => inspectImage(image)), /OVL353/);
  await writeFile(image, whole.subarray(0, 300));
  await goldenRefusal(t, 'OVL353-squashfs', folder, () => installBundle(installRequest(image, out)));
});

test('OVL353, OVL354: a truncated and a changed cramfs image are noticed', async (t) => {
  const folder = await scratch(t);
  const image = join(folder, 'root.img');
  const whole = Buffer.from(writeCramfs([{ kind: 'directory', path: 'etc', mode: 0o755, uid: 0, gid: 0 }]));
  await writeFile(image, whole.subarray(0, 1000));
  await goldenRefusal(t, 'OVL353-cramfs', folder, () => inspectImage(image));
  whole.writeUInt8(0x41, 100);
  await writeFile(image, whole);
  await goldenRefusal(t, 'OVL354-cramfs-crc', folder, () => inspectImage(image));
});

squashfs('OVL354: superblocks that cannot be true', async (t) => {
  const { folder, image } = await makeImage(t);
  const whole = await readFile(image);
  const messages: string[] = [];
  const spoil = async (change: (bytes: Buffer) => unknown): Promise<void> => {
    const bytes = Buffer.from(whole);
    change(bytes);
    await writeFile(image, bytes);
    messages.push(await refused(t, folder, () => inspectImage(image)));
  };
  await spoil((bytes) => bytes.writeUInt16LE(9, 20));
  await spoil((bytes) => bytes.writeUInt32LE(131071, 12));
  await spoil((bytes) => bytes.writeUInt32LE(1 << 30, 12));
  await spoil((bytes) => bytes.writeBigUInt64LE(1n << 40n, 64));
  await spoil((bytes) => bytes.writeBigUInt64LE(bytes.readBigUInt64LE(72), 64));
  await spoil((bytes) => bytes.writeBigUInt64LE(0xffffn, 32));
  await spoil((bytes) => bytes.writeUInt32LE(3, 4));
  await matchesGolden(t, 'image/OVL354-squashfs.txt', messages.join('\n'));
});

squashfs('OVL355: a signature behind the file system is not lost silently', async (t) => {
  const { folder, image, out } = await makeImage(t);
  const whole = await readFile(image);
  const messages: string[] = [];
  for (const tail of [Buffer.from('SIGNATURE'), Buffer.from('deadc0de', 'hex')]) {
    await writeFile(image, Buffer.concat([whole, tail]));
    messages.push(await refused(t, folder, () => installBundle(installRequest(image, out))));
  }
  await matchesGolden(t, 'image/OVL355.txt', messages.join('\n'));
});

squashfs('padding is kept: the image of a partition stays as large as the partition', async (t) => {
  for (const fill of [0, 0xff]) {
    const { image, out } = await makeImage(t);
    await writeFile(image, Buffer.concat([await readFile(image), Buffer.alloc(1 << 20, fill)]));
    const report = await installBundle(installRequest(image, out));
    t.is(report.bytesAfter, report.bytesBefore);
    t.deepEqual(report.diagnostics, []);
    t.is((await readFile(out)).at(-1), fill);
    t.is((await inspectImage(out)).lookup('/sbin/overlay_init').kind, 'found');
  }
});
