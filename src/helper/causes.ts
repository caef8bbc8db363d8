/**
 * What an errno most likely means on a board, where the kernel's own words do not say: one line for each call and errno, read
 * only when something has failed. One text instead of a table of them: it costs a boot that goes well nothing.
 */

/** The more a line says of the call, the earlier it counts: `mount -t overlay`, `mount -t`, `mount`, and any call. */
/** Made when something fails, and not in each boot. */
function causes(): string {
  return `
mount -t overlay EINVAL: the upper or work directory is unsuitable: not both on one mount, a file system without what overlayfs needs, or an option that this kernel does not know; the kernel log says which
mount -t overlay EBUSY: another union uses this upper or work directory
mount -t overlay ELOOP: one of the layers lies inside another one
mount -t overlay ESTALE: the upper was made over other lower layers
mount -t overlay EROFS: the upper lies on a file system that is read-only
mount -t EINVAL: not this file system, a damaged one, or an option that this kernel does not know; the kernel log says which
mount -t ENODEV: this kernel has no such file system, built in or as a loaded module
mount -t EBUSY: it is mounted already, or something uses the place
mount -t ENOENT: the device or the place is missing
mount -t ENOTDIR: the place is no directory
mount -t ENOTBLK: the device node is no block device
mount -t ENXIO: there is no device behind the device node
mount -t EROFS: the device is read-only, and its journal would have to be replayed
mount -t EACCES: the device is read-only
mount --move EINVAL: not a mount point any more, or the mount it lies in is shared
mount --move ELOOP: the merged root lies inside the mount that is moved
mount --bind EINVAL: it lies in a mount that must not be shown elsewhere
mount EBUSY: something uses the place
pivot_root EINVAL: the root is the initramfs, or a mount is shared, or the merged root is no mount point; enter by chroot
pivot_root EBUSY: the merged root lies on the same mount as the present root
umount2 EBUSY: a program has a file or its working directory there
umount2 EINVAL: nothing is mounted there
execve ENOENT: the program or its interpreter is missing in the merged root
execve ENOEXEC: a program for another architecture, or not a program
execve EACCES: no x permission, or the union or its storage is mounted noexec
execve ELIBBAD: its interpreter is damaged
execve E2BIG: the kernel command line or the environment is too long
access EACCES: no x permission, or the union or its storage is mounted noexec
open ESTALE: the storage was changed underneath the union
open EXDEV: something is mounted there
open ELOOP: a symbolic link is where a file or directory should be
open EINVAL: not a regular file
open ENXIO: a socket, a FIFO, or a device without a driver
open EPERM: it is immutable or append-only; chattr -ia allows it
mkdir EPERM: the directory above is immutable or append-only; chattr -ia allows it
unlink EPERM: the file or its directory is immutable or append-only; chattr -ia allows it
rmdir EPERM: it or the directory above is immutable or append-only; chattr -ia allows it
rename EPERM: it or its directory is immutable or append-only; chattr -ia allows it
unlink EBUSY: something is mounted there
rmdir EBUSY: something is mounted there
mkdir ENOENT: the directory above it is missing in the merged root
read EFBIG: the file is larger than any that belongs there
write EFBIG: the storage is full
setxattr ENOSPC: the storage is full, or the file system has no more room for attributes of this file
setxattr EOPNOTSUPP: the file system has no extended attributes of this kind
ENOSPC: the storage is full
EDQUOT: the storage is full
EROFS: the union is read-only: the kernel mounts it so when it cannot make its work directory, or when the file system below has met an error
EIO: the storage or the root device reports read or write errors
EUCLEAN: the file system on the storage is damaged
ENOMEM: no memory left
ENFILE: too many files are open
EMFILE: too many files are open
ENOTDIR: a file is where a directory should be
ENAMETOOLONG: a name or path longer than the file system takes
ENOSYS: this kernel does not have the call
EPERM: not allowed: is this root?
ELOOP: symbolic links in a circle
ESTALE: the storage was changed underneath the union
`;
}

/**
 * The likely cause.
 * @param syscall as a KernelError names it, such as "open" or "mount -t ext4"
 * @param code name of the errno
 * @returns undefined where the errno's name says enough
 */
export function likelyCause(syscall: string, code: string): string | undefined {
  const words = syscall.split(' ');
  for (let count = words.length; count >= 0; count--) {
    const found = lineFor([...words.slice(0, count), code].join(' '));
    if (found !== undefined) return found;
  }
  return undefined;
}

function lineFor(key: string): string | undefined {
  const all = causes();
  const mark = `\n${key}: `;
  const at = all.indexOf(mark);
  if (at < 0) return undefined;
  const from = at + mark.length;
  return all.slice(from, all.indexOf('\n', from));
}
