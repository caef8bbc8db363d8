/** Whether what was linked is what was asked for: static, for the right machine, and alive where this machine can tell. */
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { Failure } from '../diagnostics/diagnostic.ts';
import { verbExit } from '../shared/verb-exit.ts';
import { lastLines } from '../system/process.ts';
import type { Target } from './targets.ts';

/** PT_INTERP (elf.h). */
const programHeaderInterp = 3;

/**
 * Checks a built helper, with its verbs beside it.
 * @throws Failure OVL457
 */
export async function checkBuilt(path: string, target: Target): Promise<void> {
  const wrong = unfitProgram(await readFile(path), target) ?? (await wrongAnswer(path, target));
  if (wrong === undefined) return;
  throw new Failure({
    code: 'OVL457',
    severity: 'error',
    message: 'overlay_helper was compiled, but it is not fit for a board',
    because: wrong,
    fix: 'use another compiler (CROSS_COMPILE), or: ovl build --no-helper',
  });
}

/** Why a file is no static program for a processor; undefined where it is one. */
export function unfitProgram(elf: Buffer, { elf: expected }: Target): string | undefined {
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46) return 'it is not an ELF program';
  const bits = elf[4] === 2 ? 64 : 32;
  const bigEndian = elf[5] === 2;
  const number = (at: number, bytes: number): number =>
    bigEndian ? elf.readUIntBE(at, bytes) : elf.readUIntLE(at, bytes);
  const machine = number(18, 2);
  if (bits !== expected.bits || bigEndian !== expected.bigEndian || machine !== expected.machine) {
    return `it is for another machine: ${bits} bit, ${bigEndian ? 'big' : 'little'} endian, ELF machine ${machine}`;
  }
  const [start, size, count] = bits === 64 ? [32, 54, 56] : [28, 42, 44];
  const first = number(start, 4);
  for (let index = 0; index < number(count, 2); index++) {
    if (number(first + index * number(size, 2), 4) !== programHeaderInterp) continue;
    return 'it needs a dynamic loader, which a board may not have: it is not linked statically';
  }
  return undefined;
}

async function wrongAnswer(path: string, target: Target): Promise<string | undefined> {
  if (target.host !== process.arch || process.platform !== 'linux') return undefined;
  const options = { reject: false, timeout: 10_000, all: true } as const;
  const result = await execa(path, ['version'], options);
  if (result.failed || !result.stdout.startsWith('overlay_helper '))
    return `"overlay_helper version" does not work: ${lastLines(result.all) || result.shortMessage}`;
  // Without words it says what verbs it has, for which it has to read them.
  const verbs = await execa(path, [], options);
  if (verbs.exitCode === verbExit.usage) return undefined;
  return `overlay_helper does not say its verbs: ${lastLines(verbs.all) || verbs.shortMessage}`;
}
