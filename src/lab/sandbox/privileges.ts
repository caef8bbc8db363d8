/**
 * What a root in the sandbox may not do to this machine by mistake, although it runs as this machine's root. This is no
 * fence against a hostile root: a root that nobody trusts belongs into another machine (QEMU, user-mode Linux).
 */

/**
 * Capabilities that neither the board's init nor commands have: loading modules, setting the clock, touching hardware,
 * making device nodes, which would be this machine's disks. (overlayfs needs none of them for its whiteouts since 5.8.)
 */
const withheld = [
  'sys_module',
  'sys_time',
  'sys_rawio',
  'sys_pacct',
  'mknod',
  'syslog',
  'wake_alarm',
  'mac_admin',
  'mac_override',
  'audit_control',
] as const;

/** setpriv's option that takes them away for good. */
export const boundingSet = `--bounding-set=${withheld.map((name) => `-${name}`).join(',')}`;

/** Parts of /proc through which an init script reaches the whole machine: `echo b > /proc/sysrq-trigger`. */
export const readOnlyInProc = ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs'] as const;
