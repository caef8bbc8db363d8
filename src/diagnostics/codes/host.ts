import type { CodeEntry } from './entry.ts';

/** OVL4xx: Host tools, files and permissions. */
export const hostCodes = {
  OVL401: {
    title: 'a tool is not installed on this machine',
    explanation: `overlaykit calls well-known programs for what they do best: mksquashfs for squashfs, QEMU for virtual boards.
The message names the program, what it is needed for, and the Debian package that brings it. Install it with the command
under "fix" and run the same command again; nothing was changed.`,
  },
  OVL402: {
    title: 'the tools that are missing cannot be installed from here',
    explanation: `The tests and the demonstration need programs that this machine lacks. As root on Debian or Ubuntu they are
installed with apt at once; otherwise the message has one line to copy. ovl itself never installs anything.`,
  },
  OVL405: {
    title: 'a tool of this machine failed',
    explanation: `A program that overlaykit called (mkfs, apt-get, make, depmod, ...) ended with an error. The message names the program
and its exit code, "because" quotes the end of what it said. Results are written under a temporary name and renamed when
they are complete, so nothing half-made is left; once the cause is gone, run the same command again.`,
  },
  OVL406: {
    title: 'a Debian package cannot be fetched',
    explanation: `Virtual boards run Debian's kernels, and the lab's own kernel is built from Debian's kernel source. Packages are fetched
with apt from the mirrors that this machine is configured for, checked by apt against the archive's signatures, and kept
in the cache (OVL_CACHE, else ~/.cache/overlaykit), from where they are used without a network afterwards.

This is reported when the package is neither in the cache nor to be had: no network, no Debian mirror among the machine's
sources, or a name that the mirror does not have. A machine that is not Debian asks Debian's own mirror; to ask another,
name a file with Debian sources in OVL_APT_SOURCES. Root is not needed: overlaykit keeps an apt state of its own.`,
  },
  OVL407: {
    title: 'a kernel is not of the expected form',
    explanation: `On x86 the lab takes the uncompressed ELF kernel out of Debian's vmlinuz, because QEMU starts it directly
and emulating the kernel's own decompressor costs seconds. This is reported when a kernel package has no kernel or module
where Debian puts them, or compresses the kernel in a way that is not known (xz, gzip, lz4 and zstd are).`,
  },
  OVL410: {
    title: 'a virtual board did not do in time what was waited for',
    explanation: `Every wait for a virtual board has a limit, because a guest that hangs never says so. The message tells what was waited
for, "because" shows the last lines of its console: most often a kernel panic, a mount that failed, or a shell that never
started. Emulation is slow: on a busy machine the same boot takes several times longer, so a larger limit may be all it
needs (--timeout).`,
  },
  OVL411: {
    title: 'a virtual board ended before it did what was waited for',
    explanation: `The board powered off, rebooted or panicked while something was still expected of it. Virtual boards never come back by
themselves after a reboot. "because" shows the last lines of the console, which tell why it ended.`,
  },
  OVL412: {
    title: 'a virtual board cannot be built like this board',
    explanation: `The lab derives the virtual board's storage from the board file: MTD flash with the same name, size and erase block, or a
disk with the same label. Some boards cannot be played this way: a storage or root type that the chosen machine's kernel
does not have, a flash whose size is not a whole number of erase blocks, or a device path that only exists with an
initramfs. Instructions are only counted on x86-64. The message says which, "fix" names another machine (--machine) where
one can do it.`,
  },
  OVL413: {
    title: 'a virtual board could not be run to its end',
    explanation: `What plays the board failed, as opposed to the board inside it, or the board outlived its limit. "because" quotes what
QEMU said: most often an image file that cannot be opened or locked (another virtual board uses the same storage image),
or too little memory; or it tells how long the board was allowed to run.`,
  },
  OVL414: {
    title: 'what the demo says about a board is not so',
    explanation: `"npm run demo" looks up each of its lines on the board that it has booted, and ends where one does not hold. The message
has the line, "because" what was there instead. On an unchanged overlaykit this is a bug: please report it with what the
demo printed. In a checkout that you have changed, it is the change.`,
  },
  OVL415: {
    title: 'a virtual board could not do what the torture run asked for',
    explanation: `ovl lab --torture lets the board write, copy, delete and reset while its power is cut. A command of this load failed with the
power on: "because" has what it said. Most often the storage is too small for it (the load keeps up to half a megabyte) or
the board booted on a rung without storage. It is not counted as a fault of a power cut.`,
  },
  OVL420: {
    title: 'a file does not exist',
    explanation: `No file has this path, or a part of the path that has to be a folder is none. Relative paths begin where ovl was
started, or in the folder that -C names.`,
  },
  OVL421: {
    title: 'a file may not be read or written',
    explanation: `The kernel refused because of owner, mode, an access list or an attribute of the file or of a folder above it. ovl needs
root for nothing that it writes on this machine: use a place of your own instead of sudo.`,
  },
  OVL422: {
    title: 'a folder stands where a file is needed',
    explanation: `The path names a folder. A board file, a bundle and an image are files each; an output that is a file cannot replace a
folder either, and ovl does not delete folders to make room.`,
  },
  OVL423: {
    title: 'a file is too large for what it should be',
    explanation: `Inputs have limits far above anything that is of use: it is most likely the wrong file. Reading stopped at the limit.`,
  },
  OVL424: {
    title: 'no room is left to write a file',
    explanation: `The file system or the quota is full. Files are written under a temporary name and renamed when they are complete; the
temporary ones are gone again, and what was there before is unchanged.`,
  },
  OVL425: {
    title: 'a file is in the way',
    explanation: `Something with that name exists already, and it is not ovl's to overwrite: a board file holds work of yours. Name another
output or remove the file.`,
  },
  OVL427: {
    title: 'a file cannot be read or written',
    explanation: `The kernel gave an error that has no text of its own here; "because" has its name. EIO points to a failing disk or card,
EROFS to a read-only file system, EMFILE and ENFILE to too many open files, ENAMETOOLONG and ELOOP to the path.`,
  },
  OVL428: {
    title: 'something in a folder cannot be put on a board',
    explanation: `ovl push sends files, folders and symbolic links. Sockets, pipes and devices belong to a running system and not into a
folder of files; a name that is no UTF-8 would come out as another one. All that there is of them is named at once, and
nothing was sent.`,
  },
  OVL429: {
    title: 'a file was written to while it was sent',
    explanation: `ovl push reads every file to know what differs from the board's, and once more to send it. The second time the bytes
were others, so what arrived is not what was looked at. The staged part was taken away, and the board is as it was.`,
  },
  OVL430: {
    title: "this machine's busybox cannot be the lab root's userland",
    explanation: `The lab's own small root is one program, busybox, and a symbolic link for each of its applets. It holds no libraries, so
the program has to be linked statically: Debian's package busybox-static, not busybox.

To play a board whose busybox was built without an applet, the applet's name is changed inside the program, because its
shell finds its own applets without looking at the file system. This is also reported when the name is none of this
busybox's, or when the program holds its names in another way than busybox 1.30 to 1.37 do.`,
  },
  OVL431: {
    title: 'the namespace sandbox cannot run on this machine',
    explanation: `The sandbox boots a root in namespaces on this machine's own kernel: a tenth of a second instead of seconds, with the real
overlayfs. It needs root (with CAP_SYS_ADMIN, which most containers take away), or a kernel that lets users make user
namespaces. "because" names the setting that is in the way: user.max_user_namespaces, Debian's
kernel.unprivileged_userns_clone, or Ubuntu's kernel.apparmor_restrict_unprivileged_userns.

Only the lab needs this. Other machines play the same board: --machine qemu, --machine uml.`,
  },
  OVL432: {
    title: 'the namespace sandbox could not be set up',
    explanation: `The sandbox mounts the root image and the storage, makes a /dev and a console, and changes into the root before it starts
init. One of these steps failed; "because" has the words of the program that failed. Most often the image is not of the
type that was named, this machine's kernel has no driver for it (it has none for cramfs or JFFS2, as a rule), or there
are no loop devices. As an ordinary user the root has to be an unpacked folder and the storage a tmpfs. Nothing of the
sandbox is left on the machine.`,
  },
  OVL433: {
    title: 'a package that logs in to boards is not installed',
    explanation: `The command ovl carries most packages that it is made of in its own files. ssh2, which speaks SSH, is installed beside it
by npm, and is loaded when a command logs in to a board. It, or a package that it needs, is not there: node_modules was
copied in part, or something was removed from it. "because" names the missing one. Nothing was asked of any board.
Commands that need no board do not need ssh2.`,
  },
  OVL450: {
    title: 'the helper cannot be built for this architecture',
    explanation: `overlay_helper is a static program for the board's processor. The message lists the architectures that it can be
built for. A board of another architecture does the same with its own applets: build with --no-helper, or say
"helper: { enabled: false }" in the board file.`,
  },
  OVL451: {
    title: 'there is no C compiler that can build the helper',
    explanation: `overlay_helper is linked on this machine, from the script engine's C source. It takes gcc for a compiler that runs here
and, for the board, musl-gcc (package musl-tools) or Debian's compiler for its processor, such as gcc-mips-linux-gnu, or
the compiler whose prefix CROSS_COMPILE or helper.cross_compile names, such as the one of your Buildroot or OpenWrt SDK.
This is reported when one is missing, does not start, or compiles for another machine.

Without a compiler, build with --no-helper: overlay_init then verifies and enters with the board's own applets.`,
  },
  OVL452: {
    title: "the script engine's source cannot be fetched",
    explanation: `The helper's engine is QuickJS, taken as source from Debian's archive: by package name, with apt, over the mirror that this
machine is configured for, checked against the archive's signatures and against a digest in overlaykit. It is fetched once
and kept in the cache. "because" quotes what apt said.

Without a network, or on a machine without a Debian mirror, fetch the tarball elsewhere and name its folder in
OVL_QUICKJS_SOURCE, name a file with Debian sources in OVL_APT_SOURCES, or build with --no-helper.`,
  },
  OVL453: {
    title: "the script engine's source is not the one that was tested",
    explanation: `The helper runs as PID 1: its engine is pinned, byte for byte, to the source that overlaykit was tested with. The tarball or
folder that was found has another digest. A download that was cut short, a newer release or a local change all look like
this; the message gives both digests. Take the tarball from Debian's source package of the version in the message.`,
  },
  OVL454: {
    title: "the script engine's source is not in the folder that was named",
    explanation: `OVL_QUICKJS_SOURCE names a folder that has to hold the engine's tarball, or the files that are in it. Neither is there, or
the copy is not complete. The message names the first missing files.`,
  },
  OVL455: {
    title: 'the C compiler failed to build the helper',
    explanation: `"because" quotes the end of what the compiler said. Typical: no static C library for this compiler (install libc6-dev or
use musl-gcc), or a compiler older than C11. The script engine's own compiler, which is built once and cached, may be another
machine's where the cache is shared; then it cannot be started, and its folder is to be removed. Nothing half-built is kept;
once the cause is gone, run the same command again, or build with --no-helper.`,
  },
  OVL456: {
    title: "the helper's script cannot be bundled",
    explanation: `esbuild turns the helper's TypeScript into one script before it is compiled to bytecode. It is loaded only for this, and a
package installed without its development tools lacks it. Install it, or build with --no-helper. Where esbuild refuses the
source, files of the package are damaged or were changed.`,
  },
  OVL457: {
    title: 'the helper that was built is not fit for a board',
    explanation: `After linking, overlaykit looks at the program: it has to be static, because the board's libraries are another matter, and
for the architecture that was asked for. Where this machine can run it, "overlay_helper version" has to answer. A compiler
that ignores -static, or one for another processor variant, is found here and not on the board.`,
  },
  OVL458: {
    title: "the C library's source cannot be had",
    explanation: `Debian's cross compilers come with glibc, which is large and, on MIPS, needs an FPU. For them musl is built once, from
Debian's source package, fetched as the script engine's source is and pinned by digest. Without a network, fetch the tarball
elsewhere and name its folder in OVL_MUSL_SOURCE. A compiler of your own (CROSS_COMPILE) links with its own C library and
needs none of this.`,
  },
  OVL459: {
    title: 'the cache cannot be written',
    explanation: `What takes long to make is kept in a cache: $OVL_CACHE, else $XDG_CACHE_HOME/overlaykit, else ~/.cache/overlaykit. The
helper, its engine and a C library take some 100 MB there while they are built. The disk is full, or the folder belongs to
somebody else. Nothing half-built is kept; make room, or name another folder in OVL_CACHE.`,
  },
  OVL470: {
    title: 'a list of boards cannot be used',
    explanation: `--hosts takes a file with one board a line, as it is typed after a command; "#" begins a comment. --inventory takes
an Ansible inventory in its INI or YAML form: groups, children, vars, and of the variables ansible_host, ansible_port,
ansible_user and ansible_ssh_private_key_file. Both know ranges: board[01:12]. Nothing was asked of any board.`,
  },
} as const satisfies Record<string, CodeEntry>;
