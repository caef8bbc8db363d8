/**
 * Tar bytes → Bundle, believing nothing. A bundle comes over networks, out of mail and from build servers, and what is in
 * it runs as pid 1. Beside the digests, the archive has to be byte for byte what `ovl build` would pack from the same
 * files: tar readers differ in what they make of odd headers, and what a board's own tar extracts must be what was
 * verified here.
 */
import { type Diagnostic, failure, type Result, success } from '../diagnostics/diagnostic.ts';
import { type ArchiveEntry, readArchive } from './archive.ts';
import { type Bundle, bundlePaths } from './bundle.ts';
import { sha256 } from './digest.ts';
import { type Manifest, type ManifestFile, manifestLimit, modeText, parseManifest } from './manifest.ts';
import { packBundle } from './pack.ts';
import { unsafePath } from './path.ts';

/** Bytes. Storage on the boards that bundles are for is smaller. */
export const bundleLimit = 256 * 1024 ** 2;

/**
 * @param bytes the whole archive
 * @param name what to call it in diagnostics: the path it was read from
 */
export async function verifyBundle(bytes: Uint8Array, name: string): Promise<Result<Bundle>> {
  if (bytes.length > bundleLimit) return failure(tooLarge(name, bytes.length));
  const archive = await readArchive(bytes);
  if (archive.problem !== undefined) return failure(unreadable(name, archive.problem));

  const kinds = archive.entries.flatMap((entry) => checkEntry(entry, name));
  if (kinds.length > 0) return failure(...kinds);

  const manifest = readManifest(archive.entries[0], name);
  if (!manifest.ok) return manifest;

  const files = archive.entries.slice(1);
  const differences = [
    ...checkList(files, manifest.value, name),
    ...files.flatMap((file) => checkContent(file, manifest.value, name)),
    ...checkPlanDigest(manifest.value, name),
  ];
  if (differences.length > 0) return failure(...differences);

  const bundle: Bundle = {
    manifest: manifest.value,
    files: files.map(({ path, mode, content }) => ({ path, mode, content })),
  };
  if (!(await isCanonical(bytes, bundle, archive.entries[0]?.mtime ?? 0))) return failure(notCanonical(name));
  return success(bundle);
}

function checkEntry(entry: ArchiveEntry, name: string): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const problem = unsafePath(entry.path);
  if (problem !== undefined) {
    found.push({
      code: 'OVL303',
      severity: 'error',
      message: `${quote(name)} has an entry with the path ${quote(entry.path)}, which ${problem}`,
      because: 'extracting it could write outside the places that a bundle is for',
    });
  }
  if (entry.type !== 'file') {
    found.push({
      code: 'OVL304',
      severity: 'error',
      message: `entry ${quote(entry.path)} of ${quote(name)} is a ${entry.type}`,
      because: 'a bundle holds plain files only; a link could lead a later entry anywhere on the board',
    });
  }
  return found;
}

function readManifest(entry: ArchiveEntry | undefined, name: string): Result<Manifest> {
  const problem = (text: string): Result<Manifest> =>
    failure({
      code: 'OVL302',
      severity: 'error',
      message: `${quote(name)} has no valid manifest: ${text}`,
      because: 'the manifest says which files have to follow, and what their digests are',
      fix: 'build the bundle again with ovl build',
    });
  if (entry === undefined) return problem('it is empty');
  if (entry.path !== bundlePaths.manifest) return problem(`its first entry is ${quote(entry.path)}`);
  if (entry.content.length > manifestLimit) return problem(`it has ${entry.content.length} bytes`);
  const parsed = parseManifest(new TextDecoder().decode(entry.content));
  if ('problem' in parsed) return problem(parsed.problem);
  const lacking = [bundlePaths.overlayInit, bundlePaths.plan].find(
    (path) => !parsed.value.files.some((file) => file.path === path),
  );
  if (lacking !== undefined) return problem(`it does not list ${quote(lacking)}`);
  return success(parsed.value);
}

