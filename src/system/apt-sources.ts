/** The machine's apt sources, read from its files: which mirror it uses, and which keys it trusts for it. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../diagnostics/diagnostic.ts';
import { cacheDir } from './cache.ts';
import { requireTool } from './tools.ts';

/** One source of packages, whichever of apt's two formats it was written in. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** What the field Signed-By says, verbatim: a path, fingerprints, or a whole key block with its indented lines. */
  readonly signedBy?: string;
}

/** Names that Debian machines use for their own release in place of its code name. */
const movingSuites: readonly string[] = ['stable', 'testing', 'unstable', 'sid'];

/**
 * The file with Debian's sources that is used in place of the machine's own: the one that OVL_APT_SOURCES names, or one of ours
 * where the machine is not Debian, Ubuntu for one. Undefined where the machine's own do.
 * @throws Failure OVL401 where ours is used and Debian's keys are not installed
 */
export async function otherSources(release = '/etc/os-release'): Promise<string | undefined> {
  const named = process.env.OVL_APT_SOURCES;
  if (named !== undefined) return named;
  const text = await readFile(release, 'utf8').catch(() => '');
  if (/^ID="?debian"?$/m.test(text)) return undefined;
  return debianSources(
    requireTool('debian-archive-keyring'),
    await readFile(requireTool('debootstrap'), 'latin1'),
  );
}

/**
 * Writes a sources file for Debian's own release into the cache. The mirror is the one that debootstrap goes to by default:
 * it is a fact of Debian's, and the package is in other distributions too.
 * @throws Failure OVL406 where this debootstrap goes elsewhere
 */
async function debianSources(keyring: string, debootstrap: string): Promise<string> {
  const uri = /^DEF_MIRROR="([^"$]+\/debian)"$/m.exec(debootstrap)?.[1];
  if (uri === undefined) {
    throw new Failure({
      code: 'OVL406',
      severity: 'error',
      message: "Debian's mirror is not known on this machine",
      because: 'it is not Debian, and its debootstrap goes to another mirror by default',
      fix: 'name a file with Debian sources in OVL_APT_SOURCES',
    });
  }
  const path = join(cacheDir(), 'debian.sources');
  await mkdir(cacheDir(), { recursive: true });
  await writeFile(
    path,
    sourceStanza('deb', { uri, suites: [], components: [], signedBy: keyring }, 'bookworm'),
  );
  return path;
}

/** The sources of this machine, or of the one file. Files that may not be read are left out. */
export async function readAptSources(only?: string): Promise<readonly AptSource[]> {
  const files = only === undefined ? await machineFiles() : [only];
  const texts = await Promise.all(files.map(async (path) => ({ path, text: await textOf(path) })));
  return texts.flatMap(({ path, text }) => (path.endsWith('.sources') ? parseDeb822(text) : parseList(text)));
}

/** The first source that has this release's programs (component main). */
export function mirrorOf(sources: readonly AptSource[], codename: string | undefined): AptSource | undefined {
  return sources.find(
    ({ suites, components }) =>
      components.includes('main') &&
      (codename === undefined || suites.some((suite) => suite === codename || movingSuites.includes(suite))),
  );
}

/** One suite of a mirror as a deb822 stanza, with the keys that are trusted for the mirror. */
export function sourceStanza(archive: 'deb' | 'deb-src', mirror: AptSource, suite: string): string {
  const signedBy = mirror.signedBy === undefined ? '' : `Signed-By: ${mirror.signedBy}\n`;
  return `Types: ${archive}\nURIs: ${mirror.uri}\nSuites: ${suite}\nComponents: main\n${signedBy}`;
}

/** Lines "deb [option=value ...] URI SUITE COMPONENT..." (sources.list(5)). */
export function parseList(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (match === null) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1]?.replaceAll(',', ' ');
    return [source(uri, [suite], words(components), signedBy)];
  });
}

/** Stanzas of "Field: value" (sources.list(5), DEB822-STYLE FORMAT). */
export function parseDeb822(text: string): readonly AptSource[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const field = (name: string): string =>
        new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t].*)*)`, 'im').exec(stanza)?.[1]?.trimEnd() ?? '';
      if (/^(no|false|0|off|disable)$/i.test(field('Enabled'))) return [];
      if (!words(field('Types')).includes('deb')) return [];
      const signedBy = field('Signed-By') || undefined;
      return words(field('URIs')).map((uri) =>
        source(uri, words(field('Suites')), words(field('Components')), signedBy),
      );
    });
}

function source(
  uri: string,
  suites: readonly string[],
  components: readonly string[],
  signedBy: string | undefined,
): AptSource {
  return { uri, suites, components, ...(signedBy === undefined ? {} : { signedBy }) };
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** The files apt reads, in its order. */
async function machineFiles(): Promise<readonly string[]> {
  const folder = '/etc/apt/sources.list.d';
  const names = await readdir(folder).catch(() => []);
  const parts = names.filter((name) => /\.(list|sources)$/.test(name)).sort();
  return ['/etc/apt/sources.list', ...parts.map((name) => join(folder, name))];
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
