/**
 * Preflight: what is known of a board and of a bundle → what to do, or every reason why nothing is done. Pure: what it is given was
 * read before, and nothing was changed for it.
 */

import { sha256 } from '../bundle/digest.ts';
import type { Mount } from '../device/facts/facts.ts';
import type { Diagnostic, Result } from '../diagnostics/diagnostic.ts';
import { failure, success } from '../diagnostics/diagnostic.ts';
import { boardPaths, writableRoots } from '../shared/helper-protocol.ts';
import { chooseLoader, type LoaderChoice, type LoaderPlan } from './choose-loader.ts';
import type { DeployFile, Deployment, DeployStep } from './deployment.ts';
import { mountAt, type Release, rootIsReadOnly, rootMount, type Scene, withRootOpen } from './scene.ts';
import { absentMountPoints, checkSuitable, unsuitable } from './suitable.ts';
import type { ReleaseFile, Wants } from './wants.ts';

export interface DeployOptions {
  /** Which boot loader is told; `none` where the person does it. The one that is found by default. */
  readonly loader?: LoaderChoice;
  readonly reboot: boolean;
  /** Longest time in milliseconds until the board answers again. */
  readonly waitMs: number;
}

/** Names of the releases that `ovl deploy` makes without a bundle. */
export const originalRelease = 'original';
export const imageRelease = 'image';

/** Bytes that stay free beside what is written: directories, links, a journal. */
const spare = 64 * 1024;

/** @param name what the new release is called */
export function preflight(
  scene: Scene,
  wants: Wants,
  files: readonly ReleaseFile[],
  name: string,
  options: DeployOptions,
): Result<Deployment> {
  const standing = standingOf(scene, name);
  const loader = chooseLoader(scene, wants, { choice: options.loader, opensRoot: true });
  const steps = stepsOf(scene, wants, files.map(deployFile), name, options, standing, loader);
  const problems = [
    ...checkSuitable(scene.facts, wants),
    ...checkRoot(scene, wants),
    ...(standing.present === 'absent' ? checkRoom(scene, files) : []),
    ...loader.problems,
  ];
  if (problems.length > 0) return failure(...problems);
  const rootReadOnly = rootIsReadOnly(scene);
  return success(
    {
      schema: 'overlaykit.deployment/1',
      board: wants.board,
      way: 'writable-root',
      root: scene.root,
      rootReadOnly,
      release: name,
      ...(standing.current === undefined ? {} : { current: standing.current }),
      planDigest: wants.planDigest,
      steps,
      present: standing.present,
    },
    loader.warnings,
  );
}

/** How the board stands to the new release. */
interface Standing {
  readonly present: Deployment['present'];
  /** The release that boots when nothing is done. */
  readonly current?: string;
  readonly confirmed: boolean;
}

function standingOf(scene: Scene, name: string): Standing {
  const { overlayInit, releases, running } = scene;
  const linked =
    overlayInit.kind === 'link' ? releases.find((one) => one.name === overlayInit.release) : undefined;
  const current = linked === undefined ? undefined : stays(linked, releases);
  if (linked?.name === name && linked.whole) {
    if (running?.release === name)
      return {
        present: 'running',
        ...(current === undefined ? {} : { current }),
        confirmed: linked.confirmed,
      };
    // Switched, and not booted yet: by --no-reboot, or because the connection went in between.
    if (!linked.tried || linked.confirmed)
      return {
        present: 'installed',
        ...(current === undefined ? {} : { current }),
        confirmed: linked.confirmed,
      };
  }
  return { present: 'absent', ...(current === undefined ? {} : { current }), confirmed: false };
}

/** The release that boots again and again: the linked one where it was confirmed, else the one before it. */
function stays(linked: Release, releases: readonly Release[]): string | undefined {
  if (linked.confirmed || linked.previous === undefined) return linked.name;
  return releases.some((one) => one.name === linked.previous && one.whole) ? linked.previous : linked.name;
}

function stepsOf(
  scene: Scene,
  wants: Wants,
  files: readonly DeployFile[],
  name: string,
  options: DeployOptions,
  standing: Standing,
  { steps: loaderSteps, counting }: LoaderPlan,
): readonly DeployStep[] {
  const confirm: DeployStep = {
    kind: 'confirm',
    planDigest: wants.planDigest,
    rung: wants.rung,
    release: name,
    ...(counting === undefined ? {} : { counting }),
  };
  const reboot: readonly DeployStep[] = options.reboot
    ? [{ kind: 'reboot', waitMs: options.waitMs }, ...afterwards(confirm, name, standing.current)]
    : [];
  switch (standing.present) {
    case 'running':
      return standing.confirmed ? [] : afterwards(confirm, name, standing.current);
    case 'installed':
      return [...(loaderSteps.length > 0 ? withRootOpen(scene, loaderSteps) : []), ...reboot];
    case 'absent':
      return [
        ...withRootOpen(scene, installing(scene, wants, files, name, standing, loaderSteps)),
        ...reboot,
      ];
  }
}

