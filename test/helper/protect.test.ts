/** Which block devices are made read-only under the layers, and which never. */
import test from 'ava';
import { readMounts } from '../../src/helper/mounts.ts';
import type { Device, Port } from '../../src/helper/port.ts';
import { protectLayers } from '../../src/helper/protect.ts';
import { kernelError } from '../support/kernel-error.ts';

interface Scene {
  /** Device numbers of what is mounted, by place. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Places in sysfs, by device number. */
  readonly sysfs: Readonly<Record<string, string>>;
  readonly nodes?: Readonly<Record<string, Device>>;
  readonly refusing?: boolean;
}

const block = (major: number, minor: number): Device => ({ kind: 'block', major, minor });
const disk = '../../devices/pci0/block/vda';
const sysfs = {
  '254:0': disk,
  '254:1': `${disk}/vda1`,
  '254:2': `${disk}/vda2`,
  '254:16': '../../devices/pci0/block/vdb',
};
const nodes = {
  '/dev/vda': block(254, 0),
  '/dev/vda1': block(254, 1),
  '/dev/vda2': block(254, 2),
  '/dev/vdb': block(254, 16),
};

function protectedOn(scene: Scene): { readonly devices: readonly string[]; readonly log: readonly string[] } {
  const devices: string[] = [];
  const log: string[] = [];
  const port: Partial<Port> = {
    readFile: () =>
      Object.entries(scene.mounts)
        .map(([place, number]) => `1 1 ${number} / ${place} ro - x y ro`)
        .join('\n'),
    readlink(path) {
      const place = scene.sysfs[path.slice('/sys/dev/block/'.length)];
      if (place === undefined) throw kernelError('readlink', path, 'ENOENT');
      return place;
    },
    deviceAt: (path) => (scene.nodes ?? nodes)[path as keyof typeof nodes],
    setReadOnly(path) {
      if (scene.refusing === true) throw kernelError('ioctl BLKROSET', path, 'EACCES');
      devices.push(path);
      return true;
    },
    log: (_level, line) => void log.push(line),
  };
  protectLayers(port as Port, readMounts(port as Port), '/overlay');
  return { devices, log };
}

test('the partition of the root and those of the layers, not the storage beside them', (t) => {
  const mounts = {
    '/': '254:1',
    '/overlay': '254:2',
    '/run/overlaykit/layers/app': '254:16',
    '/data': '254:0',
  };
  t.deepEqual(protectedOn({ mounts, sysfs }), { devices: ['/dev/vda1', '/dev/vdb'], log: [] });
});

test('never a disk that the storage is a partition of, nor the storage itself', (t) => {
  t.deepEqual(protectedOn({ mounts: { '/': '254:0', '/overlay': '254:2' }, sysfs }).devices, []);
  t.deepEqual(protectedOn({ mounts: { '/': '254:2', '/overlay': '254:2' }, sysfs }).devices, []);
  t.deepEqual(protectedOn({ mounts: { '/': '254:0', '/overlay': '254:16' }, sysfs }).devices, ['/dev/vda']);
  t.deepEqual(protectedOn({ mounts: { '/': '254:0', '/overlay': '0:30' }, sysfs }).devices, ['/dev/vda']);
});

test('flash, loop devices and what has no device are left', (t) => {
  for (const number of ['31:2', '7:0', '0:21'])
    t.deepEqual(protectedOn({ mounts: { '/': number, '/overlay': '254:2' }, sysfs }), {
      devices: [],
      log: [],
    });
});

test('what cannot be done is said, and nothing is thrown', (t) => {
  const mounts = { '/': '254:1', '/overlay': '254:2' };
  const refused = protectedOn({ mounts, sysfs, refusing: true });
  t.regex(refused.log.join('\n'), /block device 254:1 stays writable: ioctl BLKROSET EACCES/);
  t.regex(protectedOn({ mounts, sysfs: {} }).log.join('\n'), /readlink ENOENT/);
  const other = protectedOn({ mounts, sysfs, nodes: { '/dev/vda1': block(8, 1) } });
  t.deepEqual(other.devices, []);
  t.regex(other.log.join('\n'), /\/dev\/vda1 is another device/);
});
