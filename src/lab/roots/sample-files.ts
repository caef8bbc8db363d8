/**
 * Sample files of the lab's roots: one of everything that a union, an image writer or a layer format has to keep: modes,
 * owners, a setuid file, links, device nodes, extended attributes, awkward names. They lie under `/usr/share/lab`.
 */
import { charDevice, directory, file, type RootFile, symlink } from './root-file.ts';

export const samplesFolder = '/usr/share/lab';

/** Length in bytes of the `big` sample: more than one block of squashfs (128 KiB) and of cramfs (4 KiB), not a multiple. */
export const bigSampleBytes = 300_001;

const deepFolder = `${samplesFolder}/deep/${Array.from({ length: 16 }, (_, depth) => depth + 1).join('/')}`;

export const sampleFiles: readonly RootFile[] = [
  directory(samplesFolder),
  file(`${samplesFolder}/readme`, 'Files for the lab to change, delete and compare.\n'),
  file(`${samplesFolder}/empty`, ''),
  file(`${samplesFolder}/big`, noise(bigSampleBytes)),
  file(`${samplesFolder}/zeros`, new Uint8Array(1 << 17)),
  file(`${samplesFolder}/private`, 'mode 0600\n', 0o600),
  file(`${samplesFolder}/program`, '#!/bin/sh\necho program\n', 0o755),
  file(`${samplesFolder}/setuid`, '#!/bin/sh\nid -u\n', 0o4755),
  { ...file(`${samplesFolder}/setgid`, '#!/bin/sh\nid -g\n', 0o2755), gid: 50 } as RootFile,
  { ...file(`${samplesFolder}/owned`, 'uid 1000, gid 100\n'), uid: 1000, gid: 100 } as RootFile,
  {
    ...file(`${samplesFolder}/with-xattr`, 'user.origin\n'),
    xattrs: { 'user.origin': Buffer.from('lab\0\xff', 'latin1') },
  } as RootFile,
  directory(`${samplesFolder}/sticky`, 0o1777),
  directory(`${samplesFolder}/closed`, 0o700),
  file(`${samplesFolder}/closed/inside`, 'inside\n', 0o600),
  symlink(`${samplesFolder}/to-readme`, 'readme'),
  symlink(`${samplesFolder}/to-program`, `${samplesFolder}/program`),
  symlink(`${samplesFolder}/dangling`, '/nowhere/at all'),
  file(`${samplesFolder}/first-name`, 'two names, one file\n'),
  { kind: 'hard-link', path: `${samplesFolder}/second-name`, target: `${samplesFolder}/first-name` },
  { kind: 'fifo', path: `${samplesFolder}/fifo`, mode: 0o644 },
  charDevice(`${samplesFolder}/null`, [1, 3], 0o666),
  { kind: 'device', path: `${samplesFolder}/loop0`, type: 'block', number: [7, 0], mode: 0o660 },
  file(`${deepFolder}/leaf`, 'deep\n'),
  file(`${samplesFolder}/names/with space`, 'space\n'),
  file(`${samplesFolder}/names/-dash`, 'dash\n'),
  file(`${samplesFolder}/names/quote'"$(id)`, 'quotes\n'),
  file(`${samplesFolder}/names/colon:comma,back\\slash`, 'what overlayfs options escape\n'),
  file(`${samplesFolder}/names/größe`, 'UTF-8\n'),
  file(`${samplesFolder}/names/two\nlines`, 'newline\n'),
  file(`${samplesFolder}/names/${'n'.repeat(200)}`, 'long\n'),
];

/** Bytes that no compressor shrinks, the same on every machine: a 32-bit xorshift generator. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 0x9e3779b9;
  for (let at = 0; at < length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes;
}
