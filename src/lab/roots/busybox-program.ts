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
import { file, type RootFile, symlink } from './root-file.ts';

const programPath = '/bin/busybox';

/**
 * The program and its links.
 * @throws Failure OVL401 when busybox is not installed, OVL430 when it is not static or `without` names no applet of it
 */
export async function busyboxProgram(without: readonly string[]): Promise<readonly RootFile[]> {
  const { path: host, program } = await staticBusybox();
  const applets = (await execa(host, ['--list-full'])).stdout.split('\n').filter((path) => path !== '');
  const kept = applets.filter((path) => !without.includes(nameOf(path)) && path !== 'bin/busybox');
  return [
    file(programPath, withoutNames(host, program, applets.map(nameOf), without), 0o755),
    ...kept.map((path) => symlink(`/${path}`, programPath)),
  ];
}

/**
 * This machine's busybox and where it is.
 * @throws Failure OVL401 when busybox is not installed, OVL430 when it is not static
 */
export async function staticBusybox(): Promise<{ readonly path: string; readonly program: Buffer }> {
  const path = requireTool('busybox');
  const program = await readFile(path);
  refuseDynamic(path, program);
  return { path, program };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A dynamic program names its loader in a PT_INTERP header; its libraries are not in this root. */
function refuseDynamic(host: string, program: Buffer): void {
  const isElf64 = program.subarray(0, 5).equals(Buffer.from('\x7fELF\x02', 'latin1'));
  const headers = isElf64 ? program.readUInt16LE(56) : 0;
  const table = isElf64 ? Number(program.readBigUInt64LE(32)) : 0;
  const interpreter = 3;
  const types = Array.from({ length: headers }, (_, index) => program.readUInt32LE(table + 56 * index));
  if (isElf64 && !types.includes(interpreter)) return;
  throw new Failure({
    code: 'OVL430',
    severity: 'error',
    message: `${host} is not a static program for 64-bit machines`,
    because: "the lab's own root holds no libraries",
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
