/** What a board in the sandbox is made of. */
import type { NamespaceMode } from './available.ts';

/** Its kernel is this machine's: it has squashfs and ext4 as a rule, cramfs and JFFS2 hardly ever. */
export interface SandboxSpec {
  /**
   * The read-only root: an image and its type, or a folder, which is copied into a tmpfs first. As an ordinary user there
   * are no images.
   */
  readonly root:
    | {
        readonly kind: 'image';
        readonly image: string;
        readonly type: string;
        /** Whether the board can mount it for writing; what it writes is then in the image. */
        readonly writable?: boolean;
      }
    | { readonly kind: 'folder'; readonly folder: string };
  /**
   * Disks of the board, in place, as block devices; each is an image of a file system or is filled by
   * the board. As an ordinary user there are none.
   */
  readonly disks?: readonly SandboxDisk[];
  /** What is executed as PID 1 on the read-only root. */
  readonly init: string;
  /** Words of the kernel command line, unquoted. */
  readonly words?: readonly string[];
  /**
   * Whether the root's init starts the lab shell's script, which tells when commands can be run; it does in the lab's own
   * roots. Without it, commands are run as soon as PID 1 is `/sbin/init`.
   */
  readonly labShell?: boolean;
  /** `user`: as an ordinary user would, even when we are root; the default is the best mode there is. */
  readonly mode?: NamespaceMode;
}

export interface SandboxDisk {
  readonly image: string;
  /** A name below /dev, such as "/dev/mmcblk0p3", beside the kernel's own, /dev/loopN. */
  readonly device?: string;
}
