/** The type bits of a file's mode; Linux has the same on every architecture. */
const typeBits = 0o170000;

export function isDirectory(mode: number): boolean {
  return (mode & typeBits) === 0o040000;
}

export function isRegular(mode: number): boolean {
  return (mode & typeBits) === 0o100000;
}

export function isSymlink(mode: number): boolean {
  return (mode & typeBits) === 0o120000;
}

export function isSocket(mode: number): boolean {
  return (mode & typeBits) === 0o140000;
}

export function isWhiteout(mode: number, rdev: number): boolean {
  return (mode & typeBits) === 0o020000 && rdev === 0;
}