/** The archive's files against the manifest's list: none missing, none twice, none beside it, none inside another. */
function checkList(files: readonly ArchiveEntry[], manifest: Manifest, name: string): readonly Diagnostic[] {
  const listed = manifest.files.map((file) => file.path);
  const present = files.map((file) => file.path);
  const differ = (message: string): Diagnostic => ({
    code: 'OVL306',
    severity: 'error',
    message: `${quote(name)} ${message}`,
    because: 'the manifest lists every file of a bundle once, and nothing else belongs to it',
  });
  const inArchive = new Set(present);
  const inManifest = new Set(listed);
  return [
    ...listed.filter((path) => !inArchive.has(path)).map((path) => differ(`lacks the file ${quote(path)}`)),
    ...present
      .filter((path) => !inManifest.has(path))
      .map((path) => differ(`holds ${quote(path)}, which its manifest does not list`)),
    ...repeated([bundlePaths.manifest, ...present]).map((path) =>
      differ(`holds ${quote(path)} more than once`),
    ),
    ...repeated(listed).map((path) => differ(`lists ${quote(path)} more than once in its manifest`)),
    ...present
      .filter((path) => parents(path).some((parent) => inArchive.has(parent)))
      .map((path) => differ(`holds ${quote(path)} inside something that is a file`)),
  ];
}

function checkContent(file: ArchiveEntry, manifest: Manifest, name: string): readonly Diagnostic[] {
  const row = manifest.files.find((one) => one.path === file.path);
  const problem = row === undefined ? undefined : difference(file, row);
  if (problem === undefined) return [];
  return [
    {
      code: 'OVL305',
      severity: 'error',
      message: `${quote(file.path)} in ${quote(name)} is not the file that the manifest describes`,
      because: problem,
      fix: 'fetch the bundle again, or build it again with ovl build',
    },
  ];
}

/** The digest that overlay_init and `ovl status` name the plan by has to be that of the plan in this bundle. */
function checkPlanDigest(manifest: Manifest, name: string): readonly Diagnostic[] {
  const row = manifest.files.find((file) => file.path === bundlePaths.plan);
  if (row === undefined || row.sha256 === manifest.planDigest) return [];
  return [
    {
      code: 'OVL305',
      severity: 'error',
      message: `the manifest of ${quote(name)} belongs to another plan than the one beside it`,
      because: `the plan's SHA-256 is ${row.sha256}, the manifest's planDigest ${manifest.planDigest}`,
      fix: 'build the bundle again with ovl build',
    },
  ];
}

function difference(file: ArchiveEntry, row: ManifestFile): string | undefined {
  if (file.content.length !== row.bytes) {
    return `it has ${file.content.length} bytes, the manifest says ${row.bytes}`;
  }
  if (modeText(file.mode) !== row.mode) {
    return `its mode is ${modeText(file.mode)}, the manifest says ${row.mode}`;
  }
  const digest = sha256(file.content);
  return digest === row.sha256 ? undefined : `its SHA-256 is ${digest}, the manifest says ${row.sha256}`;
}

async function isCanonical(bytes: Uint8Array, bundle: Bundle, mtime: number): Promise<boolean> {
  const expected = await packBundle(bundle, mtime);
  return Buffer.from(expected.buffer, expected.byteOffset, expected.byteLength).equals(bytes);
}

function repeated(paths: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return [...new Set(paths.filter((path) => seen.has(path) || !seen.add(path)))];
}

/** "a/b/c" → ["a", "a/b"]. */
function parents(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** JSON's escapes: a name out of an archive must not speak to the terminal. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function unreadable(name: string, reason: string): Diagnostic {
  return {
    code: 'OVL301',
    severity: 'error',
    message: `${quote(name)} cannot be read as a tar archive`,
    because: reason,
    fix: 'fetch the bundle again, or build it again with ovl build',
  };
}

function tooLarge(name: string, length: number): Diagnostic {
  return {
    code: 'OVL308',
    severity: 'error',
    message: `${quote(name)} is too large for a bundle`,
    because: `it has ${length} bytes; at most ${bundleLimit} are read`,
  };
}

function notCanonical(name: string): Diagnostic {
  return {
    code: 'OVL307',
    severity: 'error',
    message: `${quote(name)} is not packed the way ovl build packs`,
    because: 'its files are intact, but its headers, its padding or what follows its end differ',
    fix: 'fetch the bundle.tar that ovl build wrote; an archive packed by another program is not accepted',
  };
}
