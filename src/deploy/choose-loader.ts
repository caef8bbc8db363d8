/** Which boot loader is told, and by what edit; or why none can be. Pure. */

import { knownValue } from '../device/facts/facts.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { visible } from '../diagnostics/escape.ts';
import { boardPaths } from '../shared/helper-protocol.ts';
import type { DeployStep } from './deployment.ts';
import { loaderOf } from './loaders/index.ts';
import { type KernelWords, type LoaderKind, wordOf } from './loaders/loader.ts';
import { mountAt, type Scene } from './scene.ts';
import { unsuitable } from './suitable.ts';
import type { Wants } from './wants.ts';

export type LoaderChoice = LoaderKind | 'none';

export interface LoaderPlan {
  readonly steps: readonly DeployStep[];
  readonly problems: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
}

const nothing: LoaderPlan = { steps: [], problems: [], warnings: [] };

/** @param words further words of the kernel command line, such as the root of another slot */
export function chooseLoader(
  scene: Scene,
  choice: LoaderChoice | undefined,
  wants: Pick<Wants, 'board'>,
  words: KernelWords = {},
): LoaderPlan {
  const all = { ...words, init: boardPaths.overlayInit };
  const line = knownValue(scene.facts.kernel.cmdline) ?? '';
  // The kernel that runs was told so already, by whatever loader.
  if (Object.entries(all).every(([name, value]) => wordOf(line, name) === value)) return nothing;
  if (choice === 'none') return { ...nothing, warnings: [byHand(wants.board, all)] };
  const found = choice === undefined ? scene.loaders[0] : scene.loaders.find(({ kind }) => kind === choice);
  if (found === undefined) return { ...nothing, problems: [noLoader(choice, all)] };
  const loader = loaderOf(found.kind);
  const edited = loader.edit(found.text, all);
  if ('problem' in edited) {
    return {
      ...nothing,
      problems: [
        unsuitable(
          'OVL660',
          `${visible(found.path)} ${edited.problem}`,
          'so it cannot tell the kernel its init',
          byHandFix(all),
        ),
      ],
    };
  }
  if (edited.text === found.text) return nothing;
  const readOnly = readOnlyMount(scene, found.path);
  if (readOnly !== undefined) {
    const because = `${readOnly} is mounted read-only`;
    const fix = `mount -o remount,rw ${readOnly} on the board, then again`;
    return {
      ...nothing,
      problems: [unsuitable('OVL660', `${visible(found.path)} cannot be written`, because, fix)],
    };
  }
  return {
    ...nothing,
    steps: [{ kind: 'edit-loader', loader: found.kind, path: found.path, from: found.text, to: edited.text }],
  };
}

/** A mount of its own that the file lies on, where nobody can write to it. The root itself is opened by a step. */
function readOnlyMount(scene: Scene, path: string): string | undefined {
  const parts = path.split('/').slice(1, -1);
  const targets = parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`).toReversed();
  const target = targets.find((one) => one !== scene.root && mountAt(scene.facts, one) !== undefined);
  const mount = target === undefined ? undefined : mountAt(scene.facts, target);
  return mount?.options.includes('ro') ? target : undefined;
}

function noLoader(choice: LoaderChoice | undefined, words: KernelWords): Diagnostic {
  return unsuitable(
    'OVL660',
    choice === undefined
      ? 'no boot loader was found whose configuration ovl can change'
      : `the board has no ${choice} configuration`,
    'looked for: cmdline.txt, extlinux.conf, GRUB with update-grub, grub.cfg, fw_setenv',
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
    because: '--loader none leaves the boot loader as it is',
    fix: `add ${say(words)} to the kernel command line`,
  };
}

function say(words: KernelWords): string {
  return Object.entries(words)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
