/** A board that knows nothing of overlaykit: what looks at it changes nothing, and what needs overlaykit refuses. */
import type { ExecutionContext } from 'ava';
import type { BoardCommands } from './board-commands.ts';

/** What the kernel has mounted at the places that count: type and source, of a union the upper. */
export async function mounts({ ssh }: BoardCommands): Promise<Readonly<Record<string, string>>> {
  const lines = (await ssh('cat /proc/mounts')).split('\n').map((line) => line.split(' '));
  const shown = lines.filter(([, target = '']) => ['/', '/rom', '/overlay'].includes(target));
  return Object.fromEntries(
    shown.map(([source, target, type, options = '']) => [
      target,
      type === 'overlay' ? `overlay ${/upperdir=([^,]*)/.exec(options)?.[1]}` : `${type} ${source}`,
    ]),
  );
}

/** @param loader shell text that prints what the board's boot loader reads */
export async function looksAtBareBoard(
  t: ExecutionContext,
  { ask, succeed, document, ssh }: BoardCommands,
  boardFile: string,
  loader: string,
): Promise<void> {
  const everything = `cat /proc/mounts; ls -aR /etc /root /tmp /run /overlay; ${loader}`;
  const before = await ssh(everything);
  t.like(await document('probe'), { ok: true });
  await succeed('doctor', boardFile);
  t.regex(await succeed('try', '--', 'sh', '-c', 'rm /etc/issue; echo in >/etc/new; ls /etc'), /^new$/m);
  const needs = [['status'], ['log'], ['diff'], ['usage'], ['snapshot'], ['reset', '--yes'], ['confirm']];
  for (const words of [...needs, ['rollback', '--yes'], ['commit', '/etc'], ['pull', '-o', 'none.tar']]) {
    const { exitCode, stderr } = await ask(...words);
    t.is(exitCode, 6, words.join(' '));
    t.regex(stderr, /error\[OVL62\d\][\s\S]*fix [\s\S]*nothing was changed on it/, words.join(' '));
  }
  t.is(await ssh(everything), before, 'nothing of all this has changed anything');
}
