import type { CodeEntry } from './entry.ts';

/** OVL12x to OVL16x: board files whose keys are right one by one and wrong together. */
export const boardCheckCodes = {
  OVL120: {
    title: 'a storage key does not go with the storage type',
    explanation: `The key says something about a partition, a flash or an image file that this type of storage does not have: a tmpfs
with an MTD name, an ext4 file system with an erase block. One of the two is a mistake, and which one decides what is
written to.`,
  },
  OVL121: {
    title: 'nothing says where the storage is',
    explanation: `Every storage but tmpfs is found by one key under storage.find: mtd, mtd_number, ubi, label, uuid or path;
storage.type file needs the path of the image file as well. overlay_init never searches for something that looks
usable: the wrong partition may hold the boot loader or calibration data.`,
  },
  OVL122: {
    title: 'the storage is found in two ways',
    explanation: `storage.find has exactly one key. With two of them, two partitions can match, and nothing says which one is meant. The
name of an MTD partition, a UBI volume or a UUID moves least when the layout changes; numbers and device nodes move
most.`,
  },
  OVL123: {
    title: 'this type of storage cannot be found this way',
    explanation: `JFFS2 lives on MTD partitions, which have names and numbers (/proc/mtd); mount takes them as mtd:NAME, mtdN or
/dev/mtdblockN. UBIFS lives on UBI volumes. ext4 and f2fs live on block devices, which have labels, UUIDs (blkid) and
device nodes. /dev/mtdN without "block" is the raw character device and cannot be mounted at all.`,
  },
  OVL124: {
    title: 'the sizes contradict each other',
    explanation: `storage.size, min_size and max_size are checked on the board before the partition is touched, and a partition that
fails is left alone. Bounds that exclude each other exclude every partition. With storage.type tmpfs, storage.size and
tmpfs.size are the same limit and have to agree.`,
  },
  OVL125: {
    title: 'the storage is not a whole number of erase blocks',
    explanation: `Flash is erased in whole blocks. The kernel makes an MTD partition that does not end on an erase block read-only
(dmesg: "doesn't end on an erase block -- force read-only"), and JFFS2 cannot be written there. Mostly the size was
copied wrongly: /proc/mtd prints size and erase size in hexadecimal.`,
  },
  OVL126: {
    title: 'the storage is too small for JFFS2',
    explanation: `JFFS2 refuses to mount fewer than five erase blocks ("Too few erase blocks", EINVAL), and keeps two blocks plus two
percent in reserve for garbage collection: of five blocks of 64 KiB, about two can be filled. OpenWrt routers with 4
MiB of flash meet this when the root image grows: the board boots, and silently keeps everything in memory.

Make the root image smaller, or the erase block (4 KiB sectors, where flash and driver allow it), or give persistence
up with storage.type: tmpfs.`,
  },
  OVL127: {
    title: 'the storage cannot be mounted with this option',
    explanation: `Each entry of storage.options is one option of mount. "ro" would make the writable layer read-only, "remount", "bind"
and "move" mean something else than mounting a file system, and commas separate entries only later, on the command
line.`,
  },
  OVL128: {
    title: 'JFFS2 without RENAME_WHITEOUT: some renames will fail',
    explanation: `overlayfs renames with RENAME_WHITEOUT and RENAME_EXCHANGE on its upper. JFFS2 of kernel.org has neither; OpenWrt has
carried patches for both since 2015. On an unpatched kernel the overlay mounts and files can be made, changed and
deleted, but with EINVAL fail: rename of a file or directory that the read-only root has, rmdir of a directory of the
read-only root after something in it was deleted, mkdir where something of the read-only root was deleted. Programs
that save by writing a new file and renaming it over the old one are not concerned: the new file is in the upper
already.

If the kernel has the patches, say kernel.jffs2_rename_whiteout: true. Else avoid these operations, or use ext4, f2fs
or UBIFS.`,
  },
  OVL129: {
    title: 'the kernel lacks a file system that the board needs',
    explanation: `kernel.filesystems says what /proc/filesystems lists on the board once the modules of kernel.modules are loaded.
Something that this board mounts is not in it; mount would answer ENODEV, which shells print as "No such device" and
people mistake for a missing partition.

If the list in the board file is incomplete, complete it. Else build the driver into the kernel, or list its module.`,
  },
  OVL130: {
    title: 'the kernel is too old or too new for what the board file names',
    explanation: `Linux has overlay since 3.18. Before, distributions and OpenWrt patched it in under the name overlayfs, without a
workdir; older routers had mini_fo. squashfs came with 2.6.29, f2fs with 3.8, erofs with 4.19.

Vendors patch kernels: list what /proc/filesystems has under kernel.filesystems, and overlaykit believes the list.`,
  },
  OVL131: {
    title: 'union.options names an option that overlaykit sets',
    explanation: `lowerdir, upperdir and workdir (base and sto for mini_fo) follow from the root, the layers and the storage of the
board file. upperdir and workdir have to be on the same mount, neither inside the other: overlaykit puts them side by
side on the storage.`,
  },
  OVL132: {
    title: 'the union system does not take this option',
    explanation: `An option that the kernel does not know fails the whole mount with EINVAL. Some known ones are refused for what they
do on a board: a volatile upper cannot be mounted again after a power cut.`,
  },
  OVL133: {
    title: 'the option of the union system has no such value',
    explanation: `The kernel fails the mount with EINVAL when it does not know the value of an option. The message lists the values.`,
  },
  OVL134: {
    title: 'options of the union system contradict each other',
    explanation: `Some options of overlayfs need others, and some exclude each other: metacopy=on needs redirect_dir=on, nfs_export=on
needs index=on and excludes metacopy=on. The kernel refuses such a mount, or switches one of them off with only a line
in dmesg. overlaykit states every option in full, so a default of the kernel never fills the gap.`,
  },
  OVL135: {
    title: 'the option is newer than the kernel',
    explanation: `Options of overlayfs came one by one: redirect_dir 4.10, index 4.13, nfs_export 4.16, xino 4.17, metacopy 4.19, uuid
6.6. An older kernel fails the mount with EINVAL ("unrecognized mount option").`,
  },
  OVL136: {
    title: 'with this option the upper does not survive an update of the root',
    explanation: `redirect_dir, index and metacopy make the upper refer to inodes or to data of the very root image that it was made on.
Put another image under it, and overlayfs mounts with ESTALE, shows empty directories, or serves new data under old
owners. With squashfs, which has no UUID, index=on can even show the content of another file, without an error.

The options are allowed for boards whose root never changes, or whose upper is reset with every update.`,
  },
  OVL137: {
    title: 'a layer has no source, or two',
    explanation: `A further read-only layer is mounted from a block device ("device") or from an image file inside the root ("file"):
from exactly one of them.`,
  },
  OVL138: {
    title: 'two layers have the same name',
    explanation: `Layers are mounted at /run/overlaykit/layers/NAME. With one name for two, the second would cover the first.`,
  },
  OVL139: {
    title: 'the union system cannot stack further layers',
    explanation: `overlay takes several lower layers since Linux 4.0. mini_fo merges one base and one storage, overlayfs before 3.18 one
lowerdir and one upperdir, and a dm-snapshot covers one block device.`,
  },
  OVL140: {
    title: 'the ladder is out of order',
    explanation: `The boot climbs the ladder down from its first rung: persistent, tmpfs, read-only, rescue. Each rung keeps less than
the one before. A rung that stands twice, or below one that keeps less, is tried when it is of no use.`,
  },
  OVL141: {
    title: 'a rung of the ladder cannot be reached',
    explanation: `The rescue rung is a shell on the console. It does not fail, so what stands below it is never tried.`,
  },
  OVL142: {
    title: 'a persistent rung on volatile storage',
    explanation: `tmpfs is memory. A rung "persistent" on it would promise what it cannot keep, to people and to programs that read the
state of the board. With storage.type tmpfs the default ladder is tmpfs, read-only, rescue.`,
  },
  OVL143: {
    title: 'the storage is never used',
    explanation: `Only a ladder with the rung "persistent", or one that begins with tmpfs and so with what was committed to the storage,
mounts it. Without either the storage that the board file describes stays untouched.`,
  },
  OVL144: {
    title: 'mode application without an application',
    explanation: `With mode application the system stays on the read-only root and one program runs in the union; application.command
says which, with its arguments, as a list.`,
  },
  OVL145: {
    title: 'an application without mode application',
    explanation: `application.command is only used with mode application. With mode system the whole board runs in the merged root and
starts its programs itself.`,
  },
  OVL146: {
    title: 'the union cannot be mounted at this place',
    explanation: `enter.newroot is an empty directory of the read-only root. overlaykit mounts the storage at /overlay, moves the old
root to /rom, and needs /proc, /sys, /dev and /run for what they are for; a union at, above or inside one of them
would hide it.`,
  },
  OVL147: {
    title: 'init is overlay_init itself',
    explanation: `enter.init is what overlay_init executes when the merged root is ready. If it is overlay_init, it starts over inside
the merged root, mounts another union, and so on until the kernel refuses. "init=/sbin/overlay_init" belongs on the
kernel command line; enter.init is the board's own init.`,
  },
  OVL148: {
    title: 'a kept path makes no sense',
    explanation: `"keep" lists the paths that a factory reset leaves alone. "/" would keep everything; a path under /proc, /sys, /dev,
/run, /rom or /overlay is not part of the writable layer; a path inside another one is kept with it.`,
  },
  OVL149: {
    title: 'nothing can ask for a factory reset',
    explanation: `All triggers of a reset are switched off. When a setting locks everybody out, the board has to be opened and its flash
written from outside. The request file and the word on the kernel command line cost nothing while nobody uses them.`,
  },
  OVL150: {
    title: 'an identity path makes no sense',
    explanation: `"identity" lists what makes one board differ from the next: host keys, certificates, machine-id. It is kept beside the
uppers and copied into each generation that boots. "/" would copy everything; what lies under /proc, /sys, /dev, /run,
/tmp, /rom or /overlay is no part of the upper; a path inside another one follows that one's policy. On tmpfs there is
no place to keep it.`,
  },
  OVL151: {
    title: 'a path is both kept and part of the identity',
    explanation: `"keep" copies a path from the old upper into the new one when a factory reset is done. "identity" copies it from a store
of its own whenever another generation boots, by its policy: keep, new or provisioned. A path under both would be copied
twice, with two contents, and with policy new one would undo the other. Most that is listed under "keep" for being
particular to the board belongs under "identity".`,
  },
  OVL152: {
    title: 'the reset button or variable is not said clearly',
    explanation: `reset.gpio names one line: by "number", as /sys/class/gpio counts all lines, or by "chip" and "line". The number depends
on the order in which drivers start; the label of the chip does not. gpioget, the program of libgpiod, knows chips and
lines only. On storage.type tmpfs every power-off is a factory reset, and there is no place to remember that a request
was served.`,
  },
  OVL153: {
    title: 'storage.first_boot has no effect on this board',
    explanation: `With "storage.first_boot: tmpfs" a boot that finds its storage blank does not wait until a file system is made on
it: it takes the rung tmpfs at once, makes the storage in the background, and overlay_helper copies the changes to it until
the next boot. That needs a file system that takes time to make (ext4, f2fs), a device that is found by its path (a blank
one has neither label nor UUID), its mkfs among the board's applets, overlay_helper, and a rung tmpfs below the rung
persistent. Where one of these is missing the boot waits, as with "wait"; "because" says which.`,
  },
  OVL158: {
    title: 'boot_loader.file does not go with its type',
    explanation: `boot_loader.file says where the configuration is that "ovl deploy" edits. With type none nothing is edited. With type
grub-d a file of our own is written that update-grub reads, and it reads /etc/default/grub.d/*.cfg only; a board whose
grub.cfg is edited itself has type grub-cfg.`,
  },
  OVL160: {
    title: 'understood, not built yet',
    explanation: `The key is part of the board file format, and its value was checked, but this version of overlaykit does not act on
it. Where no plan can be made without it, "ovl plan" and "ovl build" refuse the board; else the message says what
happens instead.`,
  },
} as const satisfies Record<string, CodeEntry>;
