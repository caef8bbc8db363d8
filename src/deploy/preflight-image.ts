/** Preflight of a root image: the slot it goes to, and the boot loader that is told to boot from there. Pure. */
import { knownValue } from '../device/facts/facts.ts';
import { type Diagnostic, failure, type Result, success } from '../diagnostics/diagnostic.ts';
import { boardPaths, writableRoots } from '../shared/helper-protocol.ts';
import { chooseLoader, type LoaderPlan } from './choose-loader.ts';
import type { Deployment, DeployStep, Slot } from './deployment.ts';
import { type KernelWords, wordOf } from './loaders/loader.ts';
import type { DeployOptions } from './preflight.ts';
import { mountAt, rootIsReadOnly, rootMount, type Scene, withRootOpen } from './scene.ts';
import { checkFreeSlot, findSlot } from './slot.ts';
import { checkSuitable, unsuitable } from './suitable.ts';
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
  const unfit = checkSuitable(scene.facts, wants);
  const found = findSlot(scene.facts, slot, image.bytes);
  if (!found.ok) return failure(...unfit, ...found.diagnostics);
  const words = rootWords(found.value, image);
  const opensRoot = writableRoots.includes(rootMount(scene)?.fstype ?? '');
  const loader = chooseLoader(scene, wants, { choice: options.loader, words, opensRoot });
  if (runsFrom(scene, wants, words))
    return unfit.length > 0
      ? failure(...unfit)
      : success(confirming(scene, wants, image, found.value, loader));
  const problems = [
    ...unfit,
    ...checkFreeSlot(scene.facts, found.value, slot),
    ...checkMemory(scene, found.value, image),
    ...loader.problems,
  ];
  if (problems.length > 0) return failure(...problems);
  return success(writing(scene, wants, image, found.value, loader, options), loader.warnings);
}

/** A deployment that waited for the restart: the board runs from the slot, and has yet to be confirmed. */
function runsFrom(scene: Scene, wants: Wants, words: KernelWords): boolean {
  const line = knownValue(scene.facts.kernel.cmdline) ?? '';
  return scene.running?.plan === wants.planDigest && wordOf(line, 'root') === words.root;
}

function confirming(
  scene: Scene,
  wants: Wants,
  image: RootImage,
  slot: Slot,
  loader: LoaderPlan,
): Deployment {
  const readBack: DeployStep = { kind: 'read-back', slot, bytes: image.bytes, sha256: image.sha256 };
  return { ...plain(scene, wants), present: 'running', steps: [readBack, confirm(wants, slot, loader)] };
}

function writing(
  scene: Scene,
  wants: Wants,
  image: RootImage,
  slot: Slot,
  loader: LoaderPlan,
  options: DeployOptions,
): Deployment {
  const record: readonly DeployStep[] =
    scene.running !== undefined && scene.hasHelper ? [{ kind: 'record-base' }] : [];
  return {
    ...plain(scene, wants),
    steps: [
      ...record,
      { kind: 'write-image', slot, bytes: image.bytes, sha256: image.sha256 },
      ...telling(scene, loader),
      ...(options.reboot
        ? [{ kind: 'reboot', waitMs: options.waitMs } as const, confirm(wants, slot, loader)]
        : []),
    ],
  };
}

/** A boot loader's file may lie on a root that is mounted read-only, as long as that can be written. */
function telling(scene: Scene, { steps }: LoaderPlan): readonly DeployStep[] {
  const isFile = steps.some((step) => step.kind === 'edit-loader' && step.loader !== 'u-boot');
  return isFile && rootIsReadOnly(scene) && writableRoots.includes(rootMount(scene)?.fstype ?? '')
    ? withRootOpen(scene, steps)
    : steps;
}

function plain(scene: Scene, wants: Wants): Omit<Deployment, 'steps'> {
  return {
    schema: 'overlaykit.deployment/1',
    board: wants.board,
    way: 'root-image',
    root: scene.root,
    rootReadOnly: rootIsReadOnly(scene),
    release: '',
    planDigest: wants.planDigest,
    present: 'absent',
  };
}

function confirm(wants: Wants, slot: Slot, { counting }: LoaderPlan): DeployStep {
  return {
    kind: 'confirm',
    planDigest: wants.planDigest,
    rung: wants.rung,
    slot,
    ...(counting === undefined ? {} : { counting }),
  };
}

/** flashcp reads a file twice, which lies in memory as long. */
function checkMemory(scene: Scene, slot: Slot, { bytes }: RootImage): readonly Diagnostic[] {
  if (slot.kind !== 'mtd' || slot.writer !== 'flashcp') return [];
  const folder = mountAt(scene.facts, '/tmp') ?? mountAt(scene.facts, '/');
  const free = folder?.room?.free;
  if (free === undefined || free >= bytes) return [];
  return [
    unsuitable(
      'OVL656',
      `/tmp of the board has ${free} bytes free, and the image needs ${bytes}`,
      `flashcp reads it from a file; that is ${bytes - free} bytes too few`,
      'make room in /tmp, or put the mtd program of OpenWrt on the board, which reads a pipe',
    ),
  ];
}

/** Where the kernel finds the image. */
function rootWords(slot: Slot, { type }: RootImage): KernelWords {
  const root = slot.kind === 'mtd' ? `/dev/mtdblock${slot.number}` : slot.device;
  return { root, rootfstype: type, init: boardPaths.overlayInit };
}