function afterwards(confirm: DeployStep, name: string, current: string | undefined): readonly DeployStep[] {
  const keep = [name, ...(current === undefined || current === name ? [] : [current])];
  return [confirm, { kind: 'forget', keep }];
}

/** Everything that makes the next boot another one; the last of them is the switch. */
function installing(
  scene: Scene,
  wants: Wants,
  files: readonly DeployFile[],
  name: string,
  { current }: Standing,
  loaderSteps: readonly DeployStep[],
): readonly DeployStep[] {
  const { overlayInit } = scene;
  const keeping: readonly DeployStep[] =
    overlayInit.kind === 'file'
      ? [{ kind: 'set-aside', release: imageRelease }]
      : current === undefined
        ? [keepOriginal(scene)]
        : // A release that failed gives its name up only when no link leads to it.
          overlayInit.kind === 'link' && overlayInit.release === name
          ? [{ kind: 'switch', release: current, from: name, final: false }]
          : [];
  const previous = overlayInit.kind === 'file' ? imageRelease : (current ?? originalRelease);
  const dirs = scene.root === '' ? absentMountPoints(scene.facts, wants) : wants.requires.mountPoints;
  return [
    ...keeping,
    ...(dirs.length === 0 ? [] : [{ kind: 'make-dirs', paths: dirs } as const]),
    { kind: 'stage', release: name, files, previous },
    { kind: 'verify', release: name, files },
    { kind: 'switch', release: name, from: previous, final: loaderSteps.length === 0 },
    ...loaderSteps,
  ];
}

function keepOriginal(scene: Scene): DeployStep {
  const words = scene.facts.kernel.cmdline.kind === 'known' ? scene.facts.kernel.cmdline.value : '';
  const init = /(?:^|\s)init=(\S+)/.exec(words)?.[1];
  const isOurs = init === undefined || init === boardPaths.overlayInit;
  return { kind: 'keep-original', ...(isOurs ? {} : { init }) };
}

function checkRoot(scene: Scene, wants: Wants): readonly Diagnostic[] {
  const mount = mountAt(scene.facts, scene.root === '' ? '/' : scene.root);
  const fstype = mount?.fstype ?? 'unknown';
  const found: Diagnostic[] = [];
  if (!writableRoots.includes(fstype)) {
    found.push(
      unsuitable(
        'OVL655',
        `the root of the board is ${fstype}, which cannot be written`,
        'a deployment into a running root needs a file system that can be mounted for writing',
        'write a root image: ovl deploy BUNDLE HOST --image ROOT --slot PARTITION',
      ),
    );
  } else if (wants.rootType !== fstype) {
    found.push(
      unsuitable(
        'OVL655',
        `the plan is for a root of type ${wants.rootType}, and the board's is ${fstype}`,
        'overlay_init has what a root with several releases needs only where its plan is for such a root',
        `root: { type: ${fstype} } in the board file, then ovl build`,
      ),
    );
  }
  if (!scene.shellHasEf || !scene.hasTree) {
    found.push(
      unsuitable(
        'OVL662',
        scene.shellHasEf
          ? 'the root of the board has no /sbin or no /etc'
          : "the board's shell has no [ FILE -ef FILE ]",
        scene.shellHasEf
          ? 'that is where overlay_init and its releases lie'
          : 'by it a release finds out at boot which one it is',
        'write a root image instead: ovl image, then ovl deploy --image',
      ),
    );
  }
  return found;
}

function checkRoom(scene: Scene, files: readonly ReleaseFile[]): readonly Diagnostic[] {
  const free = usableRoom(rootMount(scene));
  const need = files.reduce((sum, { content }) => sum + Math.ceil(content.length / 4096) * 4096, spare);
  if (free === undefined || free >= need) return [];
  return [
    unsuitable(
      'OVL656',
      `the root of the board has ${free} bytes free, and the release needs ${need}`,
      `that is ${need - free} too few; the release that boots now is kept beside it`,
      'delete something on the root, or build with --no-helper',
    ),
  ];
}

/** Bytes; ext4 counts as free what it keeps for itself, a fiftieth or 4096 blocks, and gives to nobody. */
function usableRoom(mount: Mount | undefined): number | undefined {
  const room = mount?.room;
  if (mount?.fstype !== 'ext4' || room === undefined) return room?.free;
  return Math.max(0, room.free - Math.min(Math.floor(room.size / 50), 4096 * 4096));
}

function deployFile({ name, mode, content }: ReleaseFile): DeployFile {
  return { name, mode, bytes: content.length, sha256: sha256(content) };
}
