/** What goes wrong, in one line that names the errno and its likely cause. */
import { isKernelError } from './port.ts';

/** The merged root is not fit to be entered: the ladder's next rung is better. Anything else thrown is the helper's own. */
export class Unfit extends Error {}

/** The words make no sense for this verb; its usage is what to say. */
export class WrongWords extends Error {}

/** What was asked for is not possible as things are; nothing was changed. */
export class Refused extends Error {}

/**
 * The likely cause of an errno, where the kernel's reason is not what the name says. "mount" here is always a move or a
 * bind: the helper mounts nothing else.
 */
const causes: Readonly<Record<string, string>> = {
  'open ENOSPC': 'the storage is full',
  'open EDQUOT': 'the storage is full',
  'open ESTALE': 'the storage was changed underneath the union',
  'write ENOSPC': 'the storage is full',
  'write EDQUOT': 'the storage is full',
  'write EFBIG': 'the storage is full',
  'close ENOSPC': 'the storage is full',
  'mkdir ENOSPC': 'the storage is full',
  'fsync ENOSPC': 'the storage is full',
  'symlink ENOSPC': 'the storage is full',
  'mknod ENOSPC': 'the storage is full',
  'link ENOSPC': 'the storage is full',
  'rename ENOSPC': 'the storage is full',
  'setxattr ENOSPC': 'the storage is full, or the file system has no more room for attributes of this file',
  'truncate ENOSPC': 'the storage is full',
  'open EXDEV': 'something is mounted there',
  'open ELOOP': 'a symbolic link is where a file or directory should be',
  'open EINVAL': 'not a regular file',
  'unlink EPERM': 'the file or its directory is immutable or append-only; chattr -ia allows it',
  'rmdir EPERM': 'it or the directory above is immutable or append-only; chattr -ia allows it',
  'rename EPERM': 'it or its directory is immutable or append-only; chattr -ia allows it',
  'unlink EBUSY': 'something is mounted there',
  'rmdir EBUSY': 'something is mounted there',
  'mkdir ENOENT': 'the directory above it is missing in the merged root',
  'read EFBIG': 'the file is larger than any that belongs there',
  'access EACCES': 'no x permission, or the union or its storage is mounted noexec',
  'mount EINVAL': 'not a mount point any more, or the mount it lies in is shared',
  'mount ELOOP': 'the merged root lies inside the mount that is moved',
  'mount EBUSY': 'something uses the place',
  'pivot_root EINVAL':
    'the root is the initramfs, or a mount is shared, or the merged root is no mount point; enter by chroot',
  'pivot_root EBUSY': 'the merged root lies on the same mount as the present root',
  'execve ENOENT': 'the program or its interpreter is missing in the merged root',
  'execve ENOEXEC': 'a program for another architecture, or not a program',
  'execve EACCES': 'no x permission, or the union or its storage is mounted noexec',
  'execve ELIBBAD': 'its interpreter is damaged',
};

/** Causes that are the same for every call. */
const anywhere: Readonly<Record<string, string>> = {
  EROFS: 'the union is read-only: the kernel mounts it so when it cannot make its work directory',
  EIO: 'the storage or the root device reports read or write errors',
  EUCLEAN: 'the file system on the storage is damaged',
  ENOMEM: 'no memory left',
  EPERM: 'not allowed: is this root?',
  ELOOP: 'symbolic links in a circle',
};

/** "WHAT: ERRNO (cause)" for a system call, "WHAT: message" for anything else; always one line of printable ASCII. */
export function reason(what: string, error: unknown): string {
  return oneLine(`${what}: ${explained(error)}`);
}

function explained(error: unknown): string {
  if (!isKernelError(error)) return error instanceof Error ? error.message : String(error);
  const cause = causes[`${error.syscall} ${error.code}`] ?? anywhere[error.code];
  return cause === undefined ? `${error.syscall} ${error.code}` : `${error.syscall} ${error.code} (${cause})`;
}

/** Runs one action; what it throws gets the words of what was being tried in front. */
export function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isKernelError(error)) throw error;
    throw new Error(reason(what, error));
  }
}

/** The same, for what only a broken merged root can make fail. */
export function attemptInside<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isKernelError(error)) throw error;
    throw new Unfit(reason(what, error));
  }
}

const maxLine = 400;

/** The kernel log and the environment take one short line; a path may have anything in it. */
export function oneLine(text: string): string {
  let line = '';
  for (let index = 0; index < text.length && index < maxLine; index++) {
    const char = text.charCodeAt(index);
    line += char >= 0x20 && char < 0x7f ? text.charAt(index) : '?';
  }
  return line;
}
