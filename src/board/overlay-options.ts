/** The options of overlayfs that a board file may choose: since when Linux has them, and what they take. */

export interface OverlayOption {
  /** First kernel.org release that takes it; an older one refuses the whole mount (EINVAL, "unrecognized mount option"). */
  readonly since: string;
  readonly values: readonly string[];
}

/** Documentation/filesystems/overlayfs.rst; the versions as the unionmount test suite has them. */
export const overlayOptionTable = {
  redirect_dir: { since: '4.10', values: ['on', 'off', 'follow', 'nofollow'] },
  index: { since: '4.13', values: ['on', 'off'] },
  nfs_export: { since: '4.16', values: ['on', 'off'] },
  xino: { since: '4.17', values: ['on', 'off', 'auto'] },
  metacopy: { since: '4.19', values: ['on', 'off'] },
  uuid: { since: '6.6', values: ['on', 'off', 'null', 'auto'] },
} as const satisfies Record<string, OverlayOption>;
