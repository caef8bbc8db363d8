/**
 * What a server says before anything is encrypted: its identification line and the algorithms of its first packet
 * (RFC 4253, sections 4.2 and 7.1). ssh2 keeps both to itself, and they are what a diagnostic needs.
 */
import type { Offer } from './algorithms.ts';

export interface ServerGreeting {
  /** What stands after SSH-2.0-, as "dropbear_2022.83". */
  readonly software: string;
  readonly offer?: Offer;
}

/** A greeting is a few hundred bytes, a first packet a few thousand at most (35000, section 6.1). */
export const greetingLimit = 64 << 10;

/** Reads the first bytes of a connection; undefined as long as the identification line is not there. */
export function readGreeting(bytes: Buffer): ServerGreeting | undefined {
  const start = lineStart(bytes);
  const end = start < 0 ? -1 : bytes.indexOf(10, start);
  if (end < 0) return undefined;
  const software = bytes
    .toString('latin1', start, end)
    .replace(/^SSH-[\d.]+-/, '')
    .trimEnd();
  const offer = readOffer(bytes.subarray(end + 1));
  return { software, ...(offer === undefined ? {} : { offer }) };
}

/** Other lines may stand before the one that begins with SSH-. */
function lineStart(bytes: Buffer): number {
  if (bytes.subarray(0, 4).equals(mark)) return 0;
  const at = bytes.indexOf(Buffer.concat([Buffer.from('\n'), mark]));
  return at < 0 ? -1 : at + 1;
}

const mark = Buffer.from('SSH-');
const keyExchangeInit = 20;
/** Stand among the algorithms and are none: extensions that are announced there (RFC 8308, strict key exchange). */
const signal = /^(?:ext-info-|kex-strict-)/;

function readOffer(bytes: Buffer): Offer | undefined {
  if (bytes.length < 6) return undefined;
  const length = bytes.readUInt32BE(0);
  if (length > greetingLimit || bytes.length < 4 + length || bytes[5] !== keyExchangeInit) return undefined;
  const lists: (readonly string[])[] = [];
  let at = 6 + 16;
  while (lists.length < 6) {
    if (at + 4 > 4 + length) return undefined;
    const size = bytes.readUInt32BE(at);
    if (at + 4 + size > 4 + length) return undefined;
    lists.push(bytes.toString('latin1', at + 4, at + 4 + size).split(','));
    at += 4 + size;
  }
  const [kex = [], serverHostKey = [], cipher = [], , hmac = []] = lists;
  return { kex: kex.filter((name) => !signal.test(name)), serverHostKey, cipher, hmac };
}
