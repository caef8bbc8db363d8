import type { CodeEntry } from './entry.ts';

/** OVL6xx: Unsuitable devices. */
export const deviceCodes = {
  OVL601: {
    title: 'what answers runs no shell script',
    explanation: `The login worked, but the commands that follow are not run by a POSIX shell: a menu, a shell of the maker, a user with
/bin/false, or a server that is no board at all. overlaykit needs sh on the board and nothing else to look at it. "because"
has what was answered. Nothing was changed.`,
  },
  OVL602: {
    title: 'the board has another processor than its board file says',
    explanation: `The architecture is read from the header of a program that runs on the board, because uname tells that of the kernel only.
overlay_helper for another one does not start, and overlay_init would go on without it. Correct "arch", or see whether
it is the right board that answers.`,
  },
  OVL603: {
    title: 'this is another board than the one that the board file is for',
    explanation: `"compatible" lists names from the device tree of the boards that a file is made for, and the board that answers has none
of them. A plan for other flash and another kernel can leave a board without storage or unbootable, so nothing is done.
Where the file does fit, because the maker only changed the name, add the name to "compatible".`,
  },
  OVL604: {
    title: 'the board runs another kernel than its board file says',
    explanation: `Plans and checks follow kernel.version: options of overlayfs, drivers and their limits came with certain releases. A board
with an older kernel may refuse what the plan asks for. With a newer one it is a warning: correct the file, and make
and test the bundle with the version that the boards really have.`,
  },
  OVL605: {
    title: 'the kernel of the board cannot mount what the plan mounts',
    explanation: `A file system that the board file counts on is not in /proc/filesystems of the board. Either the kernel has no driver for
it, or it has one as a module that kernel.modules does not name: overlay_init runs before anything loads modules by
itself. That the module is loaded now means nothing for the next boot.`,
  },
  OVL606: {
    title: 'the board lacks programs that overlay_init calls',
    explanation: `overlay_init is a shell script and calls applets of the board by name. The message lists those that no directory of the
board's PATH has. Build the board's busybox with them, or build with overlay_helper, which does most of the work itself.`,
  },
  OVL607: {
    title: 'the board does not have the storage of its board file',
    explanation: `No MTD partition, label, UUID or device node as storage.find names it is on the board, or more than one is. overlay_init
would wait for it at each boot, give up, and keep changes in memory only. "because" lists what the board does have.`,
  },
  OVL608: {
    title: 'the storage of the board is not as its board file says',
    explanation: `Size, erase block or file system differ. They are the proof that the partition is the one that is meant: overlay_init
compares the size before it touches anything and leaves another one alone. See which of both is right before you
change the file: a new partition table may have moved something else to that name.`,
  },
  OVL609: {
    title: 'directories that are mounted on are not as the plan needs them',
    explanation: `overlay_init mounts while the root is still read-only, so each mount point has to be a directory of the root already, and
the one for the union should be empty: what is in it cannot be seen meanwhile. "ovl image" adds them to a root image.`,
  },
  OVL610: {
    title: 'the root of the board is of another type',
    explanation: `root.type says what lies below the union, and another file system is mounted there on the board. Where a union runs
already, the one at /rom is compared. A root that can be written (ext4 mounted rw) is no read-only base.`,
  },
  OVL611: {
    title: 'the login is not that of root',
    explanation: `Mounting, flash and the root of the board are root's alone, and part of what is to be seen is hidden from others. Log in as
root; overlaykit runs no sudo on boards.`,
  },
  OVL612: {
    title: 'the clock of the board is not set',
    explanation: `Boards without a battery start in 1970 or at the date of their firmware until they ask a time server. overlaykit compares
contents and never times, so it works; but TLS, logs, make and backups on the board go wrong.`,
  },
  OVL613: {
    title: 'something of the board cannot be compared',
    explanation: `What the board file says could not be held against the board, because the board does not tell: a program is missing, or
a file is not there or not readable. "because" says which. It is not taken for a pass.`,
  },
  OVL614: {
    title: 'a union on this storage cannot do something',
    explanation: `With --scratch a union is mounted on a directory of the board's own storage, and files are made, renamed and deleted in it.
This failed there, so it will fail in the merged root too. JFFS2 without OpenWrt's patches cannot rename files of the
root; file systems without extended attributes, such as VFAT and NFS, carry no union at all.`,
  },
  OVL615: {
    title: 'the storage of the board is full',
    explanation: `overlay_init writes its state at every boot and leaves a reserve of 128 KiB for it. With less, or without a free inode,
a boot falls back to the previous state or to memory. Delete generations (overlay_helper list, drop) or changes.`,
  },
  OVL620: {
    title: 'the board has no overlay_helper',
    explanation: `Snapshots, rollbacks, resets and looks into the storage are done by /sbin/overlay_helper on the board, which knows how to
change its state so that a power cut leaves the old or the new one. The bundle was built with --no-helper, or the file was
removed. "ovl status" and "ovl log" say without it what the running boot has noted. Nothing was changed.`,
  },
  OVL621: {
    title: 'the overlay_helper on the board does not know this',
    explanation: `The helper came with the bundle that was deployed last, and an older one has fewer verbs and options. Nothing was done.
Deploy a bundle of this version of overlaykit; "overlay_helper version" on the board says which one it has.`,
  },
  OVL622: {
    title: 'the board refuses: it is not possible as things are',
    explanation: `overlay_helper looked first and changed nothing; "because" has its reason. Typical: the board runs on a rung in memory, so
there is no generation to copy or to reset; the copy does not fit; a generation of that name is there already, or none; the
storage is of a newer overlaykit, which an older one does not write to.`,
  },
  OVL623: {
    title: 'overlay_helper failed while it looked',
    explanation: `It was asked to look and not to change anything, and ended otherwise than it should: a storage that cannot be read, too
little memory, a program for another processor, or something that is no overlay_helper. "because" has its last words, the
kernel log of the board more. Nothing was changed.`,
  },
  OVL624: {
    title: 'the answer of the board makes no sense',
    explanation: `What boards say of themselves is checked before anything is believed: its schema, its types, its lengths. This answer is
of another version of overlay_helper, cut off, or made up. Nothing was changed.`,
  },
  OVL625: {
    title: 'the board was not booted by overlay_init',
    explanation: `There is no /run/overlaykit/status.json, which overlay_init leaves of each boot, and no overlay_helper. It is another
board, or its kernel command line says nothing of init=/sbin/overlay_init. "ovl probe" tells what the board has.`,
  },
} as const satisfies Record<string, CodeEntry>;
