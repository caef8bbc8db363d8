/** Which boot loader is told, and by what edit; or why none can be. Pure. */

import { knownValue } from '../device/facts/facts.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { visible } from '../diagnostics/escape.ts';
import { boardPaths, writableRoots } from '../shared/helper-protocol.ts';
import type { DeployStep } from './deployment.ts';
import { loaderOf } from './loaders/index.ts';
import { type KernelWords, type LoaderKind, wordOf } from './loaders/loader.ts';
import { counts, environment } from './loaders/u-boot.ts';
import { type FoundLoader, mountAt, type Scene } from './scene.ts';
import { unsuitable } from './suitable.ts';
import type { Wants } from './wants.ts';

export type LoaderChoice = LoaderKind | 'none';

export interface LoaderPlan {
  readonly steps: readonly DeployStep[];
  readonly problems: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  /** A boot loader that counts boots, and has to be told when one was good. */
  readonly counting?: { readonly loader: LoaderKind; readonly path: string };
}

export interface LoaderQuestion {
  /** What --loader says; else the board file's, else the first one that is found. */
  readonly choice?: LoaderChoice | undefined;
  /** Further words of the kernel command line, such as the root of another slot. */
  readonly words?: KernelWords;
  /** Whether the deployment mounts the root for writing. */
  readonly opensRoot: boolean;
}

const nothing: LoaderPlan = { steps: [], problems: [], warnings: [] };

export function chooseLoader(
  scene: Scene,
  wants: Pick<Wants, 'board' | 'bootLoader'>,
  { choice = wants.bootLoader?.type, words = {}, opensRoot }: LoaderQuestion,
): LoaderPlan {
  const all = { ...words, init: boardPaths.overlayInit };
  const line = knownValue(scene.facts.kernel.cmdline) ?? '';
  const found = choice === undefined ? scene.loaders[0] : scene.loaders.find(({ kind }) => kind === choice);
  const known = { ...nothing, ...countingOf(found) };
  // The kernel that runs was told so already, by whatever loader.
  if (Object.entries(all).every(([name, value]) => wordOf(line, name) === value)) return known;
  if (choice === 'none') return { ...nothing, warnings: [byHand(wants.board, all)] };
  if (found === undefined) return { ...nothing, problems: [noLoader(choice, wants.bootLoader?.file, all)] };
  return { ...known, ...editOf(scene, found, all, opensRoot) };
}

/** What is done to the loader that was chosen. */
function editOf(
  scene: Scene,
  found: FoundLoader,
  words: KernelWords,
  opensRoot: boolean,
): Partial<LoaderPlan> {
  const loader = loaderOf(found.kind);
  const says = Object.entries(words).every(([name, value]) => loader.read(found.text, name) === value);
  if (says && found.isBehind !== true) return {};
  const refused = (message: string, because: string, fix = byHandFix(words)): Partial<LoaderPlan> => ({
    problems: [unsuitable('OVL660', `${visible(found.path)} ${message}`, because, fix)],
  });
  const edited = loader.edit(found.text, words);
  if ('problem' in edited) return refused(edited.problem, 'so it cannot tell the kernel its init');
  const readOnly = readOnlyMount(scene, found, opensRoot);
  if (readOnly !== undefined) {
    const { target, fstype } = readOnly;
    const fix =
      writableRoots.includes(fstype) || fstype === 'vfat'
        ? `mount -o remount,rw ${target} on the board, then again`
        : undefined;
    return refused('cannot be written', `${target} is a ${fstype} that is mounted read-only`, fix);
  }
  const step = {
    kind: 'edit-loader',
    loader: found.kind,
    path: found.path,
    from: found.text,
    to: edited.text,
  } as const;
  return { steps: [step] };
}

function countingOf(found: FoundLoader | undefined): Pick<LoaderPlan, 'counting'> {
  if (found?.kind !== 'u-boot' || !counts(environment(found.text))) return {};
  return { counting: { loader: found.kind, path: found.path } };
}

/** The mount that the file lies on, where nobody can write to it. The root itself may be opened by a step. */
function readOnlyMount(
  scene: Scene,
  { kind, path }: FoundLoader,
  opensRoot: boolean,
): { readonly target: string; readonly fstype: string } | undefined {
  if (kind === 'u-boot') return undefined;
  const root = scene.root === '' ? '/' : scene.root;
  const parts = path.split('/').slice(1, -1);
  const targets = parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`).toReversed();
  const own = targets.find((one) => one !== scene.root && mountAt(scene.facts, one) !== undefined);
  if (own === undefined && opensRoot) return undefined;
  const mount = mountAt(scene.facts, own ?? root);
  return mount?.options.includes('ro') || mount?.superOptions.includes('ro')
    ? { target: own ?? root, fstype: mount.fstype }
    : undefined;
}

function noLoader(
  choice: LoaderChoice | undefined,
  file: string | undefined,
  words: KernelWords,
): Diagnostic {
  const usual = 'looked for: cmdline.txt, extlinux.conf, GRUB with update-grub, grub.cfg, fw_setenv';
  return unsuitable(
    'OVL660',
    choice === undefined
      ? 'no boot loader was found whose configuration ovl can change'
      : `the board has no ${choice} configuration`,
    choice === undefined || file === undefined ? usual : `the board file says it is at ${visible(file)}`,
    byHandFix(words),
  );
}

function byHandFix(words: KernelWords): string {
  return `let the boot loader add ${say(words)} to the kernel command line by hand, and say --loader none`;
}

function byHand(board: string, words: KernelWords): Diagnostic {
  return {
    code: 'OVL663',
    severity: 'warning',
    message: `${visible(board)} boots overlaykit only once its boot loader says ${say(words)}`,
    because: '--loader none, or boot_loader of the board file, leaves the boot loader as it is',
    fix: `add ${say(words)} to the kernel command line`,
  };
}

function say(words: KernelWords): string {
  return Object.entries(words)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
