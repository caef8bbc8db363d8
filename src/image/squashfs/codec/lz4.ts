import { CorruptData } from './corrupt.ts';

/** Unpacks one raw LZ4 block (the form that squashfs uses, without a frame) to at most `limit` bytes. */
export function unpackLz4(input: Uint8Array, limit: number): Uint8Array {
  const output = new Uint8Array(limit);
  let from = 0;
  let to = 0;

  const byte = (): number => {
    const value = input[from];
    if (value === undefined) throw new CorruptData('LZ4 data ends too early');
    from += 1;
    return value;
  };
  const extended = (nibble: number): number => {
    if (nibble < 15) return nibble;
    let length = 15;
    for (let more = 255; more === 255; ) {
      more = byte();
      length += more;
    }
    return length;
  };

  while (from < input.length) {
    const token = byte();
    const literals = extended(token >> 4);
    if (from + literals > input.length || to + literals > limit) {
      throw new CorruptData('LZ4 literals run out of bounds');
    }
    output.set(input.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    // The last sequence has literals only.
    if (from === input.length) break;
    const distance = byte() | (byte() << 8);
    const length = extended(token & 15) + 4;
    if (distance === 0 || distance > to || to + length > limit) {
      throw new CorruptData('LZ4 match runs out of bounds');
    }
    for (const end = to + length; to < end; to += 1) output[to] = output[to - distance] as number;
  }
  return output.subarray(0, to);
}
