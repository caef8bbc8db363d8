/** `storage`: what it says of a device, when it refuses to touch it, and what it leaves behind when it does. */
import test, { type ExecutionContext } from 'ava';
import { runBoard } from '../../src/helper/board-verbs.ts';
import type { BoardPort } from '../../src/helper/storage-port.ts';
import { kernelError } from '../support/kernel-error.ts';
import { type ModelDevice, ModelDevices } from '../support/model-devices.ts';
import { boardText, renderBoard } from '../support/plans.ts';

const block = 64 * 1024;
const size = 4 * block;
const flashBoard = boardText({
  storage: { type: 'jffs2', find: { mtd: 'storage' }, size: '256KiB', erase_block: '64KiB' },
});
const diskBoard = (find: object, applets: readonly string[] = ['mkfs.ext4']): string =>
  boardText({ storage: { type: 'ext4', find, size: '256KiB' }, applets: [...applets, ...usualApplets] });
const usualApplets = [
  'sh',
  'mount',
  'umount',
  'mkdir',
  'rm',
  'sync',
  'dd',
  'tr',
  'sleep',
  'pivot_root',
  'findfs',
  'ls',
];

const procMtd = `dev:    size   erasesize  name\nmtd0: 00010000 00010000 "boot"\nmtd1: ${hex(size)} ${hex(block)} "storage"\n`;
const mounts = '20 1 254:0 / / ro - squashfs /dev/root ro\n';

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

interface Scene {
  readonly board?: string;
  readonly content?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly device?: Partial<ModelDevice>;
  readonly booted?: string;
  readonly type?: number;
  readonly available?: number;
}

const old = `\x85\x19 what was here${'x'.repeat(size)}`.slice(0, size);

async function run(scene: Scene, ...words: readonly string[]) {
  const { planJson } = await renderBoard(scene.board ?? flashBoard);
  const flash: ModelDevice = {
    kind: 'character',
    major: 90,
    minor: 2,
    content: scene.content ?? old,
    eraseBlockBytes: block,
    ...scene.device,
  };
  const disk: ModelDevice = {
    kind: 'block',
    major: 8,
    minor: 3,
    content: scene.content ?? old,
    ...scene.device,
  };
  const texts: Readonly<Record<string, string>> = {
    '/proc/mtd': procMtd,
    '/proc/self/mountinfo': mounts,
    '/proc/1/mountinfo': mounts,
    '/sys/dev/block/8:3/size': `${size / 512}\n`,
    ...scene.files,
  };
  const printed: string[] = [];
  const complaints: string[] = [];
  const devices = new ModelDevices({ '/dev/mtd1': flash, '/dev/sda3': disk });
  const rest: Partial<BoardPort> = {
    print: (line) => void printed.push(line),
    complain: (line) => void complaints.push(line),
    readFile(path) {
      const text = texts[path];
      if (text === undefined) throw kernelError('open', path, 'ENOENT');
      return text;
    },
    readJson: (path) =>
      JSON.parse(
        path.endsWith('plan.json')
          ? planJson
          : JSON.stringify({ rung: 'tmpfs', storage: scene.booted ?? '' }),
      ),
    openDirectory(path) {
      if (path.startsWith('/sys')) throw kernelError('open', path, 'ENOENT');
      return 5;
    },
    close: () => undefined,
    syncDirectory: () => undefined,
    statfs: () => ({
      type: scene.type ?? 0xef53,
      blockSize: 1024,
      blocks: 4096,
      available: scene.available ?? 4096,
      files: 0,
      freeFiles: 0,
    }),
  };
  const code = runBoard(Object.assign(devices, rest) as unknown as BoardPort, ['storage', ...words]);
  return { code, printed, complaints: complaints.join('\n'), copies: devices.copies, flash, disk };
}

test('it says what the storage is, what is in it, and what can be done', async (t) => {
  const { code, printed } = await run({ booted: 'mtd1' });
  t.is(code, 1);
  t.deepEqual(printed.slice(0, 6), [
    'address: MTD "storage"',
    'type: jffs2',
    'device: mtd1',
    `bytes: ${size}`,
    `erase-block: ${block}`,
    'looks-like: JFFS2, little endian',
  ]);
  t.regex(printed.join('\n'), /^can-do: overlay_helper storage renew --copy FILE/m);
  const used = await run({ files: { '/proc/1/mountinfo': '1 1 31:1 / /overlay rw - jffs2 mtd1 rw\n' } });
  t.is(used.code, 0);
  t.deepEqual(used.printed.slice(6), ['used: mtd1 is mounted at /overlay']);
});

const heads: readonly (readonly [string, string])[] = [
  ['\xff'.repeat(size), 'blank'],
  ['\0'.repeat(size), 'blank'],
  [`\xde\xad\xc0\xde${'x'.repeat(size)}`.slice(0, size), 'marked to be erased (DE AD C0 DE)'],
  [`${'\0'.repeat(1080)}\x53\xef${'\0'.repeat(size - 1082)}`, 'ext2, ext3 or ext4'],
  [`${'\0'.repeat(65600)}_BHRfS_M${'\0'.repeat(size - 65608)}`, 'btrfs'],
  [`\x01\xab${'\0'.repeat(size - 2)}`, 'unknown, begins with 01 AB 00 00 00 00 00 00'],
];
for (const [index, [content, looks]] of heads.entries()) {
  test(`head ${index}: a storage that looks ${looks}`, async (t) => {
    t.true((await run({ content })).printed.includes(`looks-like: ${looks}`));
  });
}

