/**
 * The helpers that the package carries, so that its users need no compiler: prebuilt/ARCH/overlay_helper and its verbs
 * beside it, with their digests in prebuilt/index.json. They count as long as the sources beside them are those that they were made from; in a checkout
 * that somebody works on they soon are not.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../bundle/digest.ts';
import { verbsSuffix } from '../shared/helper-protocol.ts';
import { packageRoot } from '../system/package-root.ts';

export const prebuiltFolder = 'prebuilt';

export interface PrebuiltIndex {
  /** `sourcesDigest` of the package that they were made in. */
  readonly sources: string;
  /** SHA-256 by architecture. */
  readonly helpers: Readonly<Record<string, string>>;
  /** SHA-256 of the verbs beside them, which are the same for all. */
  readonly verbs: string;
}

/** Path of the helper for an architecture; undefined where there is none, or it is not what it should be. */
export async function findPrebuilt(arch: string, root: string = packageRoot()): Promise<string | undefined> {
  const index = await readIndex(join(root, prebuiltFolder, 'index.json'));
  const digest = index?.helpers[arch];
  if (index === undefined || digest === undefined) return undefined;
  const path = join(root, prebuiltFolder, arch, 'overlay_helper');
  if (!(await isWhole(path, digest)) || !(await isWhole(`${path}${verbsSuffix}`, index.verbs)))
    return undefined;
  return index.sources === (await sourcesDigest(root)) ? path : undefined;
}

async function isWhole(path: string, digest: string): Promise<boolean> {
  const content = await readFile(path).catch(() => undefined);
  return content !== undefined && sha256(content) === digest;
}

async function readIndex(path: string): Promise<PrebuiltIndex | undefined> {
  try {
    const index = JSON.parse(await readFile(path, 'utf8')) as Partial<PrebuiltIndex> | null;
    if (typeof index?.sources !== 'string' || typeof index.helpers !== 'object') return undefined;
    if (typeof index.verbs !== 'string') return undefined;
    return { sources: index.sources, helpers: index.helpers, verbs: index.verbs };
  } catch {
    return undefined;
  }
}

/** What editors and tools leave beside sources is not packed by npm, or not installed: it must not count. */
const sources = /^[^.].*\.(c|h|ts|json)$/;

/** One digest over all that the helper is made of. */
export async function sourcesDigest(root: string = packageRoot()): Promise<string> {
  const names: string[] = [];
  for (const folder of ['helper', 'shared', 'toolchain']) {
    const entries = await readdir(join(root, 'src', folder), { recursive: true, withFileTypes: true });
    names.push(
      ...entries
        .filter((one) => one.isFile() && sources.test(one.name))
        .map((one) => join(one.parentPath, one.name)),
    );
  }
  const lines = await Promise.all(
    names.sort().map(async (path) => `${path.slice(root.length)} ${sha256(await readFile(path))}\n`),
  );
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return sha256(`${version}\n${lines.join('')}`);
}
