/** What keeps a deployment from being begun; all of it is decided before anything is changed. */
import test from 'ava';
import { chooseLoader } from '../../src/deploy/choose-loader.ts';
import { loaderOf } from '../../src/deploy/loaders/index.ts';
import { preflight } from '../../src/deploy/preflight.ts';
import { preflightImage } from '../../src/deploy/preflight-image.ts';
import { readLook, type Scene } from '../../src/deploy/scene.ts';
import { checkFreeSlot, findSlot } from '../../src/deploy/slot.ts';
import { planTrial } from '../../src/deploy/trial.ts';
import type { Wants } from '../../src/deploy/wants.ts';
import { deploymentWords } from '../../src/deploy/words.ts';
import { type Facts, known, unknown } from '../../src/device/facts/facts.ts';
import { failure, type Result, unwrap } from '../../src/diagnostics/diagnostic.ts';

const nobody = unknown('not asked');

const mount = (target: string, fstype: string, source: string, options: readonly string[], free = 1e9) => ({
  target,
  fstype,
  source,
  options: [...options],
  superOptions: [...options],
  hidden: false,
  room: { size: 1e9, free },
});

function facts(free = 1e9): Facts {
  return {
    schema: 'overlaykit.facts/1',
    kernel: {
      release: known('6.1.0-13'),
      banner: nobody,
      cmdline: known('root=/dev/mmcblk0p2 quiet'),
      filesystems: known(['ext4', 'tmpfs', 'proc', 'overlay', 'squashfs']),
      loaded: nobody,
      modules: known([]),
    },
    machine: {
      name: nobody,
      arch: known('x86_64'),
      model: nobody,
      compatible: known(['acme,pole']),
      memory: nobody,
      clock: nobody,
      uptime: nobody,
    },
    os: nobody,
    user: known(0),
    storage: {
      mtd: known([
        { number: 3, name: 'rootfs1', size: 4 << 20, eraseBlock: 65_536 },
        { number: 4, name: 'rootfs2', size: 4 << 20, eraseBlock: 65_536 },
      ]),
      partitions: known([
        { name: 'mmcblk0', size: 8e9 },
        { name: 'mmcblk0p2', size: 4e9 },
        { name: 'mmcblk0p3', size: 4e9 },
        { name: 'sda', size: 8e9 },
        { name: 'sda1', size: 4e9 },
        { name: 'sda12', size: 4e9 },
      ]),
      labels: nobody,
      mounts: known([
        mount('/', 'ext4', '/dev/mmcblk0p2', ['ro'], free),
        mount('/tmp', 'tmpfs', 'tmpfs', ['rw']),
        mount('/old', 'squashfs', '/dev/mtdblock3', ['ro']),
        mount('/usb', 'ext4', '/dev/sda1', ['rw']),
      ]),
    },
    programs: { found: known([{ name: 'mount' }, { name: 'flashcp' }]), busybox: nobody },
    paths: known([{ path: '/sbin/init', kind: 'executable' }]),
    init: nobody,
    boot: { files: nobody, extlinux: nobody, cmdlineTxt: nobody, environment: nobody },
    overlaykit: { status: nobody, manifest: nobody, helper: nobody },
    scratch: nobody,
  } as Facts;
}

const extlinux = {
  kind: 'extlinux',
  path: '/boot/extlinux/extlinux.conf',
  text: 'label a\n  append quiet\n',
} as const;

function scene(more: Partial<Scene> = {}): Scene {
  const look = readLook('boot 1\nef\nsha256sum\ntree\nend\n');
  if (look === undefined) throw new Error('no look');
  return { ...look, facts: facts(), root: '', loaders: [extlinux], ...more };
}

const wants: Wants = {
  board: 'pole',
  compatible: ['acme,pole'],
  planDigest: 'd'.repeat(64),
  requires: { applets: ['mount'], mountPoints: [], init: '/sbin/init' },
  rootType: 'ext4',
  rung: 'persistent',
  filesystems: ['proc', 'overlay'],
};
const files = [{ name: 'overlay_init', mode: 0o755, content: Buffer.from('#!/bin/sh\n') }];
const options = { reboot: true, waitMs: 60_000 };
const codes = (result: Result<unknown>): readonly string[] => result.diagnostics.map(({ code }) => code);
const plan = (one: Scene, what: Wants = wants) => preflight(one, what, files, '0123456789abcdef', options);

