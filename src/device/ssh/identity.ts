/** Key files: which can be used as they are, which need a passphrase, and what is wrong with the others. */
import { readFile, stat } from 'node:fs/promises';
import ssh2, { type ParsedKey } from 'ssh2';

export type Identity =
  | { readonly kind: 'key'; readonly path: string; readonly key: ParsedKey }
  | { readonly kind: 'encrypted'; readonly path: string; readonly text: string; readonly publicBlob?: Buffer }
  /** Only the public half: it says which key of the agent is meant. */
  | { readonly kind: 'public'; readonly path: string; readonly publicBlob: Buffer }
  | { readonly kind: 'unusable'; readonly path: string; readonly reason: string };

const longestKey = 64 << 10;

/** What is in a key file; undefined where there is none, because most of ssh's usual ones do not exist. */
export async function readIdentity(path: string): Promise<Identity | undefined> {
  const text = await keyText(path);
  if (text === undefined) return undefined;
  if (typeof text !== 'string') return { kind: 'unusable', path, ...text };
  if (/^(?:ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/]/.test(text)) {
    return { kind: 'public', path, publicBlob: Buffer.from(text.split(' ')[1] ?? '', 'base64') };
  }
  if (isEncrypted(text)) {
    const publicBlob = await publicHalf(path);
    return { kind: 'encrypted', path, text, ...(publicBlob === undefined ? {} : { publicBlob }) };
  }
  const key = parsePrivate(text);
  return key === undefined
    ? { kind: 'unusable', path, reason: 'it is no private key of a kind that can be used here' }
    : { kind: 'key', path, key };
}

/** The key, or undefined where the passphrase is wrong or it is no key. */
export function parsePrivate(text: string, passphrase?: string): ParsedKey | undefined {
  const parsed: unknown = ssh2.utils.parseKey(text, passphrase);
  const [key] = (Array.isArray(parsed) ? parsed : [parsed]) as readonly (ParsedKey | Error)[];
  return key === undefined || key instanceof Error || !key.isPrivateKey() ? undefined : key;
}

async function keyText(path: string): Promise<string | { readonly reason: string } | undefined> {
  try {
    const { size } = await stat(path);
    if (size > longestKey) return { reason: 'it is too long for a key' };
    return (await readFile(path)).toString('latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : { reason: `it cannot be read (${code})` };
  }
}

/** By the file's own words: ssh2 tells it only by a sentence. */
function isEncrypted(text: string): boolean {
  if (/^(?:Proc-Type: 4,ENCRYPTED|-----BEGIN ENCRYPTED PRIVATE KEY-----|Encryption: (?!none))/m.test(text))
    return true;
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(text)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body, 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.length < magic.length + 8 || bytes.toString('latin1', 0, magic.length) !== magic) return false;
  const length = bytes.readUInt32BE(magic.length);
  return bytes.toString('latin1', magic.length + 4, magic.length + 4 + length) !== 'none';
}

async function publicHalf(path: string): Promise<Buffer | undefined> {
  const text = await keyText(`${path}.pub`);
  return typeof text === 'string' ? Buffer.from(text.split(' ')[1] ?? '', 'base64') : undefined;
}
