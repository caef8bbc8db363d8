/** Puts a bundle into a root image: the same image out, with the bundle's files and the mount points it needs. */
import type { BundleFile } from '../bundle/file.ts';
import { unsafePath } from '../bundle/path.ts';
import { type Diagnostic, Failure } from '../diagnostics/diagnostic.ts';
import { type Edit, type Edited, putDirectory, putFile } from './edit.ts';
import type { ImageSink, ImageType, OpenImage } from './format.ts';
import { identityFile } from './identity.ts';
import { withImage } from './open.ts';
import { writeWhole } from './output.ts';
import { checkApplets, checkMountPoints, checkPrograms, defaultPath } from './requirements.ts';
import { readTrailing, writeTrailing } from './trailing.ts';

export interface InstallRequest {
  /** Root image to read. */
  readonly image: string;
  /** Where the new one goes; may be `image`. */
  readonly out: string;
  readonly files: readonly BundleFile[];
  /** Absolute paths that the plan mounts on while the root is read-only. */
  readonly mountPoints: readonly string[];
  /** Make the mount points that are missing instead of refusing. */
  readonly addMountPoints: boolean;
  /** What overlay_init calls by name. Shell builtins are none of them. */
  readonly requiredApplets: readonly string[];
  /** Absolute path of the init that overlay_init hands over to. */
  readonly init: string;
  /** Folders that overlay_init's $PATH has. */
  readonly path?: readonly string[];
  /** Time of new files in seconds since 1970 (SOURCE_DATE_EPOCH); the image's own where it is not given. */
  readonly time?: number;
  /** Interrupts the writing: `out` is then as it was before, and the signal's reason is thrown. */
  readonly signal?: AbortSignal;
}

export interface ImageReport {
  readonly type: ImageType;
  /** Paths as they lie in the image, after symbolic links. */
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  /** Directories that were made, mount points among them. */
  readonly directories: readonly string[];
  /** Size of the image file, in bytes. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Warnings: that the image grew. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @throws Failure with everything that is wrong at once: OVL350 to OVL355 where the image cannot be used, OVL356 to
 *   OVL361 where the bundle does not fit it or it lacks something, OVL363 and OVL364 where the result cannot be written.
 *   `out` is then as it was before.
 */
export async function installBundle(request: InstallRequest): Promise<ImageReport> {
  refuseUnsafePaths(request.files);
  return withImage(request.image, async (image, source) => {
    const trailing = await readTrailing(source, image.make.bytesUsed);
    const edit = await editTree(image, request);
    let bytesAfter = 0;
    const write = async (sink: ImageSink): Promise<void> => {
      await image.write(sink);
      await writeTrailing(sink, trailing);
      bytesAfter = sink.position;
    };
    await writeWhole(request.out, source.mode, write, request.signal);
    return {
      type: image.make.type,
      ...edit,
      bytesBefore: source.bytes,
      bytesAfter,
      diagnostics: warnings(request.out, source.bytes, bytesAfter),
    };
  });
}

/** The same rules as for a bundle's tar: an image is written without root, but what is in it runs as root. */
function refuseUnsafePaths(files: readonly BundleFile[]): void {
  const unsafe = files.flatMap(({ path }): readonly Diagnostic[] => {
    const reason = unsafePath(path);
    if (reason === undefined) return [];
    const message = `the bundle has a file "${path}", which ${reason}`;
    return [{ code: 'OVL303', severity: 'error', message }];
  });
  if (unsafe.length > 0) throw new Failure(unsafe);
}

/** Applies the request to the tree and checks the result, so that a bundle may bring what it needs. */
async function editTree(image: OpenImage, request: InstallRequest): Promise<Edit> {
  const { root, make } = image;
  const time = request.time ?? make.time ?? 0;
  const edits: Edited[] = request.files.map((file) =>
    putFile(root, { ...file, path: `/${file.path}` }, time),
  );
  if (request.addMountPoints) {
    edits.push(...request.mountPoints.map((path) => putDirectory(root, path, time)));
  }
  edits.push(putFile(root, await identityFile(image), time));
  const problems = [
    ...edits.flatMap((one) => ('diagnostic' in one ? [one.diagnostic] : [])),
    ...(request.addMountPoints ? [] : checkMountPoints(root, request.mountPoints)),
    ...checkApplets(root, request.requiredApplets, request.path ?? defaultPath),
    ...checkPrograms(root, [
      { path: '/bin/sh', need: 'overlay_init is a script that it runs' },
      { path: request.init, need: 'it is what overlay_init executes when the merged root is ready' },
    ]),
  ];
  if (problems.length > 0) throw new Failure(withoutRepeats(problems));
  const done = edits.flatMap((one) => ('edit' in one ? [one.edit] : []));
  return {
    added: done.flatMap((one) => one.added),
    replaced: done.flatMap((one) => one.replaced),
    directories: done.flatMap((one) => one.directories),
  };
}

/** One thing in the way is in the way of several files. */
function withoutRepeats(problems: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(problems.map((one) => [JSON.stringify(one), one])).values()];
}

function warnings(out: string, before: number, after: number): readonly Diagnostic[] {
  if (after <= before) return [];
  return [
    {
      code: 'OVL362',
      severity: 'warning',
      message: `"${out}" is ${after - before} bytes larger than the image it was made from`,
      because: `it has ${after} bytes, it was made from ${before}; the root partition must have room for it`,
      fix: 'compare with the size of the root partition (cat /proc/mtd on the board) before you write it',
    },
  ];
}