const refusals: readonly (readonly [string, Scene, RegExp])[] = [
  ['no such name', { files: { '/proc/mtd': 'mtd1: 00040000 00010000 "other"\n' } }, /has no MTD "storage"/],
  [
    'two of that name',
    { files: { '/proc/mtd': `${procMtd}mtd2: 00040000 00010000 "storage"\n` } },
    /2 times/,
  ],
  [
    'another number than this boot has found',
    { booted: 'mtd3' },
    /found mtd3 as its storage, now it is mtd1/,
  ],
  [
    'another size',
    { files: { '/proc/mtd': 'mtd1: 00080000 00010000 "storage"\n' } },
    /524288 bytes, the board file says 262144/,
  ],
  [
    'another erase block',
    { files: { '/proc/mtd': 'mtd1: 00040000 00020000 "storage"\n' } },
    /erase blocks of 131072/,
  ],
  [
    'mounted by anybody',
    { files: { '/proc/1/mountinfo': '1 1 31:1 / /a\\040b rw - x y rw\n' } },
    /mtd1 is mounted at \/a/,
  ],
  [
    'mounted here, as a block device',
    { files: { '/proc/self/mountinfo': '1 1 31:1 / /m ro - squashfs /dev/mtdblock1 ro\n' } },
    /mounted at \/m/,
  ],
  [
    'used for swapping',
    { files: { '/proc/swaps': 'Filename Type\n/dev/mtdblock1 partition 1 0 -2\n' } },
    /swapping/,
  ],
  [
    'found by its label',
    { board: diskBoard({ label: 'overlay' }), booted: '/dev/sda3' },
    /mkfs.ext4 -L overlay \/dev\/sda3/,
  ],
  [
    'without a mkfs on the board',
    { board: diskBoard({ path: '/dev/sda3' }, []) },
    /the board has no mkfs.ext4/,
  ],
  [
    'of another size, on a disk',
    { board: diskBoard({ path: '/dev/sda3' }), files: { '/sys/dev/block/8:3/size': '8\n' } },
    /4096 bytes, the board file says/,
  ],
  [
    'no block device',
    { board: diskBoard({ path: '/dev/sda3' }), device: { kind: 'other' } },
    /is no block device/,
  ],
];
for (const [title, scene, why] of refusals) {
  test(`refused: ${title}`, async (t) => {
    for (const words of [['renew', '--discard'], ['renew', '--copy', '/media/old'], ['erase-marked']]) {
      if (words[0] === 'erase-marked' && scene.board !== undefined) continue;
      const { code, complaints, copies, flash, disk } = await run(scene, ...words);
      t.is(code, 3, complaints);
      t.regex(complaints, why);
      t.is(flash.content, old);
      t.is(disk.content, old);
      t.is(copies.size, 0);
    }
  });
}

test('renewing needs to be told what becomes of what is there', async (t) => {
  for (const words of [
    ['renew'],
    ['renew', '--copy'],
    ['renew', '--discard', 'x'],
    ['renew', '--force'],
    ['erase-marked', 'x'],
  ])
    t.is((await run({}, ...words)).code, 2);
});

test('a copy that would be lost with the power, or does not fit, is none', async (t) => {
  const expectRefused = async (about: ExecutionContext, scene: Scene, why: RegExp): Promise<void> => {
    const { code, complaints, flash } = await run(scene, 'renew', '--copy', '/media/old');
    about.is(code, 3);
    about.regex(complaints, why);
    about.is(flash.content, old);
  };
  for (const type of [0x01021994, 0x858458f6, 0x794c7630]) await expectRefused(t, { type }, /lies in memory/);
  await expectRefused(t, { available: 200 }, /needs 262144 bytes, 204800 are free/);
});

test('flash is copied, then erased whole', async (t) => {
  const { code, copies, flash, printed } = await run({}, 'renew', '--copy', '/media/old');
  t.is(code, 0);
  t.is(copies.get('/media/old'), old);
  t.is(flash.content, '\xff'.repeat(size));
  t.is(printed.at(-1), 'mtd1 is blank; the next boot makes a new storage on it');
});

test('of a disk the head is zeroed; one that is in use fails, and stays', async (t) => {
  const board = diskBoard({ path: '/dev/sda3' });
  const { code, disk } = await run({ board }, 'renew', '--discard');
  t.is(code, 0);
  t.is(disk.content, '\0'.repeat(128 * 1024) + old.slice(128 * 1024));
  const busy = await run({ board, device: { inUse: true } }, 'renew', '--discard');
  t.is(busy.code, 4);
  t.is(busy.disk.content, old);
});

test('only what is marked is erased without being told', async (t) => {
  const marked = await run({ content: `\xde\xad\xc0\xde${old}`.slice(0, size) }, 'erase-marked');
  t.is(marked.code, 0);
  t.is(marked.flash.content, '\xff'.repeat(size));
  const other = await run({}, 'erase-marked');
  t.is(other.code, 3);
  t.is(other.flash.content, old);
});
