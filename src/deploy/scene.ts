/** Scene: what a deployment has to know of a board, beside the facts: its releases, and how its kernel is told its init. */
import * as z from 'zod';
import type { Facts, Mount } from '../device/facts/facts.ts';
import { knownValue } from '../device/facts/facts.ts';
import { boardPaths } from '../shared/helper-protocol.ts';
import type { DeployStep } from './deployment.ts';
import type { LoaderKind } from './loaders/loader.ts';

export interface Release {
  readonly name: string;
  /** The one that boots where this one is not confirmed. */
  readonly previous?: string;
  readonly whole: boolean;
  readonly tried: boolean;
  readonly confirmed: boolean;
}

/** What /sbin/overlay_init is. */
export type OverlayInitIs =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file' }
  | { readonly kind: 'link'; readonly release: string }
  | { readonly kind: 'other-link' };

/** A boot loader's configuration that was found. */
export interface FoundLoader {
  readonly kind: LoaderKind;
  /** Where it is now; for U-Boot the name of the program that writes it. */
  readonly path: string;
  readonly text: string;
  /** Whether what boots was not made from this text yet, and has to be; GRUB only. */
  readonly isBehind?: boolean;
}

/** What this boot says of itself in /run/overlaykit/status.json. */
export interface RunningPlan {
  readonly plan: string;
  readonly rung: string;
  readonly release: string;
}

export interface Look {
  readonly overlayInit: OverlayInitIs;
  readonly releases: readonly Release[];
  readonly running?: RunningPlan;
  /** Another one after every boot. */
  readonly bootId?: string;
  /** Whether the board's shell can tell that two names are of one file, by which a release finds itself. */
  readonly shellHasEf: boolean;
  readonly hasSha256: boolean;
  /** Whether the root has /sbin and /etc at all. */
  readonly hasTree: boolean;
  /** Whether overlay_helper is there to be called. */
  readonly hasHelper: boolean;
}

export interface Scene extends Look {
  readonly facts: Facts;
  /** Where the root of the board's firmware is: empty for /, /rom where a union is at /. */
  readonly root: string;
  readonly loaders: readonly FoundLoader[];
}

/** The root of the board's firmware, under the union that may be at /. */
export function baseRoot(facts: Facts): string {
  const at = mountAt(facts, '/');
  return at?.fstype === 'overlay' && mountAt(facts, boardPaths.oldRoot) !== undefined
    ? boardPaths.oldRoot
    : '';
}

/** What is mounted at a place now. */
export function mountAt(facts: Facts, target: string): Mount | undefined {
  const mounts = knownValue(facts.storage.mounts) ?? [];
  return mounts.findLast((mount) => mount.target === target && !mount.hidden);
}

/** What is mounted as the root of the board's firmware. */
export function rootMount({ facts, root }: Pick<Scene, 'facts' | 'root'>): Mount | undefined {
  return mountAt(facts, root === '' ? '/' : root);
}

export function rootIsReadOnly(scene: Scene): boolean {
  const mount = rootMount(scene);
  return mount !== undefined && (mount.options.includes('ro') || mount.superOptions.includes('ro'));
}

/** The steps, with the root mounted for writing meanwhile. */
export function withRootOpen(scene: Scene, steps: readonly DeployStep[]): readonly DeployStep[] {
  const close: readonly DeployStep[] = rootIsReadOnly(scene) ? [{ kind: 'close-root' }] : [];
  return [{ kind: 'open-root' }, ...steps, ...close];
}

const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const status = z.object({ plan: z.string(), rung: z.string(), release: z.string().default('') });

/** Reads what deploy_look prints. Lines of any other form are passed over: a board may say what it likes. */
export function readLook(text: string): Look | undefined {
  const lines = text.split('\n');
  if (!lines.includes('end')) return undefined;
  const first = (word: string): string | undefined =>
    lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  const running = parsedStatus(first('status'));
  const bootId = first('boot');
  return {
    overlayInit: lines.includes('file') ? { kind: 'file' } : linked(first('link')),
    releases: lines.flatMap(releaseOf),
    ...(running === undefined ? {} : { running }),
    ...(bootId === undefined ? {} : { bootId }),
    shellHasEf: lines.includes('ef'),
    hasSha256: lines.includes('sha256sum'),
    hasTree: lines.includes('tree'),
    hasHelper: lines.includes('helper'),
  };
}

function linked(target: string | undefined): OverlayInitIs {
  if (target === undefined) return { kind: 'absent' };
  const release = /^\/etc\/overlaykit\/releases\/([^/]+)\/overlay_init$/.exec(target)?.[1];
  return release === undefined || !name.test(release) ? { kind: 'other-link' } : { kind: 'link', release };
}

function releaseOf(line: string): readonly Release[] {
  const [word, called = '', previous = '-', ...flags] = line.split(' ');
  if (word !== 'release' || !name.test(called) || called.endsWith('.partial')) return [];
  return [
    {
      name: called,
      ...(name.test(previous) ? { previous } : {}),
      whole: flags.includes('overlay_init'),
      tried: flags.includes('tried'),
      confirmed: flags.includes('confirmed'),
    },
  ];
}

function parsedStatus(text: string | undefined): RunningPlan | undefined {
  if (text === undefined) return undefined;
  try {
    return status.parse(JSON.parse(text));
  } catch {
    // Half a status, or another program's: then nobody knows what runs.
    return undefined;
  }
}
