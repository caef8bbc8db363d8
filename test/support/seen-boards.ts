/** What four boards answer to the probing script, in the forms of their kernels and programs. */

import { programNames } from '../../src/device/facts/asked.ts';
import type { Facts } from '../../src/device/facts/facts.ts';
import { readFacts } from '../../src/device/facts/read.ts';
import { readSections } from '../../src/device/facts/sections.ts';

const mark = 'mark-of-seen-boards';
export const seenPaths = ['/mnt', '/overlay', '/rom', '/proc', '/sys', '/dev', '/run', '/tmp'] as const;
export const hostSeconds = 1_760_000_000;

export type Sections = Readonly<Record<string, string>>;

/** The bytes that a board sends: sections as they are, and reasons in place of those that begin with "!". */
export function answerOf(sections: Sections): Uint8Array {
  const text = Object.entries(sections).map(([name, content]) => {
    const why = content.startsWith('!') ? content.slice(1) : '';
    return `\n${mark} begin ${name}\n${why === '' ? content : ''}\n${mark} end ${why}\n`;
  });
  return Buffer.from(text.join(''), 'latin1');
}

export function factsOfAnswer(sections: Sections): Facts {
  return readFacts(readSections(answerOf(sections), mark), { paths: seenPaths, hostSeconds });
}

function elf(bits: 1 | 2, order: 1 | 2, machine: number): string {
  const high = String.fromCharCode(machine >> 8);
  const low = String.fromCharCode(machine & 0xff);
  const start = `\x7fELF${String.fromCharCode(bits, order, 1)}${'\0'.repeat(9)}`;
  return `${start}${order === 1 ? '\x02\0' : '\0\x02'}${order === 1 ? low + high : high + low}${'\0'.repeat(32)}`;
}

function programs(folder: string, without: readonly string[]): string {
  const names = programNames.filter((name) => !without.includes(name));
  return names.map((name) => `${name} ${folder}/${name}\n`).join('');
}

const foreign = ['overlay_helper', 'flashcp', 'nandwrite', 'ubiattach', 'ubinfo', 'getfattr', 'gpioget'];

/** GL.iNet AR150 with OpenWrt 23.05: squashfs, JFFS2, a union of OpenWrt's own. */
const openwrt: Sections = {
  release: '5.15.150\n',
  banner: 'Linux version 5.15.150 (builder@buildhost) (mips-openwrt-linux-musl-gcc) #0 Fri Mar 22 2024\n',
  machine: 'mips\n',
  elf: elf(1, 2, 8),
  user: '0\n',
  cmdline: 'console=ttyATH0,115200 rootfstype=squashfs,jffs2\n',
  filesystems: [
    'sysfs',
    'tmpfs',
    'bdev',
    'proc',
    'debugfs',
    'sockfs',
    'bpf',
    'pipefs',
    'ramfs',
    'devpts',
    'overlay',
  ]
    .map((name) => `nodev\t${name}\n`)
    .join('')
    .concat('\tsquashfs\nnodev\tjffs2\n'),
  loaded: 'ath9k 123456 0 - Live 0x00000000\n',
  modules: '',
  mtd: [
    'dev:    size   erasesize  name',
    'mtd0: 00040000 00010000 "u-boot"',
    'mtd1: 00010000 00010000 "u-boot-env"',
    'mtd2: 00fa0000 00010000 "firmware"',
    'mtd3: 00230000 00010000 "kernel"',
    'mtd4: 00d70000 00010000 "rootfs"',
    'mtd5: 00890000 00010000 "rootfs_data"',
    'mtd6: 00010000 00010000 "art"',
    '',
  ].join('\n'),
  'mtd-kinds': [0, 1, 2, 3, 4, 5, 6].map((number) => `${number} nor 1\n`).join(''),
  partitions:
    'major minor  #blocks  name\n\n  31        4      13760 mtdblock4\n  31        5       8768 mtdblock5\n',
  'block-ids': '!blkid is not on the board',
  mountinfo: [
    '14 1 31:4 / /rom ro,relatime - squashfs /dev/root ro,errors=continue',
    '15 19 0:14 / /proc rw,nosuid,nodev,noexec,noatime - proc proc rw',
    '16 19 0:15 / /sys rw,nosuid,nodev,noexec,noatime - sysfs sysfs rw',
    '17 19 0:17 / /tmp rw,nosuid,nodev,noatime - tmpfs tmpfs rw',
    '18 19 31:5 / /overlay rw,noatime - jffs2 /dev/mtdblock5 rw',
    '19 1 0:16 / / rw,noatime - overlay overlayfs:/overlay rw,lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work',
    '20 19 0:18 / /dev rw,nosuid,noexec,noatime - tmpfs tmpfs rw,size=512k,mode=755',
    '',
  ].join('\n'),
  room: '/rom 262144 12 0 0 1500 0\n/overlay 65536 137 120 120 0 0\n/ 65536 137 120 120 0 0\n',
  memory: 'MemTotal:          59452 kB\nMemFree:           28000 kB\nMemAvailable:      25000 kB\n',
  clock: `${hostSeconds + 2}\n`,
  uptime: '3600.11 3400.00\n',
  model: 'GL.iNet GL-AR150\0',
  compatible: 'glinet,gl-ar150\0qca,ar9330\0',
  'os-release':
    'NAME="OpenWrt"\nVERSION="23.05.3"\nID="openwrt"\nPRETTY_NAME="OpenWrt 23.05.3"\nVERSION_ID="23.05.3"\n',
  busybox: '[\n[[\nash\nawk\ncat\nmount\n',
  programs: programs('/bin', [
    ...foreign,
    'systemctl',
    'stat',
    'unshare',
    'nsenter',
    'blkid',
    'setsid',
    'findfs',
    'losetup',
  ]),
  paths: 'directory\ndirectory\ndirectory\ndirectory\ndirectory\ndirectory\nabsent\ndirectory\n',
  'pid1-name': 'procd\n',
  'pid1-program': '/sbin/procd\n',
  'boot-files': '/etc/fw_env.config\n',
  extlinux: '!there is no /boot/extlinux/extlinux.conf /extlinux/extlinux.conf',
  'cmdline-txt': '!there is no /boot/firmware/cmdline.txt /boot/cmdline.txt',
  'uboot-environment': 'bootcmd=bootm 0x9f050000\nbootdelay=1\nethaddr=e4:95:6e:00:00:01\n',
  status: '!there is no /run/overlaykit/status.json',
  manifest: '!there is no /etc/overlaykit/manifest.json',
  helper: '!overlay_helper is not on the board',
  scratch: '!no directory was named with --scratch',
};

