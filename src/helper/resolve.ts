/** Where a path leads inside the merged root, while that is not `/` yet. */
import { isSymlink } from './mode.ts';
import type { Port } from './port.ts';
import { attemptInside, Unfit } from './trouble.ts';

/** As many as the kernel follows (MAXSYMLINKS). */
const maxLinks = 40;

export interface Inside {
  /** The path as seen from here, with no symbolic link in it. */
  readonly outside: string;
  readonly mode: number;
  readonly size: number;
}

/**
 * Follows a path as a process in the merged root would: absolute links start at that root, `..` stops there.
 * @throws Unfit where something on the way is missing, or the links go round in a circle
 */
export function resolveInside(port: Port, root: string, path: string): Inside {
  const pending = lastFirst(path);
  const walked: string[] = [];
  let links = 0;
  while (pending.length > 0) {
    const name = pending.pop() ?? '';
    if (name === '.') continue;
    if (name === '..') {
      walked.pop();
      continue;
    }
    const here = `${root}${under(walked)}/${name}`;
    if (!isSymlink(entry(port, here, path).mode)) {
      walked.push(name);
      continue;
    }
    if (++links > maxLinks) throw new Unfit(`${path}: more than ${maxLinks} symbolic links`);
    const target = attemptInside(`cannot read the link ${here}`, () => port.readlink(here));
    if (target.startsWith('/')) walked.length = 0;
    pending.push(...lastFirst(target));
  }
  const outside = root + under(walked);
  return { outside, ...entry(port, outside, path) };
}

function entry(port: Port, here: string, path: string): { readonly mode: number; readonly size: number } {
  const status = attemptInside(`cannot look at ${here}`, () => port.lstat(here));
  if (status === undefined) {
    throw new Unfit(`${path} does not exist in the merged root: nothing at ${here}`);
  }
  return status;
}

/** The names of a path, the one to be followed first at the end. */
function lastFirst(path: string): string[] {
  const names = path.split('/');
  const pending: string[] = [];
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    if (name !== '') pending.push(name);
  }
  return pending;
}

function under(walked: readonly string[]): string {
  return walked.map((name) => `/${name}`).join('');
}
