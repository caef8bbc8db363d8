/** LZMA: an LZ77 whose every bit goes through an adaptive range coder. Used by xz (as LZMA2) and by old squashfs images. */
import { CorruptData } from './corrupt.ts';

/** Unpacks runs of LZMA into one growing output; LZMA2 changes the properties between the runs. */
export interface LzmaUnpacker {
  /** Literal context bits, literal position bits, position bits, packed in one byte as (pb * 5 + lp) * 9 + lc. */
  setProperties(packed: number): void;
  resetState(): void;
  /** Unpacks until `length` more bytes are there, or, with `endMarker`, an end marker comes first. */
  unpack(input: Uint8Array, length: number, endMarker: boolean): void;
  /** Appends bytes that are not compressed. */
  copy(bytes: Uint8Array): void;
  output(): Uint8Array;
}

// Where the groups of probabilities begin in the one table that holds them all.
const states = 12;
const positionStates = 16;
const isMatch = 0;
const isRepeat = isMatch + states * positionStates;
const isRepeat0 = isRepeat + states;
const isRepeat1 = isRepeat0 + states;
const isRepeat2 = isRepeat1 + states;
const isLongRepeat0 = isRepeat2 + states;
const distanceSlot = isLongRepeat0 + states * positionStates;
const distanceSpecial = distanceSlot + 4 * 64;
const distanceAlign = distanceSpecial + 128;
const matchLength = distanceAlign + 16;
const lengthProbabilities = 2 + 8 * positionStates * 2 + 256;
const repeatLength = matchLength + lengthProbabilities;
const literal = repeatLength + lengthProbabilities;

const evenOdds = 1024;

