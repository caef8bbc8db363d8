/** The manifest: what a bundle is for and what it holds, each file with its size and digest. It lies on the board too. */
import * as z from 'zod';
import { bootLoaderChoices } from '../shared/boot-loader.ts';
import { sha256 } from './digest.ts';
import type { BundleFile } from './file.ts';
import { unsafePath } from './path.ts';

export const manifestSchema = 'overlaykit.bundle/1';

/** Bytes; a manifest has about 200 a file, so this is room for thousands of files and none for exhausting the memory. */
export const manifestLimit = 1024 ** 2;

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const manifestFile = z.strictObject({
  path: z.string().min(1).max(4096),
  /** Octal text. No setuid, setgid or sticky bit: nothing in a bundle needs one. */
  mode: z.string().regex(/^0[0-7]{3}$/),
  bytes: z.int().min(0),
  sha256: digest,
});

const absolutePath = z
  .string()
  .startsWith('/')
  .refine((path) => unsafePath(path.slice(1)) === undefined, { error: 'is no plain absolute path' });

/** What the board's read-only root has to have, so that an image or a board can be checked without the board file. */
const requirements = z.strictObject({
  /** Programs that overlay_init calls by name. */
  applets: z.array(z.string().regex(/^[\w.[-]+$/)),
  /** Directories that are mounted on while the root is read-only. */
  mountPoints: z.array(absolutePath),
  /** What is executed in the merged root. */
  init: absolutePath,
});

const manifest = z.strictObject({
  schema: z.literal(manifestSchema),
  board: z.strictObject({ name: z.string().min(1), compatible: z.array(z.string()) }),
  /** Where the board file names its boot loader. */
  bootLoader: z.strictObject({ type: z.enum(bootLoaderChoices), file: absolutePath.optional() }).optional(),
  planDigest: digest,
  /** Version of overlaykit that built the bundle. */
  overlaykit: z.string().min(1),
  requires: requirements,
  files: z.array(manifestFile),
  /** Those among them that a root image holds unpacked, so that a boot does not wait for their decompression. */
  plain: z.array(z.string()).min(1).optional(),
});

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

export type Manifest = DeepReadonly<z.output<typeof manifest>>;
export type Requirements = Manifest['requires'];
export type ManifestFile = Manifest['files'][number];

/** The manifest's row of a file. */
export function manifestRow(file: BundleFile): ManifestFile {
  return {
    path: file.path,
    mode: modeText(file.mode),
    bytes: file.content.length,
    sha256: sha256(file.content),
  };
}

/** "0755" of 0o755. */
export function modeText(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** The manifest as the text of manifest.json: keys in the order of the schema, so that equal manifests are equal bytes. */
export function formatManifest(value: Manifest): string {
  return `${JSON.stringify(manifest.parse(value), null, 2)}\n`;
}

/** The manifest, or one sentence that says what is wrong with the text. */
export function parseManifest(text: string): { readonly value: Manifest } | { readonly problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: 'it is not JSON' };
  }
  const parsed = manifest.safeParse(json);
  if (parsed.success) return { value: parsed.data };
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  return { problem: `${where}${issue?.message ?? 'it does not follow the schema'}` };
}
