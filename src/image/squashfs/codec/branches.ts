/**
 * The branch filters of xz: compressors turn relative jump targets of machine code into absolute ones, because calls of
 * one function then look alike; unpacking turns them back, in place. One function an architecture.
 */
import { CorruptData } from './corrupt.ts';

type Undo = (code: Buffer) => void;

/** By the filter's number in the xz format. */
const filters: Readonly<Record<number, Undo>> = {
  4: undoX86,
  5: undoPowerpc,
  6: undoIa64,
  7: undoArm,
  8: undoArmThumb,
  9: undoSparc,
};

export function undoBranches(filter: number, code: Buffer): void {
  const undo = filters[filter];
  if (undo === undefined) throw new CorruptData(`xz filter ${filter} is not known`);
  undo(code);
}

/** Whether the highest byte of a 32-bit operand can belong to a jump: near ones begin with 00 or ff. */
function jumpLike(value: number | undefined): boolean {
  return value === 0 || value === 0xff;
}

/**
 * x86 instructions have no alignment, so e8 and e9 (call, jmp) may also be operands. `history` has one bit for each of the
 * last three bytes that looked like an opcode but was not converted; it must run exactly as in the compressor.
 */
function undoX86(code: Buffer): void {
  const convertible = [true, true, true, false, true, false, false, false];
  const suspectByte = [0, 1, 2, 2, 3, 3, 3, 3];
  let history = 0;
  let last = -1;
  for (let at = 0; at + 4 < code.length; at += 1) {
    const opcode = code[at];
    if (opcode !== 0xe8 && opcode !== 0xe9) continue;
    const gap = at - last;
    last = at;
    history = gap > 3 ? 0 : (history << (gap - 1)) & 7;
    const suspect = suspectByte[history] ?? 0;
    const blocked = history !== 0 && (convertible[history] === false || jumpLike(code[at + 4 - suspect]));
    if (blocked || !jumpLike(code[at + 4])) {
      history = (history << 1) | 1;
      continue;
    }
    let target = code.readUInt32LE(at + 1);
    for (;;) {
      target = (target - (at + 5)) >>> 0;
      if (history === 0 || !jumpLike((target >>> (24 - suspect * 8)) & 0xff)) break;
      target = (target ^ (2 ** (32 - suspect * 8) - 1)) >>> 0;
    }
    // 25 bits with sign: what the top byte must be is only its sign.
    code.writeInt32LE((target << 7) >> 7, at + 1);
    at += 4;
    last = at - 4;
    history = 0;
  }
}

/** `bl`: 24 bits of word address. */
function undoPowerpc(code: Buffer): void {
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = code.readUInt32BE(at);
    if (word >>> 26 !== 0x12 || (word & 3) !== 1) continue;
    code.writeUInt32BE((0x48000001 | (((word & 0x03fffffc) - at) & 0x03fffffc)) >>> 0, at);
  }
}

function undoArm(code: Buffer): void {
  for (let at = 0; at + 4 <= code.length; at += 4) {
    if (code[at + 3] !== 0xeb) continue;
    const target = (code.readUIntLE(at, 3) << 2) - (at + 8);
    code.writeUIntLE((target >>> 2) & 0xffffff, at, 3);
  }
}

/** `bl` in Thumb: two half-words with 11 bits each. */
function undoArmThumb(code: Buffer): void {
  for (let at = 0; at + 4 <= code.length; at += 2) {
    const high = code.readUInt16LE(at);
    const low = code.readUInt16LE(at + 2);
    if ((high & 0xf800) !== 0xf000 || (low & 0xf800) !== 0xf800) continue;
    const target = ((((high & 0x7ff) << 11) | (low & 0x7ff)) << 1) - (at + 4);
    code.writeUInt16LE(0xf000 | ((target >>> 12) & 0x7ff), at);
    code.writeUInt16LE(0xf800 | ((target >>> 1) & 0x7ff), at + 2);
    at += 2;
  }
}

/** `call` with 22 bits of word address and sign. */
function undoSparc(code: Buffer): void {
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = code.readUInt32BE(at);
    if (word >>> 22 !== 0x100 && word >>> 22 !== 0x1ff) continue;
    const target = ((word << 2) - at) >>> 2;
    const sign = (target >>> 22) & 1;
    code.writeUInt32BE((((sign * 0xff) << 22) | (target & 0x3fffff) | 0x40000000) & 0x7fffffff, at);
  }
}

/** Bundles of 16 bytes with three instructions of 41 bits; the template in the low 5 bits says which may branch. */
function undoIa64(code: Buffer): void {
  const branchSlots = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 6, 6, 0, 0, 7, 7, 4, 4, 0, 0, 4, 4, 0, 0,
  ];
  for (let at = 0; at + 16 <= code.length; at += 16) {
    const slots = branchSlots[(code[at] ?? 0) & 31] ?? 0;
    for (let slot = 0; slot < 3; slot += 1) {
      if (((slots >> slot) & 1) === 0) continue;
      const firstBit = 5 + slot * 41;
      const byte = at + (firstBit >> 3);
      const shift = BigInt(firstBit & 7);
      const around = BigInt(code.readUIntLE(byte, 6));
      const instruction = around >> shift;
      if (((instruction >> 37n) & 0xfn) !== 5n || ((instruction >> 9n) & 7n) !== 0n) continue;
      const encoded = ((instruction >> 13n) & 0xfffffn) | (((instruction >> 36n) & 1n) << 20n);
      const target = ((encoded << 4n) - BigInt(at)) >> 4n;
      const changed =
        (instruction & ~(0x8fffffn << 13n)) | ((target & 0xfffffn) << 13n) | ((target & 0x100000n) << 16n);
      const kept = around & ((1n << shift) - 1n);
      code.writeUIntLE(Number((kept | (changed << shift)) & 0xffffffffffffn), byte, 6);
    }
  }
}
