/** `usage`: what fills the upper of this boot, on any rung that has one. Reads only. */
import { type UsageReport, usageSchema } from '../../shared/report.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { findGrowers } from '../growers.ts';
import { json } from '../json.ts';
import { openLowers } from '../lower-paths.ts';
import { followLowers, type Lowers, opaque } from '../lowers.ts';
import { measure } from '../measure.ts';
import { isRegular, isWhiteout } from '../mode.ts';
import { isKernelError } from '../port.ts';
import type { BoardPort, FileStatus } from '../storage-port.ts';
import { oneLine } from '../trouble.ts';
import { walk } from '../walk.ts';
import { wantsJson } from '../words.ts';
import { openWritable, type Writable } from '../writable.ts';

const largestNamed = 10;
const equalNamed = 20;

export function usage(port: BoardPort, words: readonly string[]): number {
  const asJson = wantsJson(words);
  const report = reportOf(port, openWritable(port));
  if (asJson) port.print(json(report));
  else for (const line of linesOf(report)) port.print(line);
  return verbExit.done;
}

function reportOf(port: BoardPort, writable: Writable): UsageReport {
  const { rung, upper } = writable;
  return {
    schema: usageSchema,
    rung,
    ...measure(port, upper),
    largest: findGrowers(port, upper, 'bytes', largestNamed).map((one) => ({
      ...one,
      path: oneLine(one.path),
    })),
    ...compare(port, writable),
  };
}

function compare(
  port: BoardPort,
  { rung, booted, upper }: Writable,
): Pick<UsageReport, 'whiteouts' | 'equal'> {
  const lowers = followLowers(port, openLowers(port, rung, booted, 'usage'));
  const paths: string[] = [];
  let [whiteouts, count, bytes] = [0, 0, 0];
  walk(port, upper, ({ path }) => ({
    file(directory, name, status) {
      if (isWhiteout(status.mode, status.rdev)) whiteouts++;
      if (!isEqual(port, lowers, directory, name, status)) return;
      count++;
      bytes += status.allocated;
      if (paths.length < equalNamed) paths.push(oneLine(`/${path(name)}`));
    },
    enter(above, name) {
      const replaces = [opaque, 'trusted.overlay.redirect'];
      lowers.enter(
        name,
        replaces.some((one) => port.attributeIn(above, name, one) !== undefined),
      );
    },
    left: () => lowers.left(),
  }));
  lowers.close();
  return { whiteouts, equal: { count, bytes, paths } };
}

function isEqual(
  port: BoardPort,
  lowers: Lowers,
  directory: number,
  name: string,
  { mode, size }: FileStatus,
): boolean {
  if (!isRegular(mode)) return false;
  const below = lowers.having(name);
  if (below === undefined || port.statIn(below, name)?.size !== size) return false;
  try {
    return port.equalIn(directory, name, below, name);
  } catch (error) {
    // Removed meanwhile, or a block that cannot be read: no file to say anything of.
    if (isKernelError(error)) return false;
    throw error;
  }
}

function linesOf({ rung, bytes, inodes, largest, whiteouts, equal }: UsageReport): readonly string[] {
  return [
    `upper of rung ${rung} bytes=${bytes} inodes=${inodes} whiteouts=${whiteouts}`,
    ...largest.map((one) => `largest ${one.path} bytes=${one.bytes} inodes=${one.inodes}`),
    ...equal.paths.map((path) => `equal ${path}`),
    ...(equal.count === 0
      ? []
      : [
          `${equal.count} files are as the layers below have them bytes=${equal.bytes}; reset PATH drops one`,
        ]),
  ];
}
