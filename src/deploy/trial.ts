/** Trial: a union beside a running root, with its changes in memory. Which one, and where, is decided from facts. Pure. */
import { type Facts, knownValue } from '../device/facts/facts.ts';
import type { Result } from '../diagnostics/diagnostic.ts';
import { failure, success } from '../diagnostics/diagnostic.ts';
import { visible } from '../diagnostics/escape.ts';
import { unionSystems } from '../union/index.ts';
import { mountAt } from './scene.ts';
import { unsuitable } from './suitable.ts';

export interface Trial {
  /** Directory on the board that is made for it, and removed. */
  readonly place: string;
  readonly system: string;
  readonly fstype: string;
  readonly source: string;
  /** As mount -o takes them. */
  readonly options: string;
  /** Directories below the place that the union needs. */
  readonly directories: readonly string[];
}

/** Where file systems in memory are mounted, best first. On a read-only root one of them is all that can be written. */
const places = ['/tmp', '/run', '/dev/shm', '/var/run', '/dev'];

/**
 * @param tag makes the name of the directory one that nobody has
 * @param wanted name of the union system; the best that the kernel has by default
 */
export function planTrial(facts: Facts, tag: string, wanted?: string): Result<Trial> {
  const has = [...(knownValue(facts.kernel.filesystems) ?? []), ...(knownValue(facts.kernel.modules) ?? [])];
  const kernel = /^\d+(\.\d+)*/.exec(knownValue(facts.kernel.release) ?? '')?.[0] ?? '0';
  const system = unionSystems.find(
    (one) => has.includes(one.fstype) && (wanted === undefined || wanted === one.name),
  );
  if (system === undefined) {
    const names = unionSystems.map(({ fstype }) => fstype).join(', ');
    return failure(
      unsuitable(
        'OVL664',
        wanted === undefined
          ? 'the kernel of the board has no union system'
          : `the kernel of the board has no ${visible(wanted)}`,
        `/proc/filesystems and /lib/modules have none of ${wanted ?? names}`,
        'load its module, or build a kernel with CONFIG_OVERLAY_FS',
      ),
    );
  }
  const folder = places.find((path) => isWritableMemory(facts, path));
  if (folder === undefined) {
    return failure(
      unsuitable(
        'OVL664',
        'the board has no file system in memory',
        `looked at ${places.join(', ')}`,
        'mount a tmpfs on /tmp',
      ),
    );
  }
  const place = `${folder}/overlaykit-try-${tag}`;
  const step = system.mount({
    stack: {
      lowerdirs: ['/'],
      upperdir: `${place}/upper`,
      workdir: `${place}/work`,
      target: `${place}/root`,
    },
    kernel,
    options: {},
    where: () => ({ file: 'the board', line: 1, column: 1, endLine: 1, endColumn: 1 }),
  });
  if (!step.ok) return step;
  if (step.value.kind !== 'mount' || step.value.source.kind !== 'name') throw new Error('a union is a mount');
  return success({
    place,
    system: system.name,
    fstype: system.fstype,
    source: step.value.source.name,
    options: step.value.options.join(','),
    directories: system.needsWorkdir ? ['upper', 'work'] : ['upper'],
  });
}

function isWritableMemory(facts: Facts, path: string): boolean {
  const mount = mountAt(facts, path);
  return (
    mount !== undefined &&
    ['tmpfs', 'ramfs', 'devtmpfs'].includes(mount.fstype) &&
    !mount.options.includes('ro')
  );
}
