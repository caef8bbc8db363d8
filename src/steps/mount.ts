/**
 * Makers of steps. In: plain values. Out: Step values, which know nothing of shells or boards. Imports only `shared`.
 */
import type { MountStep } from '../shared/step.ts';

/** A mount of a named source. `options` are complete and in order; nothing is left to kernel defaults. */
export function mount(fstype: string, source: string, target: string, options: readonly string[]): MountStep {
  return {
    kind: 'mount',
    fstype,
    source: { kind: 'name', name: source },
    target,
    options,
    unlessMounted: false,
    optional: false,
  };
}

/** A mount of the device that the find-storage step of the same rung finds. */
export function mountStorage(fstype: string, target: string, options: readonly string[]): MountStep {
  return { ...mount(fstype, '', target, options), source: { kind: 'storage' } };
}

/** A mount that an initramfs or the kernel may have made already, and that the boot survives without. */
export function mountOnce(
  fstype: string,
  source: string,
  target: string,
  options: readonly string[],
): MountStep {
  return { ...mount(fstype, source, target, options), unlessMounted: true, optional: true };
}
