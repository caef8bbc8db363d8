/** Further read-only layers: each comes from one place, has a name of its own, and the union system can stack it. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { quoted } from '../../diagnostics/escape.ts';
import type { CheckedBoard } from '../decode.ts';
import { atLeast } from '../version.ts';
import { finding } from './finding.ts';
import { likelyUnion } from './likely-union.ts';

export function checkLayers(checked: CheckedBoard): readonly Diagnostic[] {
  return [...sources(checked), ...sameNames(checked), ...unstackable(checked)];
}

function sources(checked: CheckedBoard): readonly Diagnostic[] {
  return checked.board.layers.flatMap(({ name, device, file }, index) => {
    if ((device === undefined) !== (file === undefined)) return [];
    const both = device !== undefined;
    return [
      finding(checked, 'OVL137', ['layers', index, both ? 'file' : 'name'], {
        message: `the layer ${quoted(name)} has ${both ? 'both a device and a file' : 'neither a device nor a file'}`,
        because: 'a layer is mounted from one block device, or from one image file inside the root',
        fix: both ? 'keep one of them' : 'add device: /dev/… or file: /…',
      }),
    ];
  });
}

function sameNames(checked: CheckedBoard): readonly Diagnostic[] {
  const names = checked.board.layers.map((layer) => layer.name);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [
          finding(checked, 'OVL138', ['layers', index, 'name'], {
            message: `two layers have the name ${quoted(name)}`,
            because: `both would be mounted at /run/overlaykit/layers/${name}, one over the other`,
            fix: 'give each a name of its own',
          }),
        ],
  );
}

/** Union systems that merge one root and one upper, and nothing between them. */
const twoLayersOnly = {
  mini_fo: 'mini_fo merges exactly one base and one storage',
  overlayfs: 'overlayfs before 3.18 has one lowerdir',
  'dm-snapshot': 'a snapshot covers one block device',
} as const;

function unstackable(checked: CheckedBoard): readonly Diagnostic[] {
  const { layers, kernel } = checked.board;
  if (layers.length === 0) return [];
  const system = likelyUnion(checked.board);
  const because =
    system === 'overlay' && !atLeast(kernel.version, '4.0')
      ? 'overlay takes several lowerdirs since Linux 4.0; before, the mount fails'
      : Object.entries(twoLayersOnly).find(([name]) => name === system)?.[1];
  if (because === undefined) return [];
  return [
    finding(checked, 'OVL139', ['layers'], {
      message: `${system} on Linux ${kernel.version} cannot stack further layers`,
      because,
      fix: 'put the content of the layers into the root image',
    }),
  ];
}
