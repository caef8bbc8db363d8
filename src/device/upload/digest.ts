/** Digests as boards can make them, best first, and the same of our own bytes. */
import { createHash } from 'node:crypto';
import type { Content, FileEntry } from './tree.ts';

export const digestPrograms = ['sha256sum', 'md5sum', 'cksum'] as const;

/** `wc -c` tells only a file that was cut short: it is for looking again at what was sent, where there is nothing better. */
export type DigestProgram = (typeof digestPrograms)[number] | 'wc -c';

/** What the board's program prints in front of a file's name. */
export async function digestOf(entry: FileEntry, program: DigestProgram): Promise<string> {
  switch (program) {
    case 'sha256sum':
      return entry.sha256;
    case 'md5sum': {
      const hash = createHash('md5');
      for await (const chunk of bytesOf(entry.content)) hash.update(chunk);
      return hash.digest('hex');
    }
    case 'cksum':
      return `${await cksum(bytesOf(entry.content))} ${entry.size}`;
    case 'wc -c':
      return String(entry.size);
  }
}

export async function* bytesOf(content: Content): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content;
  else yield* content();
}

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x8000_0000 ? (value << 1) ^ 0x04c1_1db7 : value << 1;
  return value >>> 0;
});

/** The CRC of POSIX's cksum: of the bytes, then of their number, lowest byte first, without leading zeros. */
async function cksum(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let crc = 0;
  let length = 0;
  const add = (byte: number): void => {
    crc = ((crc << 8) ^ (table[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  };
  for await (const chunk of bytes) {
    for (const byte of chunk) add(byte);
    length += chunk.length;
  }
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) add(rest & 0xff);
  return ~crc >>> 0;
}
