/** The host's tools: what each is needed for, the Debian package that brings it, and the diagnostic when it is missing. */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure } from '../diagnostics/diagnostic.ts';

export interface Tool {
  /** Debian and Ubuntu package that brings it; further ones, between blanks, that it is no use without. */
  readonly package: string;
  readonly reason: string;
  /** Where it is, for what is no program. */
  readonly file?: string;
}

export const tools = {
  'qemu-system-x86_64': { package: 'qemu-system-x86', reason: 'boots virtual boards' },
  'qemu-system-i386': { package: 'qemu-system-x86', reason: 'boots virtual boards with an i386 processor' },
  'qemu-system-aarch64': {
    package: 'qemu-system-arm',
    reason: 'boots virtual boards with an aarch64 processor',
  },
  'qemu-system-arm': { package: 'qemu-system-arm', reason: 'boots virtual boards with an armhf processor' },
  'qemu-system-mipsel': {
    package: 'qemu-system-mips',
    reason: 'boots virtual boards with a mipsel processor',
  },
  mksquashfs: { package: 'squashfs-tools', reason: 'makes squashfs root images' },
  sqfstar: { package: 'squashfs-tools', reason: "makes the lab's own squashfs roots" },
  unsquashfs: { package: 'squashfs-tools', reason: 'reads squashfs root images' },
  'mkfs.jffs2': { package: 'mtd-utils', reason: 'makes the JFFS2 storage of virtual boards' },
  'mkfs.cramfs': { package: 'util-linux', reason: 'makes cramfs root images' },
  fakeroot: { package: 'fakeroot', reason: "gives the lab's own cramfs roots owners and device nodes" },
  tar: { package: 'tar', reason: "unpacks the lab's own roots" },
  debugfs: { package: 'e2fsprogs', reason: 'reads ext4 images in the tests' },
  'fsck.cramfs': { package: 'util-linux', reason: 'judges cramfs images in the tests' },
  getfattr: { package: 'attr', reason: 'compares extended attributes in the tests of images' },
  setfattr: { package: 'attr', reason: 'sets extended attributes in the tests of images' },
  'fsck.f2fs': { package: 'f2fs-tools', reason: 'looks at f2fs storage in tests' },
  'mkfs.f2fs': { package: 'f2fs-tools', reason: 'makes the f2fs storage of virtual boards' },
  'mkfs.ext4': { package: 'e2fsprogs', reason: 'makes the ext4 storage of virtual boards' },
  'e2fsck.static': { package: 'e2fsck-static', reason: "repairs ext4 storage in the lab's own roots" },
  busybox: { package: 'busybox-static', reason: "is the userland of the lab's own roots" },
  cpio: { package: 'cpio', reason: 'packs the initramfs of virtual boards' },
  depmod: { package: 'kmod', reason: 'orders the kernel modules of virtual boards' },
  gzip: { package: 'gzip', reason: 'unpacks kernels' },
  xz: { package: 'xz-utils', reason: 'unpacks kernels and modules' },
  'musl-gcc': { package: 'musl-tools', reason: 'links the helper statically' },
  'i686-linux-gnu-gcc': { package: 'gcc-i686-linux-gnu', reason: 'builds the helper for i386' },
  'aarch64-linux-gnu-gcc': { package: 'gcc-aarch64-linux-gnu', reason: 'builds the helper for aarch64' },
  'arm-linux-gnueabihf-gcc': { package: 'gcc-arm-linux-gnueabihf', reason: 'builds the helper for armhf' },
  'arm-linux-gnueabi-gcc': { package: 'gcc-arm-linux-gnueabi', reason: 'builds the helper for armel' },
  'mips-linux-gnu-gcc': { package: 'gcc-mips-linux-gnu', reason: 'builds the helper for mips' },
  'mipsel-linux-gnu-gcc': { package: 'gcc-mipsel-linux-gnu', reason: 'builds the helper for mipsel' },
  'riscv64-linux-gnu-gcc': { package: 'gcc-riscv64-linux-gnu', reason: 'builds the helper for riscv64' },
  'qemu-mips-static': {
    package: 'qemu-user-static',
    reason: 'runs the helper of other processors in the tests',
  },
  flashcp: { package: 'mtd-utils', reason: 'writes root images to the flash of virtual boards in the tests' },
  fw_setenv: { package: 'libubootenv-tool', reason: 'plays a U-Boot that counts boots in the tests' },
  fw_printenv: { package: 'libubootenv-tool', reason: 'asks a real U-Boot environment in the tests' },
  chattr: { package: 'e2fsprogs', reason: 'makes files immutable in the tests' },
  dash: { package: 'dash', reason: 'runs overlay_init in the shell tests' },
  mksh: { package: 'mksh', reason: 'runs overlay_init in the shell tests' },
  shfmt: { package: 'shfmt', reason: 'lays out every shell script' },
  bash: { package: 'bash', reason: 'runs its completion script in the tests' },
  zsh: { package: 'zsh', reason: 'runs its completion script in the tests' },
  fish: { package: 'fish', reason: 'runs its completion script in the tests' },
  shellcheck: { package: 'shellcheck', reason: 'checks every shell script' },
  'dpkg-deb': { package: 'dpkg', reason: 'unpacks kernel packages' },
  'apt-get': { package: 'apt', reason: 'fetches kernel packages' },
  'apt-cache': { package: 'apt', reason: 'finds the newest kernel package' },
  'debian-archive-keyring': {
    package: 'debian-archive-keyring',
    reason: "holds the keys that Debian's packages are checked with",
    file: '/usr/share/keyrings/debian-archive-keyring.gpg',
  },
  debootstrap: { package: 'debootstrap', reason: "knows Debian's mirror on machines that are not Debian" },
  zstd: { package: 'zstd', reason: 'unpacks kernels' },
  lz4: { package: 'lz4', reason: 'unpacks kernels' },
  flock: { package: 'util-linux', reason: 'lets one process at a time make what is kept in the cache' },
  unshare: { package: 'util-linux', reason: 'makes the namespaces of the sandbox' },
  nsenter: { package: 'util-linux', reason: 'runs commands in the sandbox' },
  setpriv: { package: 'util-linux', reason: 'ends virtual boards with the process that started them' },
  'libdevmapper.so.1.02.1': {
    package: 'libdevmapper1.02.1',
    reason: "is what Debian's GRUB needs in the tests of boot loaders",
    file: '/lib/x86_64-linux-gnu/libdevmapper.so.1.02.1',
  },
  losetup: { package: 'util-linux', reason: 'gives the sandbox its block devices' },
  script: { package: 'bsdutils', reason: 'gives the sandbox its console' },
  dropbear: { package: 'dropbear-bin', reason: "is the SSH server of the lab's own roots" },
  dropbearkey: { package: 'dropbear-bin', reason: "makes the host keys of the lab's own roots" },
  ldd: { package: 'libc-bin', reason: "finds the libraries of programs for the lab's own roots" },
  mmdebstrap: { package: 'mmdebstrap', reason: 'makes the Debian root with systemd for the tests' },
  make: { package: 'make', reason: "builds the lab's own kernel" },
  // Only recommended by gcc: the C library's headers, without which it compiles nothing.
  gcc: { package: 'gcc libc6-dev', reason: "compiles the helper's script, and the lab's own kernel" },
  ld: { package: 'binutils', reason: "builds the lab's own kernel" },
  flex: { package: 'flex', reason: "builds the lab's own kernel" },
  bison: { package: 'bison', reason: "builds the lab's own kernel" },
  nice: { package: 'coreutils', reason: 'keeps the kernel build out of the way' },
  ssh: { package: 'openssh-client', reason: "knows this machine's SSH settings" },
  'ssh-keygen': { package: 'openssh-client', reason: 'makes keys in the tests of SSH' },
  'ssh-agent': { package: 'openssh-client', reason: 'holds keys in the tests of SSH' },
  'ssh-add': { package: 'openssh-client', reason: 'gives keys to the agent in the tests of SSH' },
  sshd: { package: 'openssh-server', reason: 'is a server in the tests of SSH' },
  rsync: { package: 'rsync', reason: 'is what transfers are measured against' },
  'ansible-playbook': { package: 'ansible-core', reason: 'plays the tests of the Ansible collection' },
  pycodestyle: { package: 'pycodestyle', reason: 'checks the Ansible collection' },
  pyflakes3: { package: 'pyflakes3', reason: 'checks the Ansible collection' },
  bc: { package: 'bc', reason: "builds the lab's own kernel" },
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof tools;

/** The directories that are searched: $PATH, and the sbin directories that an ordinary user's $PATH lacks. */
function searchPath(): readonly string[] {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter((dir) => dir !== '');
}

/** Full path of a tool, or undefined where the machine does not have it. */
export function findTool(name: ToolName): string | undefined {
  const { file }: Tool = tools[name];
  if (file !== undefined) return existsSync(file) ? file : undefined;
  return searchPath()
    .map((dir) => join(dir, name))
    .find((path) => isExecutable(path));
}

/**
 * Full path of a tool.
 * @throws Failure OVL401 naming the package, when it is missing
 */
export function requireTool(name: ToolName): string {
  const path = findTool(name);
  if (path !== undefined) return path;
  const { package: debianPackage, reason } = tools[name];
  throw new Failure({
    code: 'OVL401',
    severity: 'error',
    message: `"${name}" is not installed`,
    because: `it ${reason}`,
    fix: `apt-get install ${debianPackage}`,
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
