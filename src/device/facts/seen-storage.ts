/** Where a board keeps what is written, or could: from its mounts, its flash and its labels. Pure. */

import type { BoardAnswers, FindKey } from '../../board/template.ts';
import { formatSize } from '../../board/units.ts';
import { type Facts, knownValue, type Mount, type MtdPartition } from './facts.ts';

export interface SeenStorage {
  readonly type: BoardAnswers['storage'];
  readonly find?: { readonly by: FindKey; readonly value: string };
  /** Bytes. */
  readonly size?: number;
  /** Bytes. */
  readonly eraseBlock?: number;
  /** Why it was chosen, and what else there is; a sentence each. */
  readonly notes: readonly string[];
}

/** Names that makers give to what is meant to be written to; the first that a board has is taken. */
const usualNames = ['rootfs_data', 'overlay', 'storage', 'userdata', 'data', 'config', 'jffs2', 'casper-rw'];

const onDisks = ['ext4', 'f2fs'] as const;

/** The storage that is in use, else the one that looks as if it were meant for it, else memory. */
export function usedStorage(facts: Facts, wanted?: BoardAnswers['storage']): SeenStorage {
  const fits = (found: SeenStorage | undefined): found is SeenStorage =>
    found !== undefined && (wanted === undefined || found.type === wanted);
  const found = [mountedStorage(facts), usualPartition(facts), usualLabel(facts)].find(fits);
  if (found !== undefined) return found;
  return { type: wanted ?? 'tmpfs', notes: [...otherwise(wanted), ...whatThereIs(facts)] };
}

function otherwise(wanted: BoardAnswers['storage'] | undefined): readonly string[] {
  if (wanted !== undefined && wanted !== 'tmpfs') return [`nothing that looks like ${wanted} for changes.`];
  return wanted === 'tmpfs' ? [] : ['nothing that is known to be meant for changes.'];
}

/** What is mounted at /overlay, where OpenWrt and overlaykit keep it. */
function mountedStorage(facts: Facts): SeenStorage | undefined {
  const mount = knownValue(facts.storage.mounts)?.find(
    ({ target, hidden }) => target === '/overlay' && !hidden,
  );
  if (mount === undefined) return undefined;
  if (mount.fstype === 'jffs2') {
    const partition = mtdOf(mount.source, knownValue(facts.storage.mtd) ?? []);
    return partition === undefined ? undefined : onMtd(partition, 'it is mounted at /overlay.');
  }
  if (mount.fstype === 'ubifs') {
    return { type: 'ubifs', find: { by: 'ubi', value: mount.source }, notes: ['it is mounted at /overlay.'] };
  }
  const type = onDisks.find((one) => one === mount.fstype);
  return type === undefined ? undefined : onDisk(type, mount, facts);
}

/** /dev/mtdblock5, mtd5, mtd:rootfs_data: JFFS2 takes all three. */
function mtdOf(source: string, partitions: readonly MtdPartition[]): MtdPartition | undefined {
  const number = /^(?:\/dev\/)?mtd(?:block)?(\d+)$/.exec(source)?.[1];
  if (number !== undefined) return partitions.find((one) => one.number === Number(number));
  const name = /^mtd:(.*)$/s.exec(source)?.[1];
  return partitions.find((one) => one.name === name);
}

function onMtd({ number, name, size, eraseBlock }: MtdPartition, why: string): SeenStorage {
  return {
    type: 'jffs2',
    find: name === '' ? { by: 'mtd_number', value: String(number) } : { by: 'mtd', value: name },
    size,
    eraseBlock,
    notes: [
      why,
      `/proc/mtd: mtd${number} "${name}", ${formatSize(size)} in erase blocks of ${formatSize(eraseBlock)}.`,
    ],
  };
}

function onDisk(type: (typeof onDisks)[number], { source }: Mount, facts: Facts): SeenStorage {
  const row = knownValue(facts.storage.labels)?.find(({ device }) => device === source);
  return { type, ...findOf(row ?? {}, source), notes: [`${source} is mounted at /overlay.`] };
}

/** Labels and UUIDs move less than device nodes. */
function findOf(
  row: { readonly label?: string | undefined; readonly uuid?: string | undefined },
  device: string,
) {
  if (row.label !== undefined) return { find: { by: 'label', value: row.label } } as const;
  if (row.uuid !== undefined) return { find: { by: 'uuid', value: row.uuid } } as const;
  return { find: { by: 'path', value: device } } as const;
}

/** JFFS2 mounts from five erase blocks on. */
function usualPartition(facts: Facts): SeenStorage | undefined {
  const partitions = (knownValue(facts.storage.mtd) ?? []).filter((one) => one.size >= 5 * one.eraseBlock);
  const name = usualNames.find((one) => partitions.some((partition) => partition.name === one));
  const partition = partitions.find((one) => one.name === name);
  return partition === undefined
    ? undefined
    : onMtd(partition, 'not mounted now; its name says that it is meant for changes.');
}

function usualLabel(facts: Facts): SeenStorage | undefined {
  const rows = knownValue(facts.storage.labels) ?? [];
  for (const label of usualNames) {
    const row = rows.find((one) => one.label?.toLowerCase() === label);
    const type = onDisks.find((one) => one === row?.type);
    if (row === undefined || type === undefined) continue;
    const notes = [`${row.device} has the label, and is of type ${type}.`];
    return { type, ...findOf(row, row.device), notes };
  }
  return undefined;
}

/** At most a screenful: what a person could choose from. */
function whatThereIs(facts: Facts): readonly string[] {
  const flash = (knownValue(facts.storage.mtd) ?? []).map(
    ({ number, name, size }) => `mtd${number} "${name}" of ${formatSize(size)} is in flash.`,
  );
  const disks = (knownValue(facts.storage.labels) ?? []).map(
    ({ device, label, type }) =>
      `${device} has ${type ?? 'no known type'}${label === undefined ? '' : `, label "${label}"`}.`,
  );
  return [...flash, ...disks].slice(0, 12);
}
