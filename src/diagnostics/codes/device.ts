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
    explanation: `overlay_helper looked first and changed nothing; "because" has its reason. Typical: the copy does not fit; a
generation of that name is there already, or none; the board runs on the read-only root, which has no generation; the storage
is of a newer overlaykit, which an older one does not write to.`,
  },
  OVL623: {
    title: 'overlay_helper failed while it looked',
    explanation: `It was asked to look and not to change anything, and ended otherwise than it should: a storage that cannot be read, too
little memory, a program for another processor, or something that is no overlay_helper. "because" has its last words, the
kernel log of the board more. Nothing was changed. A measurement ("ovl bench") that was killed may have left a directory
overlaykit/bench on the storage; the next one, a sweep or a boot removes it.`,
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
  OVL626: {
    title: 'what was fetched from the board is not whole',
    explanation: `The board counts what it sends and sums it up (CRC-32), and tells both at the end. They differ from what arrived, or the
end is missing. Nothing was written under the name of the file that was asked for, and nothing was changed on the board.`,
  },
  OVL627: {
    title: 'the overlay_helper on the board lacks its verbs',
    explanation: `What a running board can be asked is in a file beside the helper, /sbin/overlay_helper.verbs, which a boot does not need.
It is missing, cut short or damaged, or it came with another overlay_helper: "because" says which. Where the root is a
union, a copy of it in the upper may hide the base's: compare it with /rom/sbin/overlay_helper.verbs, and copy that over it.
Nothing was done; the board boots and falls back as ever.`,
  },
  OVL628: {
    title: 'the board keeps its changes in memory',
    explanation: `Where changes are in memory there are no generations, so there is none to copy, to confirm or to go back to;
and a restart ("ovl restart") is the reset: it forgets all changes. Either the board has no storage, as a kiosk on tmpfs,
or it could not use it in this boot, and "ovl status" says why. Where it has one, "ovl commit" brings the changes at a path
to it while the board runs. "ovl pull" copies them to this machine from any board. Nothing was changed.`,
  },
  OVL652: {
    title: 'the board has no init where the plan executes one',
    explanation: `When the union is mounted, overlay_init executes enter.init in it. Nothing is there on this board, or it may not be
executed. Look where the board's init is (readlink /proc/1/exe as root) and name it in the board file: enter: { init:
... }.`,
  },
  OVL655: {
    title: 'the root of the board cannot take a deployment file by file',
    explanation: `A release is put into a root that can be mounted for writing, such as ext4, and its plan has to be made for such a
root. squashfs, cramfs and their like are written as a whole: make a root image with "ovl image" and give it with
--image, and the partition that the board does not run from with --slot. Nothing was changed.`,
  },
  OVL656: {
    title: 'the root of the board has too little room for a release',
    explanation: `The new release is written beside the one that boots now, which is kept until the new one is confirmed. The message
says what is needed and what is free. Old releases are deleted by themselves; delete something else, or leave out the
helper, which is the largest file: ovl build --no-helper.`,
  },
  OVL657: {
    title: 'the partition that was named is not what the board has',
    explanation: `A root image is written to a partition only where everything that is known of it agrees: its name and number in
/proc/mtd (mtd5:rootfs2 names both), its place in /proc/partitions, and room for the image. A partition table that has
moved since would otherwise cost the board's boot loader or its calibration data. "ovl probe HOST" shows what is
there.`,
  },
  OVL658: {
    title: 'the partition that was named is in use',
    explanation: `Something is mounted from it, by whatever name, or the kernel has booted from it. Writing below a mounted file system
destroys it while programs run from it. Choose the slot that is not in use; where the board has only one, write the
image as its maker says, from the boot loader.`,
  },
  OVL659: {
    title: 'the board has no program that writes flash',
    explanation: `Flash is erased before it is written, and NAND has bad blocks that are stepped over; dd knows neither. OpenWrt has
mtd, others have flashcp of mtd-utils. Neither was found in the PATH of the board.`,
  },
  OVL660: {
    title: 'the boot loader cannot be told to start overlay_init',
    explanation: `The kernel executes /sbin/overlay_init only where its command line says init=/sbin/overlay_init. ovl knows cmdline.txt
of the Raspberry Pi, extlinux.conf, GRUB (with update-grub, or grub.cfg itself), and U-Boot's bootargs by fw_setenv.
None was found, or the one that was found has a form that ovl does not change blindly, such as a U-Boot script that
builds bootargs at every boot. Change the boot loader by hand, and say --loader none.`,
  },
  OVL662: {
    title: 'the board cannot hold releases',
    explanation: `A release finds out at boot which one it is by comparing files with [ FILE -ef FILE ], which ash, dash and mksh have
built in; and it lies in /etc/overlaykit, beside /sbin. This board lacks one of these. A root image needs neither.`,
  },
  OVL665: {
    title: 'a folder of the read-only root cannot be exchanged',
    explanation: `ovl push switches by a rename, so that the board has the old folder or the new one at every moment. A union cannot rename
a directory of a layer below (EXDEV): mv would copy it and delete it file by file, and the power can go in the
middle. Name a folder that the root image does not have, and let what uses it look there; or put the folder into the root
image with ovl image.`,
  },
  OVL664: {
    title: 'the union cannot be tried on this board',
    explanation: `"ovl try" mounts a union beside the running root, with its changes in memory, and the kernel or the board lacks
something for that: a union system, a file system in memory to put it on, or the room for it. "because" quotes what
the board said. What had been mounted is unmounted again; nothing was changed.`,
  },
  OVL663: {
    title: 'the boot loader is left to you',
    explanation: `With --loader none nothing but files of the root is changed. Until the kernel command line has the words of the
message, the board boots as before, and the new release waits. It is tried at the first boot that has them, and
confirmed by the same ovl deploy once more.`,
  },
} as const satisfies Record<string, CodeEntry>;
