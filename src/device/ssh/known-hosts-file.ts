/** The known_hosts files of this machine: read at every login, and added to when a person accepts a key. */
import { randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { readInput } from '../../system/files.ts';
import { type HostKey, hashName, type KnownHost, lookupName, parseKnownHosts } from './known-hosts.ts';

/** Most bytes of a file that are read. */
const fileLimit = 16 << 20;

/**
 * All that the files say, in their order; a file that is not there says nothing.
 * @throws Failure OVL515 where one is there and cannot be read: the key that it warns of must not be missed
 */
export async function readKnownHosts(files: readonly string[]): Promise<readonly KnownHost[]> {
  const texts = await Promise.all(files.map(textOf));
  return texts.flatMap((text, index) => parseKnownHosts(text, files[index] ?? ''));
}

async function textOf(file: string): Promise<string> {
  try {
    return Buffer.from(await readInput(file, fileLimit)).toString('utf8');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.diagnostics.every(({ code }) => code === 'OVL420')) return '';
    throw unusable(file, 'read', error);
  }
}

/**
 * Adds a host's key. One write at the end of the file: of two programs that add at the same time neither loses a line,
 * and owner, mode and links stay. What cannot be written whole is taken back.
 * @throws Failure OVL515
 */
export async function addKnownHost(
  file: string,
  {
    host,
    port,
    key,
    hashed,
  }: { readonly host: string; readonly port: number; readonly key: HostKey; readonly hashed: boolean },
): Promise<void> {
  const name = lookupName(host, port);
  const salt = randomBytes(20);
  const hosts = hashed ? `|1|${salt.toString('base64')}|${hashName(salt, name).toString('base64')}` : name;
  const line = `${hosts} ${key.type} ${Buffer.from(key.blob).toString('base64')}\n`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await appendLine(file, line);
  } catch (error) {
    throw unusable(file, 'written', error);
  }
}

async function appendLine(file: string, line: string): Promise<void> {
  const handle = await open(file, 'a+', 0o600);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    const bytes = Buffer.from(size > 0 && last[0] !== 10 ? `\n${line}` : line);
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten < bytes.length) {
      await handle.truncate(size);
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unusable(file: string, verb: 'read' | 'written', error: unknown): Failure {
  const reason =
    error instanceof Failure
      ? error.diagnostics.map(({ because, message }) => because ?? message).join('; ')
      : ((error as NodeJS.ErrnoException).code ?? String(error));
  return new Failure(
    {
      code: 'OVL515',
      severity: 'error',
      message: `"${file}" cannot be ${verb}`,
      because: `${reason}; it has the keys that boards are recognised by`,
      fix: 'set its owner and mode right, or name another with UserKnownHostsFile in ~/.ssh/config',
      boardState: 'unchanged',
    },
    { cause: error },
  );
}
