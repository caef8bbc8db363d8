/** `ovl` and `ssh` for a virtual board with dropbear, with an ssh configuration in which nothing of this machine's user is. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { ovl, ovlEnvironment, ovlPath, type Ran } from './ovl.ts';
import { work } from './shipped-boards.ts';
import type { RebootingBoard, SshKeys } from './ssh-board.ts';

export interface BoardCommands {
  readonly folder: string;
  /** `ovl` with these words, the board being $OVL_HOST. */
  readonly ask: (...words: readonly string[]) => Promise<Ran>;
  /** The same, where nothing but success will do; gives stdout. */
  readonly succeed: (...words: readonly string[]) => Promise<string>;
  /** The document of --json of what has to succeed. */
  readonly document: (...words: readonly string[]) => Promise<Record<string, unknown>>;
  /** `ovl` that meets a power cut as soon as its stderr says something. */
  readonly cutAt: (pattern: RegExp, ...words: readonly string[]) => Promise<Ran>;
  /** The same as soon as something else is so, looked at every few milliseconds from there on. */
  readonly cutWhen: (
    isTime: () => Promise<boolean>,
    pattern: RegExp,
    ...words: readonly string[]
  ) => Promise<Ran>;
  /** A command on the board, which has to succeed; gives stdout. */
  readonly ssh: (command: string) => Promise<string>;
}

export async function boardCommands(
  t: ExecutionContext,
  board: RebootingBoard,
  keys: SshKeys,
): Promise<BoardCommands> {
  const folder = await mkdtemp(join(work, 'commands-'));
  const config = join(folder, 'config');
  const known = join(folder, 'known_hosts');
  await writeFile(known, `[127.0.0.1]:${board.port} ${keys.hostKey}\n`);
  const lines = [`IdentityFile ${keys.identity}`, 'IdentityAgent none', `UserKnownHostsFile ${known}`];
  await writeFile(config, `${[...lines, 'GlobalKnownHostsFile none', 'BatchMode yes'].join('\n')}\n`);
  const host = `root@127.0.0.1:${board.port}`;
  const env = { OVL_HOST: host };
  const all = ([command = '', ...rest]: readonly string[]): readonly string[] => [
    command,
    '--ssh-config',
    config,
    ...rest,
  ];
  const ask = async (...words: readonly string[]): Promise<Ran> => {
    const started = Date.now();
    const ran = await ovl(all(words), { cwd: folder, env });
    t.log(`ovl ${words.join(' ')}: ${ran.exitCode}, ${Date.now() - started} ms`);
    return ran;
  };
  const succeed = async (...words: readonly string[]): Promise<string> => {
    const ran = await ask(...words);
    if (ran.exitCode === 0) return ran.stdout;
    throw new Error(`ovl ${words.join(' ')} exited with ${ran.exitCode}:\n${ran.stdout}${ran.stderr}`);
  };
  const cutWhen: BoardCommands['cutWhen'] = async (isTime, pattern, ...words) => {
    const child = execa(process.execPath, [ovlPath, ...all(words)], {
      reject: false,
      extendEnv: false,
      env: ovlEnvironment(env),
      cwd: folder,
      input: '',
      timeout: 300_000,
    });
    let [said, cycle, isOver]: [string, Promise<void> | undefined, boolean] = ['', undefined, false];
    const cut = async (): Promise<void> => {
      while (!isOver && !(await isTime())) await sleep(3);
      if (isOver) throw new Error(`it was over before it was time:\n${said}`);
      await board.powerCycle();
    };
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (pattern.test(said)) cycle ??= cut();
    });
    const { stdout, stderr, exitCode } = await child;
    isOver = true;
    if (cycle === undefined) throw new Error(`it never said ${pattern}:\n${stderr}`);
    await cycle;
    t.log(`ovl ${words.join(' ')}, cut at ${pattern}: ${exitCode}`);
    return { stdout, stderr, exitCode };
  };
  return {
    folder,
    ask,
    succeed,
    document: async (...words) => JSON.parse(await succeed(...words, '--json')),
    cutAt: async (pattern, ...words) => cutWhen(async () => true, pattern, ...words),
    cutWhen,
    ssh: async (command) => {
      const to = ['-F', config, '-p', `${board.port}`, 'root@127.0.0.1', command];
      const { stdout } = await execa('ssh', to, { timeout: 60_000 });
      return stdout;
    },
  };
}
