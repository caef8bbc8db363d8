/** Whether the kernel could execute a program of the merged root: the file itself, and the interpreters it names. */
import { elfInterpreter } from './elf.ts';
import { isRegular } from './mode.ts';
import type { Port } from './port.ts';
import { type Inside, resolveInside } from './resolve.ts';
import { attemptInside, Unfit } from './trouble.ts';

/** The kernel gives up with ELOOP after five interpreters (bprm->depth). */
const maxInterpreters = 5;

/** What the kernel reads of a file to tell what it is (BINPRM_BUF_SIZE since Linux 5.1; it was 128). */
const headBytes = 256;

/**
 * Checks a program and its interpreters.
 * @throws Unfit saying which file is missing or wrong
 */
export function checkProgram(port: Port, root: string, path: string): void {
  let program: string | undefined = path;
  for (let depth = 0; program !== undefined; depth++) {
    if (depth > maxInterpreters) throw new Unfit(`${path}: its interpreters call one another in a circle`);
    program = interpreterOf(port, root, program);
  }
}

/** Checks one file; the interpreter that the kernel would start for it, where it needs one. */
function interpreterOf(port: Port, root: string, path: string): string | undefined {
  const file = resolveInside(port, root, path);
  if (!isRegular(file.mode)) throw new Unfit(`${path} is not a regular file in the merged root`);
  if (file.size === 0) throw new Unfit(`${path} is empty in the merged root, as files are after a power cut`);
  attemptInside(`${path} cannot be executed in the merged root`, () => port.accessExecute(file.outside));
  const head = read(port, path, file, 0, headBytes);
  if (head.startsWith('\x7fELF')) {
    return elfInterpreter(path, head, file.size, (offset, length) => read(port, path, file, offset, length));
  }
  if (head.startsWith('#!')) return scriptInterpreter(path, head);
  // The flat format of processors without an MMU names no interpreter.
  if (head.startsWith('bFLT')) return undefined;
  throw new Unfit(`${path} is neither an ELF program nor a script with "#!"`);
}

function read(port: Port, path: string, file: Inside, offset: number, length: number): string {
  return attemptInside(`cannot read ${path} in the merged root`, () =>
    port.readAt(file.outside, offset, length),
  );
}

/** The kernel takes the first word after "#!", up to a blank or the end of the line. */
function scriptInterpreter(path: string, head: string): string {
  let start = 2;
  while (isBlank(head.charAt(start))) start++;
  let end = start;
  while (end < head.length && !isBlank(head.charAt(end)) && head.charAt(end) !== '\n') end++;
  if (start === end) throw new Unfit(`${path} starts with "#!" but names no interpreter`);
  return head.slice(start, end);
}

function isBlank(char: string): boolean {
  return char === ' ' || char === '\t';
}
