/**
 * busybox as a board has it: one static program, a symbolic link for each applet, and no applet that the board's busybox
 * was built without.
 *
 * Debian's busybox shell runs its own applets without looking at the file system, so taking a link away does not take the
 * applet away. The program's table of applet names is changed instead: the name gets a character that nobody types.
 */
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { requireTool } from '../../system/tools.ts';
import { unfitProgram } from '../../toolchain/built.ts';
import { type Architecture, targetFor } from '../../toolchain/targets.ts';
import { foreignProgram } from '../foreign.ts';
import { file, type RootFile, symlink } from './root-file.ts';

const programPath = '/bin/busybox';

/**
 * The program and its links.
 * @param arch the processor that it is for
 * @throws Failure OVL401 when busybox is not installed, OVL406 when another processor's cannot be fetched, OVL430 when it is
 *   not static or `without` names no applet of it
 */
export async function busyboxProgram(
  without: readonly string[],
  arch: Architecture = 'x86_64',
): Promise<readonly RootFile[]> {
  const { path: host, program } = await staticBusybox(arch);
  const applets = await appletPaths(arch, program);
  const kept = applets.filter((path) => !without.includes(nameOf(path)) && path !== 'bin/busybox');
  return [
    file(programPath, withoutNames(host, program, applets.map(nameOf), without), 0o755),
    ...kept.map((path) => symlink(`/${path}`, programPath)),
  ];
}

/**
 * This machine's busybox, or Debian's for another processor, and where it is.
 * @throws Failure OVL401 when busybox is not installed, OVL406 when it cannot be fetched, OVL430 when it is not static
 */
export async function staticBusybox(
  arch: Architecture = 'x86_64',
): Promise<{ readonly path: string; readonly program: Buffer }> {
  const own = arch === 'x86_64';
  const path = own ? requireTool('busybox') : `busybox-static for ${arch}`;
  const program = own ? await readFile(path) : await foreignProgram(arch, 'busybox-static', 'bin/busybox');
  refuseUnfit(path, program, arch);
  return { path, program };
}

/**
 * Where each applet belongs, without the leading "/". Another processor's busybox cannot be asked: its applets are read from
 * its table of names, and where they belong is what this machine's busybox says, which is built from the same source.
 */
async function appletPaths(arch: Architecture, program: Buffer): Promise<readonly string[]> {
  const { stdout } = await execa(requireTool('busybox'), ['--list-full']);
  const paths = stdout.split('\n').filter((path) => path !== '');
  if (arch === 'x86_64') return paths;
  const places = new Map(paths.map((path) => [nameOf(path), path]));
  return namesIn(program).map((name) => places.get(name) ?? `usr/bin/${name}`);
}

/** The table begins with "[" and "[[", since it is sorted, and each name ends with a NUL. */
function namesIn(program: Buffer): readonly string[] {
  const start = program.indexOf('\0[\0[[\0', 0, 'latin1') + 1;
  if (start === 0) return [];
  const names: string[] = [];
  for (let at = start; ; ) {
    const end = program.indexOf(0, at);
    const name = program.toString('latin1', at, end);
    if (end <= at || name <= (names.at(-1) ?? '') || !/^[\w.[+-]+$/.test(name)) return names;
    names.push(name);
    at = end + 1;
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A dynamic program would look for its loader and its libraries. */
function refuseUnfit(host: string, program: Buffer, arch: Architecture): void {
  const because = unfitProgram(program, targetFor(arch));
  if (because === undefined) return;
  throw new Failure({
    code: 'OVL430',
    severity: 'error',
    message: `${host} is not a static program for ${arch}`,
    because: `${because}; the lab's own root holds no libraries`,
    fix: 'apt-get install busybox-static',
  });
}

function withoutNames(
  host: string,
  program: Buffer,
  names: readonly string[],
  without: readonly string[],
): Buffer {
  const sorted = names.toSorted((a, b) => (a < b ? -1 : 1));
  const table = Buffer.from(`${sorted.join('\0')}\0`);
  const at = program.indexOf(table);
  const unknown = without.filter((name) => !names.includes(name));
  if (unknown.length > 0 || (without.length > 0 && (at === -1 || program.includes(table, at + 1)))) {
    throw new Failure({
      code: 'OVL430',
      severity: 'error',
      message: `cannot take ${JSON.stringify(unknown[0] ?? without[0])} out of ${host}`,
      because:
        unknown.length > 0
          ? 'this busybox has no applet of that name'
          : 'its table of applet names was not found',
    });
  }
  const renamed = sorted.map((name, index) =>
    without.includes(name) ? unusedName(sorted[index - 1] ?? '', name, sorted[index + 1] ?? '\x7f') : name,
  );
  const changed = Buffer.from(program);
  if (without.length > 0) changed.write(`${renamed.join('\0')}\0`, at, 'latin1');
  return changed;
}

/** Differs in the last character and sorts at the same place: busybox searches the table by order and by length. */
function unusedName(before: string, name: string, after: string): string {
  const ends = [1, 0x7f, ...Array.from({ length: 125 }, (_, index) => index + 2)];
  const candidates = ends.map((code) => name.slice(0, -1) + String.fromCharCode(code));
  const fitting = candidates.find(
    (candidate) => before < candidate && candidate < after && candidate !== name,
  );
  if (fitting === undefined) throw new RangeError(`no name between ${before} and ${after}`);
  return fitting;
}
