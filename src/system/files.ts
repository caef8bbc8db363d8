/** Reading and writing files whole: an input has a limit, an output is complete or not there. */
import { randomBytes } from 'node:crypto';
import { chmod, type FileHandle, mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Diagnostic, Failure } from '../diagnostics/diagnostic.ts';
import { quote } from '../render/quote.ts';

/** One file of an output: name inside its folder, permission bits, content. */
export interface OutputFile {
  readonly name: string;
  readonly mode: number;
  readonly content: Uint8Array | string;
}

/**
 * The bytes of a file that somebody named. Pipes and devices are read too, up to the limit.
 * @param limit most bytes that it may have; a longer file is refused without reading on
 * @throws Failure OVL420 to OVL424, OVL427
 */
export async function readInput(path: string, limit: number): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      return await readAtMost(file, path, limit);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileFailure(error, path, 'read');
  }
}

/**
 * Writes a file under another name beside its own, and renames it when it is on the disk.
 * @throws Failure OVL420 to OVL427
 */
export async function writeOutput(path: string, file: Omit<OutputFile, 'name'>): Promise<void> {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  try {
    await writeWhole(temporary, file);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileFailure(error, path, 'written');
  }
}

/**
 * Writes a file that must not be there yet.
 * @throws Failure OVL425 where something has that name, OVL420 to OVL427
 */
export async function writeNewOutput(path: string, file: Omit<OutputFile, 'name'>): Promise<void> {
  try {
    // Takes the name first: of two that want it, one gets it.
    await (await open(path, 'wx')).close();
  } catch (error) {
    throw fileFailure(error, path, 'written');
  }
  try {
    await writeOutput(path, file);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/**
 * Writes several files into a folder, which is made where it is missing: first all of them under other names, then,
 * when every byte is on the disk, they are renamed. Other files in the folder stay as they are.
 *
 * @param obsolete names of files that an earlier run may have left and that would belong to these; removed
 * @throws Failure OVL420 to OVL427; what was in the folder before is still there then
 */
export async function writeOutputs(
  folder: string,
  files: readonly OutputFile[],
  obsolete: readonly string[] = [],
): Promise<void> {
  let made: string | undefined;
  let work: string | undefined;
  try {
    made = await mkdir(folder, { recursive: true });
    work = await mkdtemp(join(folder, '.ovl-'));
    for (const file of files) await writeWhole(join(work, file.name), file);
    await refuseFolders(folder, files);
    for (const { name } of files) await rename(join(work, name), join(folder, name));
    made = undefined;
    for (const name of obsolete) await rm(join(folder, name), { force: true });
  } catch (error) {
    throw fileFailure(error, folder, 'written');
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true });
    if (made !== undefined) await rm(made, { recursive: true, force: true });
  }
}

/** A rename onto a folder fails; finding out in the middle would leave some files new and some old. */
async function refuseFolders(folder: string, files: readonly OutputFile[]): Promise<void> {
  for (const { name } of files) {
    const there = await stat(join(folder, name)).catch(() => undefined);
    if (there?.isDirectory()) throw new Failure(isFolder(join(folder, name)));
  }
}

async function writeWhole(path: string, { content, mode }: Omit<OutputFile, 'name'>): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  // open() takes the umask of whoever runs this off the mode.
  await chmod(path, mode);
}

async function readAtMost(file: FileHandle, path: string, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > limit) throw new Failure(tooLarge(path, limit));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

export function temporaryName(name: string): string {
  return `.${name}.${randomBytes(6).toString('hex')}.tmp`;
}

type Verb = 'read' | 'written';

/** The Failure for what a file system call threw; anything that is no errno is passed on as it is. */
export function fileFailure(error: unknown, path: string, verb: Verb): unknown {
  if (error instanceof Failure || !isErrno(error)) return error;
  return new Failure(diagnosticOf(error, path, verb), { cause: error });
}

function diagnosticOf(error: NodeJS.ErrnoException, path: string, verb: Verb): Diagnostic {
  const quoted = JSON.stringify(path);
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return problem(
        'OVL420',
        `${quoted} does not exist`,
        reason(error),
        'check the path; -C DIR changes where it starts',
      );
    case 'EACCES':
    case 'EPERM':
      return problem(
        'OVL421',
        `${quoted} may not be ${verb}`,
        reason(error),
        `ls -ld ${quote(dirname(path))} ${quote(path)}`,
      );
    case 'EISDIR':
      return isFolder(path);
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return problem(
        'OVL424',
        `there is no room left to write ${quoted}`,
        reason(error),
        `df -h ${quote(dirname(path))}`,
      );
    case 'EEXIST':
      return problem('OVL425', `${quoted} is in the way`, reason(error), 'give another name, or remove it');
    default:
      return problem('OVL427', `${quoted} cannot be ${verb}`, reason(error));
  }
}

function isFolder(path: string): Diagnostic {
  return problem('OVL422', `${JSON.stringify(path)} is a folder`, 'a file is needed', 'name a file');
}

function tooLarge(path: string, limit: number): Diagnostic {
  return problem(
    'OVL423',
    `${JSON.stringify(path)} is too large`,
    `it has more than ${limit} bytes, which is more than any file of its kind`,
  );
}

type FileCode = 'OVL420' | 'OVL421' | 'OVL422' | 'OVL423' | 'OVL424' | 'OVL425' | 'OVL427';

function problem(code: FileCode, message: string, because: string, fix?: string): Diagnostic {
  return { code, severity: 'error', message, because, ...(fix === undefined ? {} : { fix }) };
}

/** "ENOENT: no such file or directory" of node's longer sentence, which repeats the path. */
function reason(error: NodeJS.ErrnoException): string {
  return error.message.split(', ')[0] ?? error.message;
}

function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'errno' in error && 'code' in error;
}
