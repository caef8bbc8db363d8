/**
 * LZO1X, after the description of its bit stream in the Linux kernel's documentation (Documentation/staging/lzo.rst):
 * instructions that copy from what was unpacked before, each followed by 0 to 3 literals.
 */
import { CorruptData } from './corrupt.ts';

/** Distance of the instruction that ends the stream. */
const endDistance = 16384;

/** Unpacks one LZO1X block to at most `limit` bytes. */
export function unpackLzo(input: Uint8Array, limit: number): Uint8Array {
  const output = new Uint8Array(limit);
  let from = 0;
  let to = 0;

  const byte = (): number => {
    const value = input[from];
    if (value === undefined) throw new CorruptData('LZO data ends too early');
    from += 1;
    return value;
  };
  /** A length whose bits in the instruction are all zero goes on in the bytes that follow. */
  const extended = (bits: number, all: number): number => {
    if (bits !== 0) return bits;
    let length = all;
    let more = byte();
    for (; more === 0; more = byte()) {
      length += 255;
      if (length > limit) throw new CorruptData('an LZO length is larger than the block');
    }
    return length + more;
  };
  const literals = (count: number): void => {
    if (to + count > limit) throw new CorruptData('LZO literals run out of bounds');
    for (let left = count; left > 0; left -= 1) {
      output[to] = byte();
      to += 1;
    }
  };
  const match = (distance: number, length: number): void => {
    if (distance > to || to + length > limit) throw new CorruptData('LZO match runs out of bounds');
    for (const end = to + length; to < end; to += 1) output[to] = output[to - distance] as number;
  };

  /** Literals that the last instruction copied; 4 stands for a long run, and decides what 0 to 15 mean next. */
  let state = 0;
  const first = input[0] ?? 0;
  if (first > 17) {
    from = 1;
    literals(first - 17);
    state = Math.min(first - 17, 4);
  }
  for (;;) {
    const code = byte();
    if (code < 16 && state === 0) {
      literals(3 + extended(code, 15));
      state = 4;
      continue;
    }
    let trailing = code & 3;
    if (code < 16) {
      const distance = (byte() << 2) + (code >> 2) + 1;
      if (state === 4) match(distance + 2048, 3);
      else match(distance, 2);
    } else if (code < 64) {
      const near = code >= 32;
      const length = 2 + (near ? extended(code & 31, 31) : extended(code & 7, 7));
      const word = byte() | (byte() << 8);
      const distance = (near ? 1 : endDistance + ((code & 8) << 11)) + (word >> 2);
      if (distance === endDistance) return output.subarray(0, to);
      trailing = word & 3;
      match(distance, length);
    } else {
      const length = code < 128 ? 3 + ((code >> 5) & 1) : 5 + ((code >> 5) & 3);
      match((byte() << 3) + ((code >> 2) & 7) + 1, length);
    }
    literals(trailing);
    state = trailing;
  }
}