test('a first deployment, in words', (t) => {
  const deployment = unwrap(plan(scene()));
  t.is(
    deploymentWords(deployment, 'root@pole'),
    `pole to root@pole: into its root, which can be written
  new      release 0123456789abcdef, in /etc/overlaykit/releases
  1  mount the root for writing
  2  keep what the board boots now (/sbin/init) as release "original"
  3  send what the board lacks of 1 files (10 B); if they fail, "original" boots
  4  compare their SHA-256, and let the board's own shell and kernel read them
  5  point /sbin/overlay_init to release 0123456789abcdef
  6  tell the boot loader (/boot/extlinux/extlinux.conf)  <- from here on the next boot is the new one
  7  mount the root read-only again
  8  restart the board, and wait at most 60 s for it
  9  confirm, once it runs plan dddddddd on the rung persistent; else it goes back
 10  delete releases other than 0123456789abcdef
`,
  );
});

test('each reason why a board is unsuitable has its code, and nothing was changed', (t) => {
  const changed = (more: (all: Facts) => Facts): Scene => scene({ facts: more(facts()) });
  const cases: readonly (readonly [string, Scene, Wants])[] = [
    ['OVL603', scene(), { ...wants, compatible: ['acme,other'] }],
    [
      'OVL602',
      scene(),
      { ...wants, helperHead: Uint8Array.from([0x7f, 69, 76, 70, 1, 2, ...Array(12).fill(0), 0, 8]) },
    ],
    ['OVL605', scene(), { ...wants, filesystems: ['mini_fo'] }],
    ['OVL606', scene(), { ...wants, requires: { ...wants.requires, applets: ['pivot_root'] } }],
    [
      'OVL608',
      scene(),
      {
        ...wants,
        storage: { kind: 'find-storage', address: { by: 'mtd-name', name: 'rootfs2' }, sizeBytes: 1 },
      },
    ],
    [
      'OVL608',
      scene(),
      { ...wants, storage: { kind: 'find-storage', address: { by: 'mtd-name', name: 'rootfs3' } } },
    ],
    ['OVL611', changed((all) => ({ ...all, user: known(1000) })), wants],
    ['OVL652', changed((all) => ({ ...all, paths: known([{ path: '/sbin/init', kind: 'absent' }]) })), wants],
    ['OVL655', scene(), { ...wants, rootType: 'squashfs' }],
    ['OVL656', scene({ facts: facts(1000) }), wants],
    ['OVL660', scene({ loaders: [] }), wants],
    ['OVL660', scene({ loaders: [{ ...extlinux, text: 'nothing' }] }), wants],
    ['OVL662', scene({ shellHasEf: false }), wants],
  ];
  for (const [code, one, what] of cases) {
    const result = plan(one, what);
    t.false(result.ok, code);
    t.deepEqual(codes(result), [code]);
    t.is(result.diagnostics[0]?.boardState, 'unchanged');
  }
});

test('a boot loader that is left alone is a warning; one that says it already is not touched', (t) => {
  t.deepEqual(
    chooseLoader(scene(), wants, { choice: 'none', opensRoot: true }).warnings.map(({ code }) => code),
    ['OVL663'],
  );
  const told = { ...facts(), kernel: { ...facts().kernel, cmdline: known('init=/sbin/overlay_init ro') } };
  t.deepEqual(chooseLoader(scene({ facts: told }), wants, { opensRoot: true }), {
    steps: [],
    problems: [],
    warnings: [],
  });
});

