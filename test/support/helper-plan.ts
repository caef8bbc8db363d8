/** A mount plan as small as the helper needs it. */
import type { MountPlan } from '../../src/shared/plan.ts';

export interface HelperPlanOptions {
  readonly how?: 'pivot' | 'chroot';
  readonly fstype?: string;
  readonly init?: string;
  readonly newRoot?: string;
  readonly carried?: readonly string[];
}

export function helperPlan(options: HelperPlanOptions = {}): MountPlan {
  const { how = 'pivot', fstype = 'overlay', init = '/sbin/init', newRoot = '/mnt' } = options;
  const carried = options.carried ?? ['/proc', '/sys', '/dev', '/run', '/overlay'];
  return {
    schema: 'overlaykit.plan/1',
    board: { name: 'test', compatible: [] },
    root: { fstype: 'squashfs' },
    prepare: [],
    ladder: [
      {
        name: 'persistent',
        outcome: 'changes are kept',
        steps: [{ kind: 'verify', target: newRoot, fstype, upperdir: '/overlay/upper', init }],
      },
      { name: 'read-only', outcome: 'nothing changes', steps: [] },
    ],
    generations: { keep: 4, attempts: 3 },
    reset: { keep: [] },
    handOver: { how, newRoot, oldRoot: '/rom', carried, init },
    helper: true,
  };
}
