/**
 * Whether overlay_helper can do the plain boot of a plan by itself (docs/decisions/0023). overlay_init asks it only then; whatever
 * is not plain on the day, it leaves to overlay_init.
 */
import { writableRoots } from './helper-protocol.ts';
import type { MountPlan, Rung } from './plan.ts';
import type { Step } from './step.ts';

/** The rung that a plain boot takes; undefined where the board has none. */
export function plainRung({ helper, handOver, root, prepare, ladder }: MountPlan): Rung | undefined {
  const [first] = ladder;
  // A chroot of the helper's is not one of the shell's. Releases are counted by the shell.
  if (!helper || handOver.how !== 'pivot' || writableRoots.includes(root.fstype)) return undefined;
  if (first === undefined || (first.name !== 'persistent' && first.name !== 'tmpfs')) return undefined;
  return [...prepare, ...first.steps].every(isPlainStep) ? first : undefined;
}

/** Whether it takes system calls only, and nothing that somebody may be asking for. */
function isPlainStep(step: Step): boolean {
  switch (step.kind) {
    case 'mount':
      return !step.fstype.includes('fuse');
    case 'make-dirs':
    case 'find-storage':
    case 'check-base':
    case 'verify':
      return true;
    case 'choose-generation':
      return step.which === 'state';
    case 'bring-identity':
      return step.identity.every(({ policy }) => policy === 'keep');
    case 'load-module':
    case 'choose-committed':
    case 'ask-uboot-env':
    case 'ask-button':
      return false;
  }
}
