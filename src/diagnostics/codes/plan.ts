import type { CodeEntry } from './entry.ts';

/** OVL2xx: Plans, union systems and storage. */
export const planCodes = {
  OVL201: {
    title: 'union.options names an option that the union system does not have',
    explanation: `A union system refuses the whole mount when it meets an option it does not know, and the board would fall back
at every boot. overlaykit therefore knows the options of each system and refuses others here. The directories themselves
(lowerdir, upperdir, workdir, base, sto) always come from the plan.`,
  },
  OVL202: {
    title: 'union.options gives an option a value that it does not take',
    explanation: `The kernel answers EINVAL to the mount, and the board would fall back at every boot. "fix" lists the values.`,
  },
  OVL203: {
    title: 'union.options names an option that is newer than the kernel',
    explanation: `overlayfs has grown options over the years: redirect_dir came with Linux 4.10, index with 4.13, xino with 4.17,
metacopy with 4.19. An older kernel refuses the whole mount with EINVAL. Remove the option, or correct kernel.version if the
kernel carries the patch.`,
  },
  OVL204: {
    title: 'the union system cannot merge that many layers',
    explanation: `mini_fo and the overlayfs of patched kernels before 3.18 have exactly two branches; overlayfs itself takes several
lower directories since Linux 4.0. Put the further layers into the root image.`,
  },
  OVL211: {
    title: 'no union system is known to work on this kernel',
    explanation: `union.system is "auto", and none of the systems that overlaykit plans for exists for kernel.version, or none is in
kernel.filesystems. Run "cat /proc/filesystems" on the board, with the modules loaded, and list what it prints; if a vendor
has ported a union system to this kernel, name it under union.system.`,
  },
  OVL212: {
    title: 'understood, but not built yet',
    explanation: `The board file is right, and a later version of overlaykit will do what it says; this one cannot. Nothing is built
from it, because leaving a part out in silence would be worse.`,
  },
  OVL213: {
    title: 'the union system is unusual on this kernel',
    explanation: `The system is known from other kernel versions. Vendors do port them, so this is only a warning: if the board's
/proc/filesystems lists it, all is well. If it does not, the union mount fails with ENODEV and the board falls back.`,
  },
  OVL221: {
    title: 'the ladder wants persistent storage, but there is none',
    explanation: `The rung "persistent" mounts the storage that the board file names. With storage.type tmpfs there is nothing to find
or to keep. A kiosk that forgets everything begins its ladder with "tmpfs".`,
  },
  OVL222: {
    title: 'the board lacks applets that overlay_init calls',
    explanation: `Where the board file lists applets, overlay_init may use no other program of the board. Which ones it needs depends on
the plan: finding a label needs findfs, loading modules needs modprobe, chroot instead of pivot_root needs chroot. With
overlay_helper on the board the script still carries the way without it, for the day the helper does not work; its
applets are needed too.

Without the list nothing is checked here, and ovl image looks for the applets in the root image instead.`,
  },
} as const satisfies Record<string, CodeEntry>;
