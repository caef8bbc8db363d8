/**
 * known_hosts, as sshd(8) describes it under SSH_KNOWN_HOSTS FILE FORMAT: which keys a host is known by, and what that says
 * about the key that it shows. Pure: texts come in, a verdict goes out. Lines that make no sense are skipped, as ssh does.
 */
import { createHmac } from 'node:crypto';

export interface KnownHost {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** A certificate authority's key is not a host's key: only certificates signed by it would match. */
  readonly kind: 'plain' | 'revoked' | 'cert-authority';
  /** First field as it stands: patterns between commas, or |1|salt|hash. */
  readonly hosts: string;
  readonly keyType: string;
  /** The key in base64, as it stands. */
  readonly key: string;
}

/** A host's key as it comes from the server. */
export interface HostKey {
  readonly type: string;
  readonly blob: Uint8Array;
}

export type Verdict =
  | { readonly kind: 'known'; readonly entry: KnownHost }
  | { readonly kind: 'revoked'; readonly entry: KnownHost }
  /** The host is known by another key of the same type. */
  | { readonly kind: 'changed'; readonly entry: KnownHost }
  /** Never seen, or only with keys of other types. */
  | { readonly kind: 'unknown'; readonly others: readonly KnownHost[] };

export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split('\n').flatMap((raw, index) => {
    const fields = raw.trim().split(/[ \t]+/);
    const marker = fields[0]?.startsWith('@') === true ? fields.shift() : undefined;
    const [hosts = '', keyType = '', key = ''] = fields;
    const kind = kindOf(marker);
    if (hosts === '' || hosts.startsWith('#') || kind === undefined) return [];
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key) || typeOf(Buffer.from(key, 'base64')) !== keyType) return [];
    return [{ file, line: index + 1, kind, hosts, keyType, key }];
  });
}

function kindOf(marker: string | undefined): KnownHost['kind'] | undefined {
  if (marker === undefined) return 'plain';
  if (marker === '@revoked') return 'revoked';
  return marker === '@cert-authority' ? 'cert-authority' : undefined;
}

/** The type that stands in front of every key of RFC 4253; empty where there is none. */
export function typeOf(blob: Uint8Array): string {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  if (bytes.length < 4) return '';
  const length = bytes.readUInt32BE(0);
  return length > 64 || bytes.length < 4 + length ? '' : bytes.toString('latin1', 4, 4 + length);
}

/** What a host is looked up by: its name, or [name]:port where the port is not 22. */
export function lookupName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/**
 * What the files say about a key. A key that was revoked for the host is refused whatever else they say. A key that is
 * known for the host without its port counts too, as it does for ssh; one that differs there says nothing.
 */
export function judge(entries: readonly KnownHost[], host: string, port: number, key: HostKey): Verdict {
  const name = lookupName(host, port);
  const ours = entriesOf(entries, name);
  const base64 = Buffer.from(key.blob).toString('base64');
  const same = (entry: KnownHost): boolean => sameKey(entry, base64);
  const revoked = ours.find((entry) => entry.kind === 'revoked' && same(entry));
  if (revoked !== undefined) return { kind: 'revoked', entry: revoked };
  const plain = ours.filter((entry) => entry.kind === 'plain');
  const known = plain.find(same);
  if (known !== undefined) return { kind: 'known', entry: known };
  const changed = plain.find((entry) => entry.keyType === key.type);
  if (changed !== undefined) return { kind: 'changed', entry: changed };
  if (plain.length === 0 && port !== 22) {
    const without = judge(entries, host, 22, key);
    if (without.kind === 'known' || without.kind === 'revoked') return without;
  }
  return { kind: 'unknown', others: plain };
}

/** The types of the keys that a host is known by, for the server to be asked for those. */
export function knownTypes(entries: readonly KnownHost[], host: string, port: number): readonly string[] {
  const own = entriesOf(entries, lookupName(host, port));
  const found = own.length > 0 ? own : entriesOf(entries, host.toLowerCase());
  return [...new Set(found.filter(({ kind }) => kind === 'plain').map(({ keyType }) => keyType))];
}

function entriesOf(entries: readonly KnownHost[], name: string): readonly KnownHost[] {
  return entries.filter(({ hosts }) => matches(hosts, name));
}

/** Base64 is compared as bytes: the padding may be written or not. */
function sameKey(entry: KnownHost, base64: string): boolean {
  return Buffer.from(entry.key, 'base64').equals(Buffer.from(base64, 'base64'));
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return matchesHash(hosts, name);
  const patterns = hosts.toLowerCase().split(',');
  // One that is negated and matches decides, wherever it stands.
  if (patterns.some((one) => one.startsWith('!') && wildcard(one.slice(1), name))) return false;
  return patterns.some((one) => !one.startsWith('!') && wildcard(one, name));
}

function matchesHash(hosts: string, name: string): boolean {
  const [, version, salt = '', hash = '', ...more] = hosts.split('|');
  if (version !== '1' || salt === '' || hash === '' || more.length > 0) return false;
  return hashName(Buffer.from(salt, 'base64'), name).equals(Buffer.from(hash, 'base64'));
}

/** HMAC-SHA1 is what the format prescribes: it hides names from a glance, and protects nothing else. */
export function hashName(salt: Uint8Array, name: string): Buffer {
  return createHmac('sha1', salt).update(name).digest();
}

/** "*" for any characters, "?" for one. Linear in practice: no backtracking further than to the last "*". */
export function wildcard(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let place = 0;
  while (place < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      resume = place;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[place])) {
      at++;
      place++;
    } else if (star >= 0) {
      at = star + 1;
      place = ++resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
