/** What the kernel reads of an ELF program before it runs: its segments, and the loader that it names (PT_INTERP). */
import { Unfit } from './trouble.ts';

const segmentLoad = 1;
const segmentInterpreter = 3;
const maxProgramHeaders = 128;
/** The kernel refuses longer ones (PATH_MAX). */
const maxPath = 4096;

/** Where the fields lie that are read here, for 32 and 64 bit files (elf.h). */
const layouts = {
  32: { word: 4, headersAt: 28, headerSize: 42, headerCount: 44, segmentOffset: 4, segmentSize: 16 },
  64: { word: 8, headersAt: 32, headerSize: 54, headerCount: 56, segmentOffset: 8, segmentSize: 32 },
} as const;

/**
 * Path of the interpreter, or undefined for a static program.
 *
 * @param head the file's first 64 bytes or more
 * @param fileBytes size of the file
 * @param read reads a part of the file; shorter where the file ends
 * @throws Unfit where the file is cut short or its header makes no sense
 */
export function elfInterpreter(
  path: string,
  head: string,
  fileBytes: number,
  read: (offset: number, length: number) => string,
): string | undefined {
  const layout = head.charCodeAt(4) === 2 ? layouts[64] : layouts[32];
  const bigEndian = head.charCodeAt(5) === 2;
  const damaged = (what: string) => new Unfit(`${path} is a damaged ELF program: ${what}`);
  const number = (bytes: string, at: number, length: number): number => {
    let value = 0;
    for (let index = 0; index < length; index++) {
      value = value * 256 + bytes.charCodeAt(at + (bigEndian ? index : length - 1 - index));
    }
    // charCodeAt gives NaN beyond the end, and NaN is contagious.
    if (Number.isNaN(value) || value > 0x7fffffff) throw damaged('its headers are cut short');
    return value;
  };
  const count = number(head, layout.headerCount, 2);
  const size = number(head, layout.headerSize, 2);
  if (count > maxProgramHeaders || size < layout.segmentSize + layout.word) {
    throw damaged(`${count} program headers of ${size} bytes`);
  }
  const headers = read(number(head, layout.headersAt, layout.word), count * size);
  let interpreter: string | undefined;
  for (let at = 0; at < count * size; at += size) {
    const type = number(headers, at, 4);
    if (type !== segmentLoad && type !== segmentInterpreter) continue;
    const offset = number(headers, at + layout.segmentOffset, layout.word);
    const length = number(headers, at + layout.segmentSize, layout.word);
    // The kernel would map it all the same, and the program would die of SIGBUS later.
    if (offset + length > fileBytes) throw damaged(`cut short at ${fileBytes} bytes`);
    if (type === segmentInterpreter) {
      if (length < 2 || length > maxPath) throw damaged(`an interpreter name of ${length} bytes`);
      interpreter = read(offset, length - 1);
    }
  }
  return interpreter;
}
