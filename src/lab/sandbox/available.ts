/**
 * Whether this machine lets us make namespaces, and if not, which setting is in the way.
 *
 * In: the machine, tried once. Out: the mode, or a Diagnostic that names the sysctl.
 */
import { readFileSync } from 'node:fs';
import { execaSync } from 'execa';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { findTool } from '../../system/tools.ts';

/**
 * `root`: mount namespaces of the machine's root, who may mount squashfs and ext4 images. `user`: inside a user namespace,
 * where the kernel mounts tmpfs, proc and overlay only.
 */
export type NamespaceMode = 'root' | 'user';

export const unshareFor = {
  root: ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'],
  user: ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
} as const satisfies Record<NamespaceMode, readonly string[]>;

let found: { readonly mode: NamespaceMode | undefined } | undefined;

/** The best mode that works here; tried by doing it, since no file tells it for sure. */
export function namespaceMode(): NamespaceMode | undefined {
  found ??= { mode: findMode() };
  return found.mode;
}

/** Why the sandbox cannot run here; undefined where it can. */
export function sandboxUnavailable(): Diagnostic | undefined {
  if (namespaceMode() !== undefined) return undefined;
  if (findTool('unshare') === undefined) {
    return unavailable('the program "unshare" is not installed', 'apt-get install util-linux');
  }
  return (
    blockedBy(readSysctl) ?? unavailable('the kernel or a container refuses new namespaces', anotherMachine)
  );
}

const anotherMachine = 'run as root outside of containers, or use another machine (--machine qemu)';

/** The settings that keep users from making namespaces, with the value that does. */
const blockers = [
  { name: 'user.max_user_namespaces', blocks: '0', free: '10000' },
  { name: 'kernel.unprivileged_userns_clone', blocks: '0', free: '1' },
  { name: 'kernel.apparmor_restrict_unprivileged_userns', blocks: '1', free: '0' },
] as const;

/** The first setting that keeps users from making namespaces. */
export function blockedBy(read: (name: string) => string | undefined): Diagnostic | undefined {
  const blocker = blockers.find(({ name, blocks }) => read(name) === blocks);
  if (blocker === undefined) return undefined;
  return unavailable(
    `the sysctl ${blocker.name} is ${blocker.blocks}, which keeps users from making namespaces`,
    `sysctl -w ${blocker.name}=${blocker.free}    (as root), or run as root`,
  );
}

function unavailable(because: string, fix: string): Diagnostic {
  const message = 'the namespace sandbox cannot run on this machine';
  return { code: 'OVL431', severity: 'error', message, because, fix };
}

function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function findMode(): NamespaceMode | undefined {
  const unshare = findTool('unshare');
  if (unshare === undefined) return undefined;
  const modes: readonly NamespaceMode[] = process.getuid?.() === 0 ? ['root', 'user'] : ['user'];
  return modes.find((mode) => !execaSync(unshare, [...unshareFor[mode], 'true'], { reject: false }).failed);
}
