/** Boot loaders that can be told which init the kernel executes. */
export const bootLoaderKinds = ['extlinux', 'cmdline-txt', 'grub-d', 'grub-cfg', 'u-boot'] as const;
export type BootLoaderKind = (typeof bootLoaderKinds)[number];

/** With `none` for boards whose boot loader somebody else tells. */
export const bootLoaderChoices = [...bootLoaderKinds, 'none'] as const;

/** What a board file says of its boot loader. */
export interface BootLoader {
  readonly type: (typeof bootLoaderChoices)[number];
  /** Where its configuration is on the board; the usual places where undefined. */
  readonly file?: string | undefined;
}
