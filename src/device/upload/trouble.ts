/** Why an upload did not come to its end. In all of these the destination is as it was. */
import { type Diagnostic, Failure } from '../../diagnostics/diagnostic.ts';
import { quoted, visible } from '../../diagnostics/escape.ts';

export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
}

const common = { severity: 'error', boardState: 'unchanged' } as const;

/** The word after "failed" in an answer; undefined where nothing failed. */
export function failedAt({ stdout }: Answer, mark: string): string | undefined {
  return new RegExp(`^${mark} failed ([a-z-]+)$`, 'm').exec(stdout)?.[1];
}

/** @param needed bytes that the archive has */
export function uploadFailure(dest: string, answer: Answer, mark: string, needed: number): Failure {
  const where = failedAt(answer, mark);
  const room = roomIn(answer.stdout);
  if (where === 'in-the-way' || where === 'no-parent' || where === 'read-only')
    return new Failure(unfit(dest, where));
  if (answer.stdout.includes(`${mark} full`) || (room !== undefined && room * 1024 < needed))
    return new Failure(noRoom(dest, room, needed));
  return new Failure({
    ...common,
    code: 'OVL544',
    message: `the board could not put together ${quoted(dest)}`,
    because: words(answer.stderr) || `the step ${quoted(where ?? 'unknown')} failed without a word`,
    fix: 'try the same by hand over ssh; the staged part was removed',
  });
}

function unfit(dest: string, where: 'in-the-way' | 'no-parent' | 'read-only'): Diagnostic {
  const reasons = {
    'in-the-way': 'something that is no folder has this name',
    'no-parent': 'the folder that it should be in does not exist',
    'read-only':
      'no folder can be made beside it: the file system is read-only or has no room at all, or its owner is another',
  } as const;
  return {
    ...common,
    code: 'OVL541',
    message: `${quoted(dest)} on the board cannot be written`,
    because: reasons[where],
    fix: 'name a place on storage that can be written; mount on the board shows which are',
  };
}

function noRoom(dest: string, room: number | undefined, needed: number): Diagnostic {
  return {
    ...common,
    code: 'OVL540',
    message: `the board has no room for ${quoted(dest)}`,
    because: `${Math.ceil(needed / 1024)} KiB are to be sent${room === undefined ? '' : `, ${room} KiB are left`}; the staged part was removed`,
    fix: 'make room on the board: the folder is put together beside the one that is there, so both have to fit',
  };
}

export function disagreement(dest: string, paths: readonly string[], program: string): Failure {
  const shown = paths
    .slice(0, 5)
    .map((path) => visible(path))
    .join('\n');
  return new Failure({
    ...common,
    code: 'OVL542',
    message: `what arrived in ${quoted(dest)} is not what was sent`,
    because: `${paths.length} of the entries differ by the board's own ${program} and find:\n${shown}${paths.length > 5 ? '\n...' : ''}`,
    fix: 'flash that forgets, a full disk that does not say so, or a board whose programs lie: look at dmesg on it',
  });
}

export function cannotReceive(missing: readonly string[]): Failure {
  return new Failure({
    ...common,
    code: 'OVL543',
    message: 'the board has no way to receive files',
    because: `it lacks ${missing.join(', ')}: without them nobody can tell what it has, and what arrived`,
    fix: `build its busybox with ${missing.join(', ')}, or put the files into its root image`,
  });
}

/** Kibibytes that df says are available: the fourth column of the last line in POSIX's format. */
function roomIn(stdout: string): number | undefined {
  const line = / room\n([\s\S]*?)\n\n/.exec(stdout)?.[1]?.trimEnd().split('\n').at(-1);
  const room = Number(/\s(\d+)\s+\d+%/.exec(line ?? '')?.[1]);
  return Number.isFinite(room) ? room : undefined;
}

function words(stderr: string): string {
  return stderr
    .split('\n')
    .map((line) => visible(line).trim())
    .filter((line) => line !== '')
    .slice(-3)
    .join('\n')
    .slice(0, 500);
}
