import { createHash } from 'node:crypto';

/** SHA-256 in lower-case hexadecimal, as sha256sum(1) prints it, so that a board's own tool can compare. */
export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
