/** What init.c says on the console, as values. Pure. */
import { type MountEntry, parseMountinfo } from '../../src/lab/mountinfo.ts';

export interface BootReport {
  /** Instructions between start.c and init.c: one virtual nanosecond each. */
  readonly ticks: number;
  /** What is mounted when init starts, in the order of mounting; empty where there is no /proc. */
  readonly mounts: readonly MountEntry[];
  /** What overlay_init and overlay_helper wrote into the kernel log. */
  readonly log: readonly LogRecord[];
}

export interface LogRecord {
  /** The kernel's: 3 error, 4 warning, 6 information. */
  readonly level: number;
  readonly text: string;
}

/**
 * Finds the report on a console, whatever else the kernel says there before and after it.
 * @throws Error quoting the end of the console where the report is missing or cut off
 */
export function parseReport(said: string): BootReport {
  const report = /^BENCH BEGIN (\d+)\n((?:.*\n)*?)BENCH LOG\n((?:.*\n)*?)BENCH END$/m.exec(
    said.replaceAll('\r\n', '\n'),
  );
  const [, ticks, table, log] = report ?? [];
  if (ticks === undefined || table === undefined || log === undefined) {
    throw new Error(
      `init did not report on the console:\n${said.trimEnd().split('\n').slice(-15).join('\n')}`,
    );
  }
  return { ticks: Number(ticks), mounts: parseMountinfo(table), log: parseLog(log) };
}

/** Records of /dev/kmsg: "LEVEL,NUMBER,TIME,FLAGS;TEXT", the level in the lowest three bits (kernel, dev-kmsg). */
function parseLog(text: string): readonly LogRecord[] {
  return [...text.matchAll(/^(\d+),[^;]*;(.*)$/gm)].map(([, level, record]) => ({
    level: Number(level) & 7,
    text: record ?? '',
  }));
}

/**
 * A mount table as text that can be compared. What the kernel mounted before any of the cases began is left out of the
 * options: the size of its devtmpfs is that of the memory, which the root image in it makes smaller.
 */
export function mountTableText(mounts: readonly MountEntry[]): string {
  return mounts
    .map(({ fstype, source, target, options, superOptions }) =>
      [fstype, source, target, options.join(','), fstype === 'devtmpfs' ? '' : superOptions.join(',')].join(
        ' ',
      ),
    )
    .join('\n');
}
