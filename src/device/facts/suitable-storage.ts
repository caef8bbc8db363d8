/** The storage that is there, against the one that the board file tells of. Pure. */
import { formatSize } from '../../board/units.ts';
import { quoted } from '../../diagnostics/escape.ts';
import { type Facts, knownValue, type MtdPartition } from './facts.ts';
import { type Comparison, type Finding, unseen } from './suitable-finding.ts';

export function suitableStorage(comparison: Comparison): readonly Finding[] {
  const { find } = comparison.checked.board.storage;
  return [
    ...(find?.mtd !== undefined || find?.mtd_number !== undefined ? onFlash(comparison) : []),
    ...(find?.label !== undefined || find?.uuid !== undefined ? byLabel(comparison) : []),
    ...(find?.path?.startsWith('/dev/') === true ? byNode(comparison) : []),
    ...room(comparison),
    ...tried(comparison),
  ];
}

function onFlash(comparison: Comparison): readonly Finding[] {
  const { facts, checked } = comparison;
  const { find } = checked.board.storage;
  const path = ['storage', 'find', find?.mtd === undefined ? 'mtd_number' : 'mtd'];
  const { mtd } = facts.storage;
  if (mtd.kind === 'unknown') return [notFound(path, 'the board has no flash partitions', mtd.because)];
  const matching = mtd.value.filter((one) =>
    find?.mtd === undefined ? one.number === find?.mtd_number : one.name === find.mtd,
  );
  const [partition, second] = matching;
  const wanted = find?.mtd === undefined ? `mtd${find?.mtd_number}` : quoted(find.mtd);
  if (partition === undefined) {
    const there = mtd.value.map(({ name }) => quoted(name)).join(', ') || 'none';
    return [notFound(path, `the board has no flash partition ${wanted}`, `/proc/mtd has ${there}`)];
  }
  if (second !== undefined) {
    const because = `mtd${partition.number} and mtd${second.number} are both called so; which one is meant cannot be known`;
    return [notFound(path, `the board has several flash partitions ${wanted}`, because)];
  }
  return [...wrongSize(comparison, partition.size), ...wrongBlock(comparison, partition)];
}

function notFound(path: readonly string[], message: string, because: string): Finding {
  return {
    code: 'OVL607',
    path,
    message,
    because,
    fix: 'name the storage as the board calls it: ovl probe shows its partitions and labels',
  };
}

function wrongSize({ checked }: Comparison, size: number): readonly Finding[] {
  const { storage } = checked.board;
  const differs = (key: string, wanted: number, how: string): Finding => ({
    code: 'OVL608',
    path: ['storage', key],
    message: `the storage has ${formatSize(size)}, ${how} ${formatSize(wanted)}`,
    because: `overlay_init looks at the size (${size} bytes) before it touches the storage, and would leave it alone`,
    fix: `${key === 'size' ? 'size' : key}: 0x${size.toString(16)}`,
  });
  return [
    ...(storage.size !== undefined && storage.size !== size ? [differs('size', storage.size, 'not')] : []),
    ...(storage.min_size !== undefined && size < storage.min_size
      ? [differs('min_size', storage.min_size, 'less than')]
      : []),
    ...(storage.max_size !== undefined && size > storage.max_size
      ? [differs('max_size', storage.max_size, 'more than')]
      : []),
  ];
}

function wrongBlock({ checked }: Comparison, { eraseBlock }: MtdPartition): readonly Finding[] {
  const wanted = checked.board.storage.erase_block;
  if (wanted === undefined || wanted === eraseBlock) return [];
  return [
    {
      code: 'OVL608',
      path: ['storage', 'erase_block'],
      message: `erase blocks of the storage have ${formatSize(eraseBlock)}, not ${formatSize(wanted)}`,
      because:
        'a JFFS2 made for another erase block size cannot be mounted, and its reserve is reckoned in such blocks',
      fix: `erase_block: 0x${eraseBlock.toString(16)}`,
    },
  ];
}

