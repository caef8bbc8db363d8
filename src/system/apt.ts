/**
 * Debian packages by name, from the mirrors that this machine is configured for. Nothing is installed and root is not
 * needed: apt works on a state of our own, checks the archive's signatures as always, and the package lands in the cache.
 * What is in the cache is used without asking the network again; delete it to get newer ones.
 *
 * The sources are those of the machine, where that is Debian, or of a file (otherSources in apt-sources.ts).
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../diagnostics/diagnostic.ts';
import { mirrorOf, otherSources, readAptSources, sourceStanza } from './apt-sources.ts';
import { cached } from './cache.ts';
import { lastLines, type RunOptions, runTool } from './process.ts';

export interface PackageOptions {
  /** Suite, such as "trixie"; the default is whatever the sources offer first. */
  readonly suite?: string;
  /** Debian architecture; the default is this machine's. */
  readonly architecture?: string;
  readonly signal?: AbortSignal;
  /** Called before the network is asked, and not when the cache has it. */
  readonly onFetch?: () => void;
}

/** Which half of the archive is asked: programs or sources. */
interface IndexOptions extends PackageOptions {
  readonly archive?: 'deb' | 'deb-src';
}

/** The sources of an index of our own; apt tells the format from the name. */
const ownSources = 'own.sources';

/** Debian policy 5.6.1: lower-case letters, digits, "+", "-", "."; two characters at least. */
const packageName = /^[a-z0-9][a-z0-9+.-]+$/;
const suiteName = /^[A-Za-z][A-Za-z0-9./-]*$/;

/**
 * The path of a package's .deb file in the cache, fetched when it is not there yet.
 * @throws Failure OVL406 when it cannot be had, OVL401 without apt
 */
export async function downloadDebianPackage(name: string, options: PackageOptions = {}): Promise<string> {
  if (!packageName.test(name)) throw new Error(`not a package name: ${JSON.stringify(name)}`);
  const folder = await cached(
    join('debian', place(options), name),
    (work) => fetchPackage(name, work, options),
    toRun(options),
  );
  const deb = (await readdir(folder)).find((file) => file.endsWith('.deb'));
  if (deb === undefined) throw new Error(`no package in ${folder}`);
  return join(folder, deb);
}

/**
 * The folder in the cache with the files of a source package, in exactly this version, as the archive has them.
 * @throws Failure OVL406 when it cannot be had, OVL401 without apt
 */
export async function downloadDebianSource(
  name: string,
  version: string,
  options: PackageOptions & { readonly suite: string },
): Promise<string> {
  if (!packageName.test(name)) throw new Error(`not a package name: ${JSON.stringify(name)}`);
  return cached(
    join('debian', place(options), `${name}_${version}-source`),
    async (work) => {
      await onSomeIndex(name, { ...options, archive: 'deb-src' }, (apt) =>
        runTool('apt-get', [...apt, '--download-only', 'source', `${name}=${version}`], {
          cwd: work,
          ...toRun(options),
        }),
      );
    },
    toRun(options),
  );
}

/** Version of a downloaded .deb file, as in its control file. */
export async function debianPackageVersion(deb: string): Promise<string> {
  return (await runTool('dpkg-deb', ['--field', deb, 'Version'])).trim();
}

/** Unpacks a .deb file's tree into a folder, without running any of its scripts. */
export async function unpackDebianPackage(deb: string, folder: string): Promise<void> {
  await runTool('dpkg-deb', ['--extract', deb, folder]);
}

/**
 * The packages that a package depends on directly, by name: how a meta package such as linux-image-amd64 is resolved.
 * @throws Failure OVL406 when the package is not known
 */
export async function debianDependencies(
  name: string,
  options: PackageOptions = {},
): Promise<readonly string[]> {
  if (!packageName.test(name)) throw new Error(`not a package name: ${JSON.stringify(name)}`);
  const ask = async (apt: readonly string[]): Promise<readonly string[]> => {
    const text = await runTool('apt-cache', [...apt, 'depends', name], toRun(options));
    const names = [...text.matchAll(/^\s*Depends: <?([^\s<>]+)/gm)].map((match) => match[1] ?? '');
    if (names.length === 0) throw notFetched(name, 'the index does not list it');
    return names;
  };
  return onSomeIndex(name, options, ask);
}

async function fetchPackage(name: string, work: string, options: PackageOptions): Promise<void> {
  options.onFetch?.();
  const target = options.architecture === undefined ? name : `${name}:${options.architecture}`;
  await onSomeIndex(name, options, (apt) =>
    runTool('apt-get', [...apt, 'download', target], { cwd: work, ...toRun(options) }),
  );
}

/**
 * Tries the indexes that could do, the cheapest first: the machine's own, the one kept in the cache, a new one. An index
 * may be missing, or older than the mirror, which then answers 404.
 */
