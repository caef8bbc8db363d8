/**
 * What the lab changes in a Debian root: nothing of how it boots, only what would wait for hardware that a virtual board
 * lacks, a login without a password on the console, and the lab shell.
 */
import { labShellPath, labShellScript } from '../labshell.ts';
import { consolePrompt } from './init-scripts.ts';
import { directory, file, type RootFile, symlink } from './root-file.ts';

/** Kept out of the root: nothing reads them in the lab, and they are half of its size. */
export const excludedPaths = [
  '/usr/share/doc/*',
  '/usr/share/man/*',
  '/usr/share/info/*',
  '/usr/share/locale/*',
  '/usr/share/lintian/*',
  '/usr/share/bash-completion/*',
] as const;

/**
 * systemd as init, what a person expects of a shell, and what dpkg itself calls. Essential packages are named because mmdebstrap's custom variant
 * brings nothing by itself, and the essential variant brings a package manager.
 */
export const packages = [
  'systemd-sysv',
  'base-files',
  'base-passwd',
  'bash',
  'coreutils',
  'dash',
  'diffutils',
  'findutils',
  'grep',
  'init-system-helpers',
  'libc-bin',
  'login',
  'mount',
  'sed',
  'util-linux',
] as const;

/** Mount points of overlaykit that Debian's base-files does not bring. */
const mountPoints: readonly RootFile[] = [directory('/overlay'), directory('/rom')];

/**
 * serial-getty waits 90 s for udev to announce the terminal, and there is no udev; console-getty takes what the kernel
 * calls the console and waits for nothing.
 */
const consoleLogin: readonly RootFile[] = [
  symlink(
    '/etc/systemd/system/getty.target.wants/console-getty.service',
    '/lib/systemd/system/console-getty.service',
  ),
  symlink('/etc/systemd/system/serial-getty@.service', '/dev/null'),
  symlink('/etc/systemd/system/getty@.service', '/dev/null'),
  symlink('/etc/systemd/system/getty-static.service', '/dev/null'),
  file(
    '/etc/systemd/system/console-getty.service.d/autologin.conf',
    `[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --noclear --nohints --keep-baud console 115200 vt102
`,
  ),
  file('/root/.profile', `PS1='${consolePrompt}'\n`, 0o600),
];

const labShell: readonly RootFile[] = [
  file(labShellPath, labShellScript, 0o755),
  file(
    '/etc/systemd/system/labshell.service',
    `[Unit]
Description=Runs commands for the lab
ConditionKernelCommandLine=labshell

[Service]
ExecStart=${labShellPath}
StandardInput=null
`,
  ),
  symlink('/etc/systemd/system/multi-user.target.wants/labshell.service', '../labshell.service'),
];

/** These come from the machine that made the root otherwise. A set machine-id keeps systemd from first-boot questions. */
const identity: readonly RootFile[] = [
  file('/etc/hostname', 'factory\n'),
  file('/etc/resolv.conf', ''),
  file('/etc/machine-id', `${'0123456789abcdef'.repeat(2)}\n`, 0o444),
];

export const debianFiles: readonly RootFile[] = [...mountPoints, ...consoleLogin, ...labShell, ...identity];

/** Where systemd says on the console that the boot is done; console-getty's login follows it. */
export const debianIsUp = /Debian GNU\/Linux 12 factory/;
