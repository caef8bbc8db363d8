/** A key as ssh shows it: SHA256: and the digest in base64 without padding. */
import { createHash } from 'node:crypto';

export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** ssh-ed25519 as people say it. */
export function keyName(type: string): string {
  return type
    .replace(/^ssh-/, '')
    .replace(/^ecdsa-sha2-nistp\d+$/, 'ecdsa')
    .toUpperCase();
}