export function lzmaUnpacker(limit: number): LzmaUnpacker {
  const output = new Uint8Array(limit);
  let to = 0;
  let lc = 0;
  let literalPositionMask = 0;
  let positionMask = 0;
  let odds = new Uint16Array(0);
  let state = 0;
  let repeats: [number, number, number, number] = [0, 0, 0, 0];

  // The range coder.
  let input: Uint8Array = new Uint8Array(0);
  let from = 0;
  let range = 0;
  let code = 0;

  const nextByte = (): number => {
    const value = input[from];
    if (value === undefined) throw new CorruptData('LZMA data ends too early');
    from += 1;
    return value;
  };
  const normalise = (): void => {
    if (range >= 0x1000000) return;
    range = (range << 8) >>> 0;
    code = ((code << 8) | nextByte()) >>> 0;
  };
  const bit = (index: number): number => {
    const chance = odds[index] as number;
    const bound = (range >>> 11) * chance;
    let value = 0;
    if (code < bound) {
      range = bound;
      odds[index] = chance + ((2048 - chance) >> 5);
    } else {
      range -= bound;
      code -= bound;
      odds[index] = chance - (chance >> 5);
      value = 1;
    }
    normalise();
    return value;
  };
  const directBits = (count: number): number => {
    let value = 0;
    for (let left = count; left > 0; left -= 1) {
      range >>>= 1;
      const one = code >= range ? 1 : 0;
      if (one === 1) code -= range;
      normalise();
      value = value * 2 + one;
    }
    return value;
  };
  const tree = (base: number, bits: number): number => {
    let node = 1;
    for (let left = bits; left > 0; left -= 1) node = (node << 1) | bit(base + node);
    return node - (1 << bits);
  };
  const reverseTree = (base: number, bits: number): number => {
    let node = 1;
    let value = 0;
    for (let place = 0; place < bits; place += 1) {
      const one = bit(base + node);
      node = (node << 1) | one;
      value |= one << place;
    }
    return value;
  };

  const back = (distance: number): number => output[to - distance - 1] as number;
  const put = (value: number): void => {
    if (to >= limit) throw new CorruptData('LZMA data unpacks to more than a block');
    output[to] = value;
    to += 1;
  };
  const readLiteral = (): void => {
    const before = to > 0 ? back(0) : 0;
    const context = ((to & literalPositionMask) << lc) + (before >> (8 - lc));
    const base = literal + 0x300 * context;
    let symbol = 1;
    if (state >= 7) {
      // After a match the byte that would have continued it is a good guess, bit by bit, until it is wrong.
      let guess = back(repeats[0]);
      for (let same = true; same && symbol < 0x100; ) {
        const expected = (guess >> 7) & 1;
        guess <<= 1;
        const one = bit(base + ((1 + expected) << 8) + symbol);
        symbol = (symbol << 1) | one;
        same = one === expected;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | bit(base + symbol);
    put(symbol & 0xff);
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  };
  const readLength = (base: number, position: number): number => {
    if (bit(base) === 0) return 2 + tree(base + 2 + position * 8, 3);
    if (bit(base + 1) === 0) return 10 + tree(base + 2 + (positionStates + position) * 8, 3);
    return 18 + tree(base + 2 + positionStates * 2 * 8, 8);
  };
  const readDistance = (length: number): number => {
    const slot = tree(distanceSlot + Math.min(length - 2, 3) * 64, 6);
    if (slot < 4) return slot;
    const extra = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** extra;
    if (slot < 14) return base + reverseTree(distanceSpecial + base - slot, extra);
    return base + directBits(extra - 4) * 16 + reverseTree(distanceAlign, 4);
  };
  /** Length of a match, 0 for a literal that was written, -1 for the end marker. */
  const readInstruction = (): number => {
    const position = to & positionMask;
    if (bit(isMatch + state * positionStates + position) === 0) {
      readLiteral();
      return 0;
    }
    if (bit(isRepeat + state) === 0) {
      const length = readLength(matchLength, position);
      state = state < 7 ? 7 : 10;
      repeats = [readDistance(length), repeats[0], repeats[1], repeats[2]];
      return repeats[0] === 0xffffffff ? -1 : length;
    }
    const [a, b, c, d] = repeats;
    if (bit(isRepeat0 + state) === 0) {
      if (bit(isLongRepeat0 + state * positionStates + position) === 0) {
        state = state < 7 ? 9 : 11;
        return 1;
      }
    } else if (bit(isRepeat1 + state) === 0) repeats = [b, a, c, d];
    else if (bit(isRepeat2 + state) === 0) repeats = [c, a, b, d];
    else repeats = [d, a, b, c];
    const length = readLength(repeatLength, position);
    state = state < 7 ? 8 : 11;
    return length;
  };
  const resetState = (): void => {
    state = 0;
    repeats = [0, 0, 0, 0];
    odds.fill(evenOdds);
  };

  return {
    setProperties(packed) {
      const lp = Math.floor(packed / 9) % 5;
      const pb = Math.floor(packed / 45);
      lc = packed % 9;
      if (pb > 4 || lc + lp > 12) throw new CorruptData('LZMA properties are out of range');
      literalPositionMask = (1 << lp) - 1;
      positionMask = (1 << pb) - 1;
      odds = new Uint16Array(literal + 0x300 * 2 ** (lc + lp));
      resetState();
    },
    resetState,
    unpack(bytes, length, endMarker) {
      input = bytes;
      from = 1;
      range = 0xffffffff;
      code = 0;
      for (let left = 4; left > 0; left -= 1) code = ((code << 8) | nextByte()) >>> 0;
      const end = to + length;
      while (to < end) {
        const run = readInstruction();
        if (run < 0) {
          if (endMarker) return;
          throw new CorruptData('LZMA data ends too early');
        }
        if (run === 0) continue;
        const distance = repeats[0];
        if (distance >= to || to + run > end) throw new CorruptData('LZMA match runs out of bounds');
        for (let left = run; left > 0; left -= 1) put(back(distance));
      }
    },
    copy(bytes) {
      for (const value of bytes) put(value);
    },
    output: () => output.subarray(0, to),
  };
}

/** Unpacks one block in the old `.lzma` form: properties, dictionary size, unpacked size, data. */
export function unpackLzma(input: Uint8Array, limit: number): Uint8Array {
  const header = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const size = header.readBigUInt64LE(5);
  const known = size !== 0xffffffffffffffffn;
  if (known && size > BigInt(limit)) throw new CorruptData('LZMA data unpacks to more than a block');
  const unpacker = lzmaUnpacker(limit);
  unpacker.setProperties(header.readUInt8(0));
  unpacker.unpack(input.subarray(13), known ? Number(size) : limit, true);
  return unpacker.output();
}
