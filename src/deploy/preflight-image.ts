/** Preflight of a root image: the slot it goes to, and the boot loader that is told to boot from there. Pure. */
import { failure, type Result, success } from '../diagnostics/diagnostic.ts';
import { chooseLoader } from './choose-loader.ts';
import type { Deployment, DeployStep, Slot } from './deployment.ts';
import type { KernelWords } from './loaders/loader.ts';
import type { DeployOptions } from './preflight.ts';
import type { Scene } from './scene.ts';
import { findSlot } from './slot.ts';
import { checkSuitable } from './suitable.ts';
import type { Wants } from './wants.ts';

export interface RootImage {
  readonly bytes: number;
  readonly sha256: string;
  /** Type of its file system. */
  readonly type: string;
}

/** @param slot as the person named it */
export function preflightImage(
  scene: Scene,
  wants: Wants,
  image: RootImage,
  slot: string,
  options: DeployOptions,
): Result<Deployment> {
  const found = findSlot(scene.facts, slot, image.bytes);
  const loader = found.ok
    ? chooseLoader(scene, options.loader, wants, rootWords(found.value, image))
    : { steps: [], problems: [], warnings: [] };
  const problems = [
    ...checkSuitable(scene.facts, wants),
    ...(found.ok ? [] : found.diagnostics),
    ...loader.problems,
  ];
  if (!found.ok || problems.length > 0) return failure(...problems);
  const confirm: DeployStep = { kind: 'confirm', planDigest: wants.planDigest, rung: wants.rung };
  return success(
    {
      schema: 'overlaykit.deployment/1',
      board: wants.board,
      way: 'root-image',
      root: scene.root,
      rootReadOnly: false,
      release: '',
      planDigest: wants.planDigest,
      present: 'absent',
      steps: [
        { kind: 'write-image', slot: found.value, bytes: image.bytes, sha256: image.sha256 },
        ...loader.steps,
        ...(options.reboot ? [{ kind: 'reboot', waitMs: options.waitMs } as const, confirm] : []),
      ],
    },
    loader.warnings,
  );
}

/** Where the kernel finds the image. */
function rootWords(slot: Slot, { type }: RootImage): KernelWords {
  const root = slot.kind === 'mtd' ? `/dev/mtdblock${slot.number}` : slot.device;
  return { root, rootfstype: type };
}
