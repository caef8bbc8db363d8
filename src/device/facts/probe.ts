/** A board → Facts: one script, one round trip. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { quoted } from '../../diagnostics/escape.ts';
import { packageRoot } from '../../system/package-root.ts';
import { loadShellLibrary } from '../../system/shell-library.ts';
import { type Device, type Outcome, script } from '../device.ts';
import { pathNames, programNames } from './asked.ts';
import type { Facts } from './facts.ts';
import { readFacts } from './read.ts';
import { readSections } from './sections.ts';

export interface ProbeOptions {
  /** Paths to look at beside the usual ones. */
  readonly paths?: readonly string[];
  /** A directory on the board's storage where what a union can do there is tried; removed again afterwards. */
  readonly scratch?: string;
  readonly signal?: AbortSignal;
}

/** Bytes. The script takes 256 KiB of a file at most, and no board has several that long. */
const limit = 4 * 1024 ** 2;

/** A slow board with a full flash may need this long for a union on it; without it, it is a second. */
const scratchMs = 120_000;

/**
 * Asks a board for everything at once. Nothing on it is changed, but under `scratch`.
 * @throws Failure OVL601 where what answers has no POSIX shell, and those of Device.run
 */
export async function probe(device: Device, options: ProbeOptions = {}): Promise<Facts> {
  const text = await probeScript(options.scratch !== undefined);
  const mark = `overlaykit-${randomBytes(16).toString('hex')}`;
  const paths = [...new Set([...pathNames, ...(options.paths ?? [])])];
  const library = await loadShellLibrary();
  const programs = new Set([...programNames, ...library.functions.flatMap(({ applets }) => applets)]);
  const words = [mark, options.scratch ?? '', ...programs, '--', ...paths];
  const outcome = await device.run(script(text, ...words), {
    limit,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.scratch === undefined ? {} : { deadlineMs: scratchMs }),
    boardState: options.scratch === undefined ? 'unchanged' : 'unknown',
  });
  const sections = readSections(outcome.stdout, mark);
  if (sections.size === 0) throw noShell(outcome);
  return readFacts(sections, { paths, hostSeconds: Date.now() / 1000 });
}

/** The text that is run on the board: $1 mark, $2 scratch directory or nothing, programs, `--`, paths. */
export async function probeScript(scratch: boolean): Promise<string> {
  const names = ['probe.sh', ...(scratch ? ['probe-scratch.sh'] : [])];
  const folder = join(packageRoot(), 'rootfs-scripts');
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
}

function noShell({ stdout, stderr, ending }: Outcome): Failure {
  const said = `${stderr.toString('utf8')}${stdout.toString('utf8')}`.trim().slice(0, 200);
  return new Failure({
    code: 'OVL601',
    severity: 'error',
    message: 'what answers runs no shell script',
    because: `the probing script ended with ${endingWords(ending)} and ${said === '' ? 'no word' : `said ${quoted(said)}`}`,
    fix: 'log in as a user whose shell is a shell; a router with a menu at login needs that turned off',
    boardState: 'unchanged',
  });
}

function endingWords(ending: Outcome['ending']): string {
  switch (ending.kind) {
    case 'exited':
      return `exit code ${ending.code}`;
    case 'killed':
      return `signal ${ending.signal}`;
    case 'disconnected':
      return 'the connection';
  }
}
