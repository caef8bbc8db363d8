/** Checks that an image has what the plan needs on the board: found here it costs a message, found at boot it costs a board. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { noDirectory } from './edit.ts';
import { resolve } from './resolve.ts';
import { type DirectoryNode, kindNames } from './tree.ts';

/** Where overlay_init's $PATH looks for applets. */
export const defaultPath: readonly string[] = ['/bin', '/sbin', '/usr/bin', '/usr/sbin'];

/** One diagnostic for all mount points that are missing, and one for each path that cannot be one. */
export function checkMountPoints(root: DirectoryNode, mountPoints: readonly string[]): readonly Diagnostic[] {
  const missing: string[] = [];
  const problems: Diagnostic[] = [];
  for (const path of mountPoints) {
    const found = resolve(root, path);
    if (found.kind === 'missing') missing.push(path);
    else if (found.kind !== 'found' || found.node.kind !== 'directory')
      problems.push(noDirectory(path, found));
  }
  if (missing.length > 0) {
    problems.unshift({
      code: 'OVL356',
      severity: 'error',
      message: `the root image has no ${missing.join(', ')} to mount on`,
      because: 'the root is read-only when the board boots, so overlay_init cannot make directories in it',
      fix: 'let them be made: --add-mount-points',
    });
  }
  return problems;
}

/** One diagnostic for all applets that `path` does not lead to. */
export function checkApplets(
  root: DirectoryNode,
  applets: readonly string[],
  path: readonly string[],
): readonly Diagnostic[] {
  const missing = applets.filter(
    (applet) => !path.some((folder) => notExecutable(root, `${folder}/${applet}`) === undefined),
  );
  if (missing.length === 0) return [];
  return [
    {
      code: 'OVL357',
      severity: 'error',
      message: `the root image lacks ${missing.join(', ')}`,
      because: `overlay_init calls ${missing.length === 1 ? 'it' : 'them'}, and no executable file of that name is in ${path.join(', ')}`,
      fix: "add the applets to the board's busybox, or take them out of the board file's applets list",
    },
  ];
}

/** What has to be there to be executed: overlay_init's own shell, and the init that takes over. */
export function checkPrograms(
  root: DirectoryNode,
  programs: readonly { readonly path: string; readonly need: string }[],
): readonly Diagnostic[] {
  return programs.flatMap(({ path, need }): readonly Diagnostic[] => {
    const reason = notExecutable(root, path);
    if (reason === undefined) return [];
    return [
      {
        code: 'OVL358',
        severity: 'error',
        message: `the root image has no ${path}: ${reason}`,
        because: need,
        fix: `add it to the root image, or name the right one in the board file`,
      },
    ];
  });
}

/** Why the path cannot be executed on the board; undefined where it can. */
function notExecutable(root: DirectoryNode, path: string): string | undefined {
  const found = resolve(root, path);
  switch (found.kind) {
    case 'missing':
      return 'it is not there';
    case 'dangling':
      return 'a symbolic link leads to nothing';
    case 'loop':
      return 'symbolic links lead round in a circle';
    case 'not-a-directory':
      return 'a file stands where a directory must be';
    case 'found':
      if (found.node.kind !== 'file') return `it is ${kindNames[found.node.kind]}`;
      return (found.node.mode & 0o111) === 0 ? 'it is not executable' : undefined;
  }
}
