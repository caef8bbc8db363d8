/** Sizes and times as people write them in board files, and back. */

/** Multipliers in bytes. A bare letter means what the kernel's own memparse() makes of it: binary. */
const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  k: 1024,
  K: 1024,
  KiB: 1024,
  M: 1024 ** 2,
  MiB: 1024 ** 2,
  G: 1024 ** 3,
  GiB: 1024 ** 3,
};

/** Multipliers in milliseconds. */
const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };

export const sizePattern = /^(\d+(?:\.\d+)?) ?(B|k|K|KiB|M|MiB|G|GiB)$/;
export const percentPattern = /^(\d{1,3})%$/;
export const durationPattern = /^(\d+(?:\.\d+)?) ?(ms|s|min)$/;

/** Bytes of "3.4MiB", "64k"; undefined where the text is no size or not a whole number of bytes. */
export function parseSize(text: string): number | undefined {
  return scaled(sizePattern.exec(text), sizeUnits);
}

/** Milliseconds of "5s", "500ms"; undefined where the text is no time. */
export function parseDuration(text: string): number | undefined {
  return scaled(durationPattern.exec(text), timeUnits);
}

function scaled(match: RegExpExecArray | null, units: Readonly<Record<string, number>>): number | undefined {
  const factor = units[match?.[2] ?? ''];
  if (match === null || factor === undefined) return undefined;
  const value = Number(match[1]) * factor;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** "3.4 MiB" of a number of bytes: exact where it can be, else rounded to one decimal. */
export function formatSize(bytes: number): string {
  for (const [unit, factor] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const) {
    if (bytes >= factor) return `${Math.round((bytes / factor) * 10) / 10} ${unit}`;
  }
  return `${bytes} B`;
}

/** "5 s" of a number of milliseconds. */
export function formatDuration(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000} s` : `${milliseconds} ms`;
}
