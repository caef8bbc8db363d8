/** Kernel versions, compared by number: "5.10" is newer than "5.9". */
export type KernelVersion = readonly [major: number, minor: number, patch: number];

/** Parses "6.1", "5.15.134"; anything else counts as 0.0.0, since the board schema has already refused it. */
export function parseKernelVersion(text: string): KernelVersion {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number);
  return [major, minor, patch];
}

/** Whether `version` is at least `wanted`, such as "4.19". */
export function isAtLeast(version: KernelVersion, wanted: string): boolean {
  const other = parseKernelVersion(wanted);
  for (const [index, part] of version.entries()) {
    const difference = part - (other[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