/** Raspberry Pi 4 with Raspberry Pi OS 12: an ext4 root, a data partition, overlay as a module, systemd. */
const raspberry: Sections = {
  ...openwrt,
  release: '6.6.31+rpt-rpi-v8\n',
  banner: 'Linux version 6.6.31+rpt-rpi-v8 (serge@raspberrypi.com) #1 SMP PREEMPT Debian 1:6.6.31-1+rpt1\n',
  machine: 'aarch64\n',
  elf: elf(2, 1, 183),
  cmdline:
    'coherent_pool=1M console=tty1 root=PARTUUID=4e639091-02 rootfstype=ext4 fsck.repair=yes rootwait\n',
  filesystems: `${[
    'sysfs',
    'tmpfs',
    'bdev',
    'proc',
    'cgroup',
    'cgroup2',
    'devtmpfs',
    'debugfs',
    'sockfs',
    'pipefs',
    'ramfs',
    'devpts',
  ]
    .map((name) => `nodev\t${name}\n`)
    .join('')}\text3\n\text2\n\text4\n\tvfat\n\tf2fs\nnodev\tautofs\n\tfuseblk\nnodev\tfuse\n`,
  loaded: 'brcmfmac 335872 0 - Live 0x0\n',
  modules: 'overlay\nsquashfs\nloop\n',
  mtd: '!there is no /proc/mtd',
  'mtd-kinds': '',
  partitions:
    'major minor  #blocks  name\n\n 179        0   31166976 mmcblk0\n 179        1     524288 mmcblk0p1\n 179        2    8388608 mmcblk0p2\n 179        3    4194304 mmcblk0p3\n',
  'block-ids': [
    '/dev/mmcblk0p1: LABEL_FATBOOT="bootfs" LABEL="bootfs" UUID="91FE-7499" BLOCK_SIZE="512" TYPE="vfat" PARTUUID="4e639091-01"',
    '/dev/mmcblk0p2: LABEL="rootfs" UUID="56f80fa2-e005-4cca-86e6-19da1069914d" BLOCK_SIZE="4096" TYPE="ext4" PARTUUID="4e639091-02"',
    '/dev/mmcblk0p3: LABEL="data" UUID="0fa2cafe-e005-4cca-86e6-19da1069914d" BLOCK_SIZE="4096" TYPE="ext4" PARTUUID="4e639091-03"',
    '',
  ].join('\n'),
  mountinfo: [
    '21 26 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw',
    '22 26 0:21 / /proc rw,relatime shared:12 - proc proc rw',
    '26 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw',
    '90 26 179:1 / /boot/firmware rw,relatime shared:40 - vfat /dev/mmcblk0p1 rw,fmask=0022',
    '',
  ].join('\n'),
  room: '/ 4096 2031696 1400000 1310000 524288 480000\n/boot/firmware 512 1046520 900000 900000 0 0\n',
  model: 'Raspberry Pi 4 Model B Rev 1.4\0',
  compatible: 'raspberrypi,4-model-b\0brcm,bcm2711\0',
  'os-release':
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
  busybox: '!busybox is not on the board',
  programs: programs('/usr/bin', [...foreign, 'busybox', 'switch_root', 'opkg', 'sysupgrade', 'mtd']),
  paths: 'empty\nabsent\nabsent\ndirectory\ndirectory\ndirectory\ndirectory\ndirectory\n',
  'pid1-name': 'systemd\n',
  'pid1-program': '/usr/lib/systemd/systemd\n',
  'boot-files': '/boot/firmware/cmdline.txt\n',
  'cmdline-txt': 'console=serial0,115200 console=tty1 root=PARTUUID=4e639091-02 rootfstype=ext4 rootwait\n',
  'uboot-environment': '!fw_printenv is not on the board',
};

