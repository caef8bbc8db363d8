/** Uppers that this machine's kernel has written, and what one of its unions shows of an upper. All mounts end with a namespace. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { requireTool } from '../../src/system/tools.ts';

export interface UnionFolder {
  readonly lower: string;
  readonly upper: string;
  /** Runs shell text in the folder, with the union mounted at `merged` where options are given. */
  run(script: string, options?: string): Promise<string>;
}

export const safe = 'redirect_dir=nofollow,index=off,metacopy=off,xino=off';
export const full = 'redirect_dir=on,index=off,metacopy=on';

export async function unionFolder(t: ExecutionContext): Promise<UnionFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-union-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['lower', 'upper', 'work', 'merged']) await mkdir(join(folder, name));
  const script = join(folder, 'script');
  return {
    lower: join(folder, 'lower'),
    upper: join(folder, 'upper'),
    async run(text, options) {
      const layers = 'lowerdir=lower,upperdir=upper,workdir=work';
      const mount = options === undefined ? '' : `mount -t overlay -o ${layers},${options} overlay merged\n`;
      await writeFile(script, `set -e\n${mount}${text}\n`);
      const { stdout } = await execa(
        requireTool('unshare'),
        ['--mount', '--propagation', 'private', 'sh', script],
        {
          cwd: folder,
        },
      );
      return stdout;
    },
  };
}
