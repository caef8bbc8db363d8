import type { CodeEntry } from './entry.ts';

/** OVL3xx: Bundles and root images. */
export const bundleCodes = {
  OVL301: {
    title: 'a bundle cannot be read as a tar archive',
    explanation: `The file is no tar archive, is damaged, or ends too early: a broken download, a full disk while it was copied, or the
wrong file. A compressed bundle has to be unpacked first. Nothing was done with what could still be read of it.`,
  },
  OVL302: {
    title: 'a bundle has no valid manifest',
    explanation: `The first entry of every bundle is etc/overlaykit/manifest.json. It names the board, the plan, and each file with its
mode, size and SHA-256; without it nothing in the archive can be trusted. It is missing, not first, or not in the
form of schema overlaykit.bundle/1. A bundle of a newer overlaykit may have a newer schema: use that version to read it.`,
  },
  OVL303: {
    title: 'a bundle names an unsafe path',
    explanation: `Paths in a bundle are relative to the root of the board and go straight down: no leading slash, no "..", no "." and no
control characters. ovl build never writes anything else, so somebody has made this archive by other means. Do not
extract it by hand either.`,
  },
  OVL304: {
    title: 'a bundle holds something other than plain files',
    explanation: `A symbolic link in an archive can send the entries that come after it to any place of the file system, and a device node
gives whoever opens it the device. ovl build packs plain files only, so this archive was made by other means.`,
  },
  OVL305: {
    title: 'a file of a bundle differs from its manifest',
    explanation: `Size, mode or SHA-256 of a file are not those that the manifest gives. The bundle was damaged on its way or changed by
hand. Change the board file and build again instead: overlay_init runs as process 1 of the board, and the digests are
how ovl status later knows that it is still the script that was tested.`,
  },
  OVL306: {
    title: 'the files of a bundle are not those of its manifest',
    explanation: `Every file of a bundle stands in its manifest exactly once, and nothing else is in the archive. A file that is missing was
lost; one that is too many, or there twice, was added later: of two entries with one name tar keeps the last, which
need not be the one that was checked.`,
  },
  OVL307: {
    title: 'a bundle is not packed the way ovl build packs',
    explanation: `All files of the archive are intact, but the archive itself is not the one that ovl build writes from them: other owners
or times, other padding, a second archive behind its end. Programs that read tar differ in what they make of such
things, so what a board extracts need not be what was verified. Use the bundle.tar that ovl build wrote, unchanged.`,
  },
  OVL308: {
    title: 'a bundle is too large',
    explanation: `At most 256 MiB of a bundle are read. The boards that bundles are for have less storage than that, so it is most likely
the wrong file: a whole disk image, for example.`,
  },
  OVL350: {
    title: 'a root image cannot be read',
    explanation: `The path names no file, a file that may not be read, or something that is no regular file. A partition or flash device
is not read directly, because it could change meanwhile: copy it into a file first, for example with dd or nanddump.`,
  },
  OVL351: {
    title: 'a file is no root image',
    explanation: `A root image begins with the superblock of squashfs 4.0 or cramfs. The message says what the file is instead. Firmware
files often have a header or a kernel in front of the root, and are sometimes compressed as a whole: unpack or cut out
the root first, put the bundle into it, and let the firmware's own build put the file together again.

Squashfs before 4.0 (Linux before 2.6.29) has the same name but is another format in either byte order; what a kernel
of that time mounts cannot be written by today's tools.`,
  },
  OVL352: {
    title: 'a root file system that overlaykit cannot write into yet',
    explanation: `The file is a root image, but of a kind that ovl image does not change: erofs, ext4, romfs, JFFS2, UBIFS and others, or
cramfs for execution in place. On a board with such a root everything else works: put the files of the bundle into the
tree that the image is made from (they are in bundle.tar), together with the empty directories to mount on.`,
  },
  OVL353: {
    title: 'a root image is truncated',
    explanation: `The superblock says how many bytes the file system has, and the file has fewer. A download or copy was cut off, or the
disk was full. Such an image often mounts and boots, and fails later where the missing part is read.`,
  },
  OVL354: {
    title: 'a root image is damaged',
    explanation: `A structure of the image points outside of it, does not unpack, or contradicts another one; with cramfs it may be the
CRC-32 over the whole image. Nothing is guessed or repaired: a root with a hole in it must not get onto a board. Images
that were made to attack whoever unpacks them are reported in the same way.`,
  },
  OVL355: {
    title: 'something follows the file system in an image file',
    explanation: `Padding of 00 or ff behind the file system is kept as it is. Anything else has a meaning that depends on the file system
in front of it: a signature or a dm-verity hash tree over its bytes, or OpenWrt's mark deadc0de at its end. It would be
lost or wrong afterwards. Cut it off, put the bundle in, and make it again with the tool that made it.`,
  },
  OVL356: {
    title: 'a root image lacks mount points',
    explanation: `overlay_init mounts the storage, the union and others while the root is still read-only, so the directories must be in
the image. With --add-mount-points they are made in it: empty, mode 0755, owned by root. It is asked for because the
image then has directories that its maker did not put there.`,
  },
  OVL357: {
    title: 'a root image lacks applets that overlay_init calls',
    explanation: `overlay_init uses only the applets that the board file says the board has, and calls them by name. They are looked for as
executable files or symbolic links to such in /bin, /sbin, /usr/bin and /usr/sbin, followed inside the image. What is
only built into the shell does not count. Without them the board would fall down its ladder at every boot.`,
  },
  OVL358: {
    title: 'a root image lacks a program that the boot executes',
    explanation: `/bin/sh runs overlay_init, and the board's own init is what it hands over to. Both must be executable files, or symbolic
links that lead to one inside the image. Without /bin/sh the kernel panics before anything can be tried.`,
  },
  OVL359: {
    title: 'something else stands where a file of the bundle must be',
    explanation: `Files and symbolic links of the same name are replaced. A directory, device node, fifo or socket is not, and a file is not
replaced by a directory: whoever put it there had a use for it.`,
  },
  OVL360: {
    title: 'a symbolic link in the way leads nowhere',
    explanation: `Paths are followed inside the image as the board's kernel would follow them: /sbin may be a link to usr/sbin. A link to
something that is not in the image, or links that lead round in a circle, cannot be followed, neither now nor at boot.
Links into directories that are only filled later (/tmp on a tmpfs, say) cannot be used so early either.`,
  },
  OVL361: {
    title: 'a root file system cannot hold a file',
    explanation: `cramfs has 24 bits for the size of a file, 16 for its owner, 8 for its group, 8 and 8 for device numbers, 252 bytes for a
name, and can address 256 MiB. squashfs can hold 65535 different owners. What does not fit would be cut off silently,
so it is refused. Files of more than 256 MiB are not read out of an image either.`,
  },
  OVL362: {
    title: 'a root image became larger',
    explanation: `The bundle's files take room. Compare the size with that of the root partition on the board: an image that is too large
for its partition overwrites what follows, usually the storage. The image of a whole partition, padded with 00 or ff,
keeps its size as long as the bundle fits into the padding.`,
  },
  OVL363: {
    title: 'a root image cannot be written',
    explanation: `The new image is written beside its place under another name, flushed to the disk and then renamed, so that a full disk
or an interruption never leaves half an image. The folder must exist and be writable, and have room for the whole
image; the place must not be taken by something that is no regular file.`,
  },
  OVL364: {
    title: 'mksquashfs does not pack as the image was packed',
    explanation: `New files are packed by mksquashfs with the compressor and the options that the image names. This mksquashfs does not know
them: it was built without that compressor, or it is too old. Debian's squashfs-tools have all compressors. Some
firmware makers use their own mksquashfs with more options; put theirs first in $PATH.`,
  },
  OVL390: {
    title: 'a file of facts cannot be read',
    explanation: `Facts of a board are recorded with "ovl probe HOST -o FILE" and used in its place with --facts FILE, to write or check a
board file without the board at hand. The file is not one of them: another JSON file, one that was cut off, or facts of
another version of overlaykit, which are to be recorded again.`,
  },
} as const satisfies Record<string, CodeEntry>;
