/** What `reset --dry-run` says, taken apart. */

export interface ForecastRow {
  readonly goes: boolean;
  /** A path, or a generation. */
  readonly what: string;
  readonly bytes: number;
  readonly inodes: number;
}

const form = /^(goes|stays) (.{1,4096}) bytes=(\d{1,15}) inodes=(\d{1,15})$/;

/** The rows of an answer; lines of another form are left out. */
export function parseForecast(lines: readonly string[]): readonly ForecastRow[] {
  return lines.flatMap((line) => {
    const match = form.exec(line);
    if (match === null) return [];
    const [, verb, what = '', bytes, inodes] = match;
    return [{ goes: verb === 'goes', what, bytes: Number(bytes), inodes: Number(inodes) }];
  });
}