function byLabel(comparison: Comparison): readonly Finding[] {
  const { facts, checked } = comparison;
  const { find, type } = checked.board.storage;
  const key = find?.label === undefined ? 'uuid' : 'label';
  const wanted = find?.label ?? find?.uuid ?? '';
  const path = ['storage', 'find', key];
  const { labels } = facts.storage;
  if (labels.kind === 'unknown') return [unseen(path, 'the storage', labels.because)];
  const rows = labels.value.filter((row) =>
    key === 'label' ? row.label === wanted : row.uuid?.toLowerCase() === wanted.toLowerCase(),
  );
  const [row, second] = rows;
  if (row === undefined)
    return [
      notFound(path, `no block device of the board has the ${key} ${quoted(wanted)}`, namesOf(facts, key)),
    ];
  if (second !== undefined)
    return [
      notFound(
        path,
        `several block devices have the ${key} ${quoted(wanted)}`,
        `${row.device} and ${second.device}`,
      ),
    ];
  const size = knownValue(facts.storage.partitions)?.find(({ name }) => `/dev/${name}` === row.device)?.size;
  return [
    ...(row.type === undefined || row.type === type || type === 'file'
      ? []
      : [
          {
            code: 'OVL608' as const,
            path: ['storage', 'type'],
            message: `${quoted(row.device)} holds ${quoted(row.type)}, not ${type}`,
            because: 'it would not mount, and overlay_init makes no file system where there is another one',
            fix: 'correct storage.type, or make the file system anew where nothing on it is needed',
          },
        ]),
    ...(size === undefined ? [] : wrongSize(comparison, size)),
  ];
}

function namesOf(facts: Facts, key: 'label' | 'uuid'): string {
  const names = (knownValue(facts.storage.labels) ?? []).flatMap((row) => row[key] ?? []);
  return `blkid shows ${names.map(quoted).join(', ') || 'none at all'}`;
}

function byNode(comparison: Comparison): readonly Finding[] {
  const { facts, checked } = comparison;
  const node = checked.board.storage.find?.path ?? '';
  const path = ['storage', 'find', 'path'];
  const { partitions } = facts.storage;
  if (partitions.kind === 'unknown') return [unseen(path, 'the storage', partitions.because)];
  const partition = partitions.value.find(({ name }) => `/dev/${name}` === node);
  // Links of udev and device mapper names are not in /proc/partitions.
  if (partition === undefined && /^\/dev\/[^/]+$/.test(node))
    return [
      notFound(
        path,
        `the board has no block device ${node}`,
        `/proc/partitions has ${partitions.value.map(({ name }) => name).join(', ') || 'none'}`,
      ),
    ];
  return partition === undefined ? [] : wrongSize(comparison, partition.size);
}

/** Less than this is left, and a boot cannot write its state any more. */
const leastFree = 128 * 1024;

/** Room on the storage, where it is mounted at its place already. */
function room({ facts }: Comparison): readonly Finding[] {
  const mount = knownValue(facts.storage.mounts)?.find(
    ({ target, hidden }) => target === '/overlay' && !hidden,
  );
  const free = mount?.room?.free;
  const noInodes = mount?.room?.freeInodes === 0;
  if (free === undefined || (free >= leastFree && !noInodes)) return [];
  return [
    {
      code: 'OVL615',
      path: ['storage'],
      message: noInodes
        ? 'the storage has no free inode'
        : `the storage has only ${formatSize(free)} left, of which ${formatSize(leastFree)} are needed`,
      because: 'the state of the next boot, and a generation that is made, are written there (ENOSPC)',
      fix: 'delete what is not needed: overlay_helper list shows the generations, ovl reset forgets all changes',
    },
  ];
}

/** What was tried on a scratch directory and did not work. */
function tried({ facts }: Comparison): readonly Finding[] {
  return (knownValue(facts.scratch) ?? []).flatMap(({ name, works, said }) =>
    works || !name.startsWith('union')
      ? []
      : [
          {
            code: 'OVL614' as const,
            path: ['storage', 'type'],
            severity: name === 'union' ? ('error' as const) : ('warning' as const),
            message: `on this storage ${name.replace('union-', 'a union cannot ').replace(/^union$/, 'no union can be mounted')}`,
            because: said === undefined ? 'it was tried on the scratch directory' : `it was tried: ${said}`,
          },
        ],
  );
}