test('GRUB is told again where grub.cfg was not made from what it was told', (t) => {
  const edited = loaderOf('grub-d').edit('', { init: '/sbin/overlay_init' });
  const text = 'text' in edited ? edited.text : '';
  const grub = { kind: 'grub-d', path: '/etc/default/grub.d/overlaykit.cfg', text } as const;
  const stepsOf = (isBehind: boolean) =>
    chooseLoader(scene({ loaders: [{ ...grub, isBehind }] }), wants, { opensRoot: true }).steps;
  t.deepEqual(stepsOf(false), []);
  t.deepEqual(stepsOf(true), [
    { kind: 'edit-loader', loader: 'grub-d', path: grub.path, from: text, to: text },
  ]);
});

test('a slot is taken only where name, number, size and use agree', (t) => {
  const slot = (text: string, bytes = 1000) => {
    const found = findSlot(facts(), text, bytes);
    const inUse = found.ok ? checkFreeSlot(facts(), found.value, text) : [];
    return inUse.length > 0 ? failure(...inUse) : found;
  };
  t.like(unwrap(slot('mtd4:rootfs2')), { kind: 'mtd', number: 4, writer: 'flashcp' });
  t.like(unwrap(slot('/dev/mmcblk0p3')), { kind: 'block', device: '/dev/mmcblk0p3' });
  t.true(slot('/dev/sda12').ok, 'sda1 is no part of it');
  const refused: readonly (readonly [string, string])[] = [
    ['mtd3:rootfs2', 'OVL657'],
    ['mtd:rootfs9', 'OVL657'],
    ['mtd', 'OVL657'],
    ['/dev/mmcblk0p9', 'OVL657'],
    ['/dev/../etc/passwd', 'OVL657'],
    ['mtd:rootfs1', 'OVL658'],
    ['/dev/mmcblk0p2', 'OVL658'],
    ['/dev/mmcblk0', 'OVL658'],
    ['/dev/sda', 'OVL658'],
    ['/dev/sda1', 'OVL658'],
  ];
  for (const [text, code] of refused) t.deepEqual([text, codes(slot(text))[0]], [text, code]);
  t.deepEqual(codes(slot('mtd:rootfs2', 5 << 20)), ['OVL657']);
  const bare = { ...facts(), programs: { ...facts().programs, found: known([{ name: 'mount' }]) } };
  t.deepEqual(codes(findSlot(bare, 'mtd:rootfs2', 1000)), ['OVL659']);
});

test('a root image: the boot loader is told root, its type and init, after the image is written', (t) => {
  const image = { bytes: 1000, sha256: 'a'.repeat(64), type: 'squashfs' };
  const { steps } = unwrap(preflightImage(scene(), wants, image, '/dev/mmcblk0p3', options));
  t.deepEqual(
    steps.map(({ kind }) => kind),
    ['write-image', 'open-root', 'edit-loader', 'close-root', 'reboot', 'confirm'],
  );
  const edit = steps.find((step) => step.kind === 'edit-loader');
  t.regex(
    edit?.kind === 'edit-loader' ? edit.to : '',
    /append quiet root=\/dev\/mmcblk0p3 rootfstype=squashfs init=\/sbin\/overlay_init$/m,
  );
});

test('a union is tried in memory, by what the kernel has', (t) => {
  t.like(unwrap(planTrial(facts(), 'tag')), {
    place: '/tmp/overlaykit-try-tag',
    system: 'overlay',
    directories: ['upper', 'work'],
  });
  t.deepEqual(codes(planTrial(facts(), 'tag', 'mini_fo')), ['OVL664']);
  const noMemory = {
    ...facts(),
    storage: { ...facts().storage, mounts: known([mount('/', 'ext4', '/dev/sda', ['ro'])]) },
  };
  t.deepEqual(codes(planTrial(noMemory, 'tag')), ['OVL664']);
});

test('what a board says of its releases is taken for nothing but names', (t) => {
  const look = readLook(
    'link ../../bin/sh\nrelease ../x - overlay_init\nrelease ok-1 bad/name overlay_init tried\nstatus {"plan":1}\nend\n',
  );
  t.deepEqual(look?.overlayInit, { kind: 'other-link' });
  t.deepEqual(look?.releases, [{ name: 'ok-1', whole: true, tried: true, confirmed: false }]);
  t.is(look?.running, undefined);
  t.is(readLook('link x\n'), undefined);
});
