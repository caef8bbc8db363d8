/** What a board is asked for by name: programs that a boot, a deployment or a person on the board may want. */

/** Programs, beside those that overlay_init can call. */
export const programNames: readonly string[] = [
  ...['sh', '[', 'awk', 'busybox', 'cat', 'chmod', 'chown', 'chroot', 'cmp', 'cp', 'cut', 'date', 'dd', 'df'],
  ...[
    'dmesg',
    'echo',
    'expr',
    'false',
    'find',
    'findfs',
    'flashcp',
    'flash_erase',
    'fw_printenv',
    'fw_setenv',
  ],
  ...[
    'getfattr',
    'grep',
    'grub-reboot',
    'gunzip',
    'gzip',
    'head',
    'insmod',
    'ip',
    'kill',
    'ln',
    'logger',
    'losetup',
  ],
  ...[
    'ls',
    'md5sum',
    'mkdir',
    'mkfs.ext4',
    'mkfs.f2fs',
    'mknod',
    'modprobe',
    'mount',
    'mountpoint',
    'mtd',
    'mv',
  ],
  ...[
    'nandwrite',
    'nohup',
    'nsenter',
    'od',
    'opkg',
    'overlay_helper',
    'pivot_root',
    'poweroff',
    'printf',
    'ps',
  ],
  ...['pwd', 'readlink', 'reboot', 'rm', 'rmdir', 'sed', 'setsid', 'sha256sum', 'sleep', 'sort', 'stat'],
  ...['switch_root', 'sync', 'sysupgrade', 'systemctl', 'tail', 'tar', 'tee', 'test', 'touch', 'tr', 'true'],
  ...['ubiattach', 'ubinfo', 'umount', 'uname', 'unshare', 'update-grub', 'wc', 'xargs', 'xzcat', 'zcat'],
];

/** Paths that say what the root offers. A board file adds its own. */
export const pathNames: readonly string[] = [
  ...['/dev', '/mnt', '/overlay', '/proc', '/rom', '/run', '/sys', '/tmp'],
  ...['/sbin/init', '/sbin/overlay_init', '/sbin/overlay_helper', '/etc/overlaykit'],
];