/** A Debian 12 virtual machine: x86_64, one ext4 root, GRUB, no device tree. */
const debian: Sections = {
  ...raspberry,
  release: '6.1.0-18-amd64\n',
  banner:
    'Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1\n',
  machine: 'x86_64\n',
  elf: elf(2, 1, 62),
  cmdline: 'BOOT_IMAGE=/boot/vmlinuz-6.1.0-18-amd64 root=UUID=ab12 ro quiet\n',
  modules: 'overlay\nsquashfs\next4\nf2fs\nloop\n',
  partitions: 'major minor  #blocks  name\n\n 254        0    8388608 vda\n 254        1    8387584 vda1\n',
  'block-ids': '/dev/vda1: UUID="ab12ab12-e005-4cca-86e6-19da1069914d" TYPE="ext4" PARTUUID="4e639091-01"\n',
  mountinfo:
    '22 28 0:21 / /proc rw,relatime shared:12 - proc proc rw\n28 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro\n',
  room: '/ 4096 2031696 1400000 1310000 524288 480000\n',
  model: '!there is no /proc/device-tree/model',
  compatible: '!there is no /proc/device-tree/compatible',
  'boot-files': '/boot/grub/grub.cfg\n/etc/default/grub\n',
  'cmdline-txt': '!there is no /boot/firmware/cmdline.txt /boot/cmdline.txt',
};

/** A router of 2007 with Linux 2.4: no mountinfo, no modules that matter, mini_fo, a busybox with little in it. */
const old: Sections = {
  ...openwrt,
  release: '2.4.34\n',
  machine: 'mips\n',
  elf: elf(1, 1, 8),
  filesystems:
    'nodev\trootfs\nnodev\tproc\nnodev\ttmpfs\nnodev\tramfs\nnodev\tdevfs\n\tsquashfs\n\tjffs2\nnodev\tmini_fo\n',
  modules: '!there is no /lib/modules/2.4.34',
  mtd: 'dev:    size   erasesize  name\nmtd0: 00040000 00010000 "cfe"\nmtd4: 00160000 00010000 "rootfs_data"\n',
  mountinfo: '!there is no /proc/self/mountinfo',
  mounts: [
    'rootfs / rootfs rw 0 0',
    '/dev/root /rom squashfs ro 0 0',
    'none /proc proc rw 0 0',
    '/dev/mtdblock/4 /overlay jffs2 rw 0 0',
    'mini_fo:/overlay / mini_fo rw 0 0',
    '',
  ].join('\n'),
  clock: '946684800\n',
  model: '!there is no /proc/device-tree/model',
  compatible: '!there is no /proc/device-tree/compatible',
  'os-release': '!there is no /etc/os-release /usr/lib/os-release',
};

export const seenBoards = { openwrt, raspberry, debian, old } as const;
