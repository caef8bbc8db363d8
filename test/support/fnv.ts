/** The helper's digest, for the storage that exists in memory. */
/** FNV-1a with 64 bits, from its definition. */
export function fnv(text: string): string {
  const sum = [...Buffer.from(text, 'latin1')].reduce(
    (hash, byte) => ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn,
    0xcbf29ce484222325n,
  );
  return sum.toString(16).padStart(16, '0');
}
