/** Small bundles for tests, and tar archives that no honest program would write. */
import { buffer } from 'node:stream/consumers';
import { type Header, pack } from 'tar-stream';
import { type Bundle, bundleEntries, makeBundle } from '../../src/bundle/bundle.ts';
import type { BundleFile } from '../../src/bundle/file.ts';

export function file(path: string, text: string, mode = 0o644): BundleFile {
  return { path, mode, content: new TextEncoder().encode(text) };
}

export const smallFiles: readonly BundleFile[] = [
  file('sbin/overlay_init', '#!/bin/sh\nexec /sbin/init\n', 0o755),
  file('etc/overlaykit/plan.json', '{}\n'),
];

export function smallBundle(files: readonly BundleFile[] = smallFiles): Bundle {
  return makeBundle({
    board: { name: 'small', compatible: ['acme,small'] },
    version: '0.1.0',
    requires: { applets: ['mount'], mountPoints: ['/overlay', '/rom'], init: '/sbin/init' },
    files,
  });
}

export type RawEntry = Partial<Header> & { readonly name: string; readonly text?: string };

/** The entries of a bundle as tar headers, to be changed by a test before they are packed. */
export function rawEntries(bundle: Bundle): RawEntry[] {
  return bundleEntries(bundle).map((one) => ({
    name: one.path,
    mode: one.mode,
    mtime: new Date(0),
    text: new TextDecoder().decode(one.content),
  }));
}

/** Packs any entries, in any order, with any header. */
export async function packRaw(entries: readonly RawEntry[]): Promise<Uint8Array> {
  const archive = pack();
  const bytes = buffer(archive);
  for (const { text, ...header } of entries) archive.entry(header, text ?? '');
  archive.finalize();
  return bytes;
}
