/**
 * Functions of rootfs-scripts/ by themselves, in each shell: with busybox's programs and a storage in a folder. Calls of
 * programs are counted, and the shell can be killed at the nth, before or after it has done its work, as a power cut would.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { usedFunctions } from '../../src/render/library.ts';
import { loadShellLibrary } from '../../src/system/shell-library.ts';
import { requireTool } from '../../src/system/tools.ts';
import type { ShellName } from './shell-board.ts';
import { withoutApplets } from './without-applets.ts';

export interface CallResult {
  readonly code: number | undefined;
  /** What `say` was told, "LEVEL TEXT" a line, and whatever else came out. */
  readonly output: string;
  /** How many programs were called. */
  readonly calls: number;
}

export interface CallOptions {
  /** The number of the call at which the shell is killed; 0 for none. */
  readonly cut?: number;
  readonly when?: 'before' | 'after';
  /** Programs that stand in for the board's own, by name: shell text. */
  readonly programs?: Readonly<Record<string, string>>;
}

const changing = ['rm', 'cp', 'mv', 'mkdir', 'chmod', 'chown', 'sync'];
/** They run side by side in pipes, and a cut between two of them is none between two changes. */
const reading = ['stat', 'find', 'md5sum', 'sort'];
/** It writes whole files of no meaning; a test for which that matters stands in for it. */
const uncounted = [...reading, 'dd'];
const programs = [...changing, ...uncounted];

const wrapper = `#!BUSYBOX sh
case " READING " in *" \${0##*/} "*) exec BUSYBOX "\${0##*/}" "$@" ;; esac
count=0
[ ! -e "$CALLS" ] || read -r count <"$CALLS"
count=$((count + 1))
echo "$count" >"$CALLS"
[ "$count" != "$CUT_BEFORE" ] || kill -9 "$VICTIM"
BUSYBOX "\${0##*/}" "$@"
code=$?
[ "$count" != "$CUT_AFTER" ] || kill -9 "$VICTIM"
exit $code
`;

/** A folder with a storage in it, and a way to call functions on it. */
export class ShellFunctions {
  readonly folder: string;
  readonly storage: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.storage = join(folder, 'overlay');
  }

  /** Lasts as long as the test. */
  static async make(t: ExecutionContext, shell: ShellName): Promise<ShellFunctions> {
    const folder = await mkdtemp(join(tmpdir(), 'ovl-functions-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    for (const name of ['overlay/overlaykit', 'overlay/generations', 'bin', 'run'])
      await mkdir(join(folder, name), { recursive: true });
    const text = wrapper
      .replaceAll('BUSYBOX', requireTool('busybox'))
      .replace('READING', uncounted.join(' '));
    for (const name of programs) await writeFile(join(folder, 'bin', name), text, { mode: 0o755 });
    const program = await readFile(requireTool(shell));
    await writeFile(join(folder, 'sh'), shell === 'busybox' ? withoutApplets(program, programs) : program, {
      mode: 0o755,
    });
    return new ShellFunctions(folder);
  }

  /** Runs text on the host: makes and looks at what is on the storage; the working directory is the storage. */
  async prepare(script: string): Promise<string> {
    const { stdout } = await execa('/bin/sh', ['-ec', script], { cwd: this.storage });
    return stdout;
  }

  /** Runs shell text that calls functions of the library. */
  async call(
    script: string,
    { cut = 0, when = 'before', programs: own = {} }: CallOptions = {},
  ): Promise<CallResult> {
    const library = await loadShellLibrary();
    const functions = usedFunctions(library, script).map(({ text }) => text);
    const calls = join(this.folder, 'calls');
    await rm(calls, { force: true });
    for (const [name, text] of Object.entries(own))
      await writeFile(join(this.folder, 'bin', name), `#!${requireTool('busybox')} sh\n${text}\n`, {
        mode: 0o755,
      });
    const file = join(this.folder, 'script');
    // The kernel log of this machine is none of the test's business.
    const say = 'say() {\n  echo "$1 $2"\n}';
    const start = `ovl_storage=${this.storage} ovl_run=${this.folder}/run ovl_late='done'`;
    await writeFile(file, [library.state, ...functions, say, start, 'export VICTIM=$$', script].join('\n'));
    const { all, exitCode } = await execa(join(this.folder, 'sh'), [file], {
      all: true,
      reject: false,
      extendEnv: false,
      timeout: 60_000,
      env: {
        // busybox's own applets would come before what is counted.
        PATH: join(this.folder, 'bin'),
        CALLS: calls,
        CUT_BEFORE: when === 'before' ? String(cut) : '',
        CUT_AFTER: when === 'after' ? String(cut) : '',
      },
    });
    const count = await readFile(calls, 'utf8').catch(() => '0');
    return { code: exitCode, output: all, calls: Number(count) };
  }
}
