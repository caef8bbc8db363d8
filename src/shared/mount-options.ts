/** Options of a mount as mount(2) wants them. */
const flagOf: Readonly<Record<string, number>> = {
  rw: 0,
  ro: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  sync: 16,
  dirsync: 128,
  noatime: 1024,
  nodiratime: 2048,
  relatime: 1 << 21,
  strictatime: 1 << 24,
  lazytime: 1 << 25,
};

/** What mount(2) gets of the options of a mount: flags for the kernel, the rest for the file system. */
export function mountOptions(options: readonly string[]): { readonly flags: number; readonly data: string } {
  const flags = options.reduce((sum, option) => sum | (flagOf[option] ?? 0), 0);
  return { flags, data: options.filter((option) => flagOf[option] === undefined).join(',') };
}
