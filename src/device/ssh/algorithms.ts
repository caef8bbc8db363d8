/** What is offered to a server, best first. ssh2's own defaults still have SHA-1 among them. */
import { type LegacyAlgorithm, legacyAlgorithms } from '../../board/legacy-algorithms.ts';

export const kinds = ['kex', 'serverHostKey', 'cipher', 'hmac'] as const;
export type Kind = (typeof kinds)[number];
export type Offer = Readonly<Record<Kind, readonly string[]>>;

export const kindNames: Readonly<Record<Kind, string>> = {
  kex: 'key exchange',
  serverHostKey: 'host key',
  cipher: 'cipher',
  hmac: 'MAC',
};

/** AES-GCM before chacha20: a packet costs one call into OpenSSL, and no MAC (docs/benchmarks.md). */
const modern: Offer = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group-exchange-sha256',
  ],
  serverHostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
};

const kindOfLegacy: Readonly<Record<LegacyAlgorithm, Kind>> = {
  'diffie-hellman-group1-sha1': 'kex',
  'diffie-hellman-group14-sha1': 'kex',
  'diffie-hellman-group-exchange-sha1': 'kex',
  'ssh-rsa': 'serverHostKey',
  'ssh-dss': 'serverHostKey',
  'aes128-cbc': 'cipher',
  'aes192-cbc': 'cipher',
  'aes256-cbc': 'cipher',
  '3des-cbc': 'cipher',
  'blowfish-cbc': 'cipher',
  'hmac-sha1-etm@openssh.com': 'hmac',
  'hmac-sha1': 'hmac',
  'hmac-sha1-96': 'hmac',
  'hmac-md5': 'hmac',
  'hmac-md5-96': 'hmac',
};

/**
 * What to offer.
 * @param allowed old algorithms that the board names
 * @param ssh what this machine's ssh offers: what a person allowed there works here too
 * @param keyTypes the types of the keys that the host is known by: they are asked for first, as ssh does, because a server
 * with several keys would else show one that nobody has seen
 */
export function offer(
  allowed: readonly string[],
  ssh: readonly string[] = [],
  keyTypes: readonly string[] = [],
): Offer {
  const old = legacyAlgorithms.filter((name) => allowed.includes(name) || ssh.includes(name));
  const of = (kind: Kind): readonly string[] => [
    ...modern[kind],
    ...old.filter((name) => kindOfLegacy[name] === kind),
  ];
  const hostKeys = of('serverHostKey');
  const isKnown = (name: string): boolean => keyTypes.includes(keyTypeOf(name));
  return {
    kex: of('kex'),
    serverHostKey: [...hostKeys.filter(isKnown), ...hostKeys.filter((name) => !isKnown(name))],
    cipher: of('cipher'),
    hmac: of('hmac'),
  };
}

/** rsa-sha2-256 and rsa-sha2-512 are signatures by keys of the type ssh-rsa (RFC 8332). */
function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}

/** Ciphers that bring their own integrity: with them the MAC is not negotiated. */
const sealed = /gcm@openssh\.com$|^chacha20-poly1305/;

/** Where two sides have nothing in common, and which old algorithms would change that. */
export function mismatch(
  ours: Offer,
  theirs: Offer,
): readonly {
  readonly kind: Kind;
  readonly theirs: readonly string[];
  readonly legacy: readonly LegacyAlgorithm[];
}[] {
  const cipher = ours.cipher.find((name) => theirs.cipher.includes(name));
  return kinds
    .filter((kind) => !(kind === 'hmac' && cipher !== undefined && sealed.test(cipher)))
    .filter((kind) => !ours[kind].some((name) => theirs[kind].includes(name)))
    .map((kind) => ({
      kind,
      theirs: theirs[kind],
      legacy: legacyAlgorithms.filter((name) => kindOfLegacy[name] === kind && theirs[kind].includes(name)),
    }));
}
