/**
 * `npm run bench`: what overlay_init adds to a boot, counted in instructions, and how long `ovl check` and `ovl build` take.
 * docs/benchmarks.md says how it is done. Nothing here asserts a time.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { formatDiagnostics } from '../../src/diagnostics/format.ts';
import { ownKernel } from '../../src/lab/kernel/own.ts';
import { writeOutput } from '../../src/system/files.ts';
import { packageVersion } from '../../src/system/package-root.ts';
import { installPrerequisites } from '../../src/system/prerequisites.ts';
import type { ToolName } from '../../src/system/tools.ts';
import { targetFor } from '../../src/toolchain/targets.ts';
import { benchBoards } from './boards.ts';
import { benchBoots } from './boots.ts';
import { storages } from './case.ts';
import { benchHelper, helperArchitectures } from './helper.ts';
import { helperTables, verdicts } from './helper-table.ts';
import { type Options, readOptions } from './options.ts';
import {
  aimTable,
  boardsTable,
  bootTables,
  resetTable,
  slowTable,
  transferTable,
  wallTable,
  whyTable,
} from './report.ts';
import { benchReset } from './reset.ts';
import { benchSlowLines } from './slow-line.ts';
import { benchTransfer } from './transfer.ts';
import { benchWall } from './wall.ts';
import { benchParts } from './why.ts';

const neededTools: readonly ToolName[] = [
  ...([
    'qemu-system-x86_64',
    'setpriv',
    'sqfstar',
    'mksquashfs',
    'busybox',
    'dpkg-deb',
    'apt-get',
    'musl-gcc',
  ] as const),
  ...(['make', 'gcc', 'ld', 'flex', 'bison', 'bc', 'xz', 'tar', 'nice'] as const),
  ...(['dropbear', 'dropbearkey', 'ssh', 'ssh-keygen', 'rsync', 'unshare'] as const),
  ...(['bash', 'mkfs.ext4'] as const),
];

/** What builds the helper for the other processors. */
const compilers: readonly ToolName[] = helperArchitectures.map((arch) => targetFor(arch).compiler);

/** Milliseconds for all of it, a first build of the kernel on a busy machine included. */
const limitMs = 60 * 60_000;
const runs = 2;
const rounds = 15;
const transferRounds = 15;
const boardsRounds = 5;
const slowRounds = 3;
const resetRounds = 9;

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const options = readOptions(words);
  if (typeof options === 'string') {
    note(options);
    return 2;
  }
  const work = await mkdtemp(join(tmpdir(), 'ovl-bench-'));
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(limitMs)]);
  process.once('SIGINT', () => stop.abort());
  try {
    await installPrerequisites([...neededTools, ...(options.helper ? compilers : [])], note);
    const figures = await bench(options, work, signal);
    const content = `${JSON.stringify(figures, null, 2)}\n`;
    if (options.json !== undefined) await writeOutput(options.json, { mode: 0o644, content });
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 130;
    if (!(error instanceof Failure)) throw error;
    note(formatDiagnostics(error.diagnostics));
    return 1;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function bench(options: Options, work: string, signal: AbortSignal): Promise<unknown> {
  const [processor] = cpus();
  const machine = {
    date: new Date().toISOString().slice(0, 10),
    overlaykit: packageVersion(),
    node: process.version,
    processors: cpus().length,
    processor: processor?.model,
  };
  const say = note;
  if (options.boot || options.why || options.helper) await ownKernel({ signal, onProgress: say });
  const boot = options.boot
    ? await benchBoots({ work, storages: Object.values(storages), runs, signal, say })
    : [];
  const why = options.why ? await benchParts({ work, storage: storages.jffs2, signal, say }) : [];
  const transfer = options.transfer ? await benchTransfer({ work, rounds: transferRounds, signal }) : [];
  const boards = options.transfer ? await benchBoards({ work, rounds: boardsRounds, signal }) : [];
  const slow = options.transfer ? await benchSlowLines({ work, rounds: slowRounds, signal }) : [];
  const wall = options.wall ? await benchWall({ work, rounds, signal }) : [];
  const reset = options.reset ? await benchReset({ work, rounds: resetRounds, signal }) : [];
  const helper = options.helper ? await benchHelper({ work, runs, signal, say }) : undefined;
  print([
    bootTables(boot),
    whyTable(why),
    wallTable(wall),
    transferTable(transfer),
    aimTable(transfer),
    boardsTable(boards),
    slowTable(slow),
    resetTable(reset),
    helperTables(helper),
  ]);
  return {
    machine,
    boot,
    why,
    wall,
    transfer,
    boards,
    slow,
    reset,
    ...(helper && { helper: { ...helper, goals: verdicts(helper) } }),
  };
}

function print(tables: readonly string[]): void {
  for (const text of tables.filter((one) => one !== '')) process.stdout.write(`\n${text}`);
}

function note(text: string): void {
  process.stderr.write(`${text.trimEnd()}\n`);
}