async function onSomeIndex<T>(
  name: string,
  options: IndexOptions,
  ask: (apt: readonly string[]) => Promise<T>,
): Promise<T> {
  const ownIsEnough = options.suite !== undefined || (await otherSources()) !== undefined;
  const today = new Date().toISOString().slice(0, 10);
  const kept = options.archive === 'deb-src' ? 'sources-index' : 'packages-index';
  const indexes: readonly (() => Promise<readonly string[]>)[] = [
    ...(ownIsEnough ? [] : [async () => []]),
    () => ownIndex(kept, options, 'whole'),
    () => ownIndex(`${kept}-${today}`, options, 'some'),
  ];
  const reasons: unknown[] = [];
  for (const index of indexes) {
    options.signal?.throwIfAborted();
    try {
      return await ask([...patience, ...(await index())]);
    } catch (error) {
      if (!(error instanceof Failure) || error.diagnostics[0]?.code === 'OVL401') throw error;
      reasons.push(error);
    }
  }
  const last = reasons.at(-1);
  throw notFetched(name, last instanceof Failure ? (last.diagnostics[0]?.because ?? '') : '', last);
}

/** A mirror that does not answer is asked three times more, with pauses, and each time for half a minute at most. */
const patience = ['Retries=3', 'http::Timeout=30', 'https::Timeout=30'].flatMap((word) => [
  '-o',
  `Acquire::${word}`,
]);

/**
 * apt's options for a state of our own, whose index is fetched when the cache does not have it.
 * @param enough whether each place of the sources has to answer, or one: a machine may name places that are long gone
 */
async function ownIndex(
  name: string,
  options: IndexOptions,
  enough: 'whole' | 'some',
): Promise<readonly string[]> {
  const folder = await cached(
    join('debian', place(options), name),
    async (work) => {
      await Promise.all([
        mkdir(join(work, 'lists', 'partial'), { recursive: true }),
        mkdir(join(work, 'archives', 'partial'), { recursive: true }),
        writeFile(join(work, 'status'), ''),
      ]);
      const sources = await sourcesFor(options);
      if (sources !== undefined) await writeFile(join(work, ownSources), sources);
      const apt = [...patience, ...(await stateOptions(work, options))];
      // By itself apt calls it a success when no place has answered, and an empty index would be kept.
      const strict = enough === 'whole' ? ['-o', 'APT::Update::Error-Mode=any'] : [];
      const said = await runTool('apt-get', [...apt, ...strict, 'update'], toRun(options));
      const lists = await readdir(join(work, 'lists'));
      if (!lists.some((file) => /_(Packages|Sources)(\.\w+)?$/.test(file)))
        throw notFetched('index', lastLines(said));
    },
    toRun(options),
  );
  return stateOptions(folder, options);
}

async function stateOptions(folder: string, options: IndexOptions): Promise<readonly string[]> {
  const named = await readdir(folder);
  const file = await otherSources();
  const sources = named.includes(ownSources) ? join(folder, ownSources) : file;
  return [
    `Dir::State=${folder}`,
    `Dir::State::lists=${join(folder, 'lists')}`,
    `Dir::State::status=${join(folder, 'status')}`,
    `Dir::Cache=${folder}`,
    // apt would give downloads to the user _apt, who cannot write to a cache in somebody's home.
    'APT::Sandbox::User=',
    // Other languages' descriptions and package contents are most of an index and are not asked for.
    'Acquire::Languages=none',
    ...(sources === undefined ? [] : [`Dir::Etc::sourcelist=${sources}`, 'Dir::Etc::sourceparts=/dev/null']),
    ...onlyArchitecture(options.architecture),
  ].flatMap((option) => ['-o', option]);
}

/** As the native one: apt fetches the index of that too, and an index is 9 MB. */
function onlyArchitecture(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [`APT::Architecture=${name}`, `APT::Architectures=${name}`];
}

/** The machine's mirror with another suite; of a file in its place, the first mirror in it. */
async function sourcesFor(options: IndexOptions): Promise<string | undefined> {
  if (options.suite === undefined) return undefined;
  if (!suiteName.test(options.suite)) throw new Error(`not a suite: ${JSON.stringify(options.suite)}`);
  const only = await otherSources();
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const own = only === undefined ? (/^VERSION_CODENAME=(.*)$/m.exec(release)?.[1] ?? '') : undefined;
  const mirror = mirrorOf(await readAptSources(only), own);
  if (mirror === undefined) throw notFetched(options.suite, `no source of this machine has the suite ${own}`);
  return sourceStanza(options.archive ?? 'deb', mirror, options.suite);
}

function place(options: IndexOptions): string {
  return join(options.suite ?? 'default', options.architecture ?? 'own');
}

function toRun(options: IndexOptions): RunOptions {
  return options.signal === undefined ? {} : { signal: options.signal };
}

function notFetched(name: string, because: string, cause?: unknown): Failure {
  return new Failure(
    {
      code: 'OVL406',
      severity: 'error',
      message: `the Debian package "${name}" cannot be fetched`,
      because: because || 'no index of this machine has it',
      fix: 'connect to the network once, or name a file with Debian sources in OVL_APT_SOURCES',
    },
    { cause },
  );
}
