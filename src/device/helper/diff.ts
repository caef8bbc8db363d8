/** What the upper of a board changes, read line by line: a board with a million changes is no reason to run out of memory. */
import * as z from 'zod';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { type DiffChange, type DiffEnd, diffSchema } from '../../shared/report.ts';
import type { Device } from '../device.ts';
import { callPresentHelper } from './call.ts';

const path = z.string().min(1).max(8192);
const change = z.object({
  change: z.enum(['created', 'changed', 'deleted', 'type', 'replaced', 'moved']),
  path,
  type: z.enum(['file', 'directory', 'symlink', 'character', 'block', 'fifo', 'socket']),
  bytes: z.int().min(0),
  from: path.optional(),
});
const end: z.ZodType<DiffEnd> = z.object({
  schema: z.literal(diffSchema),
  rung: z.string().max(100),
  changes: z.int().min(0),
  same: z.int().min(0),
});

/** What a layer of a board may change until it is taken for an attack; JFFS2 mounts no more. */
const mostChanges = 200_000;
const longestLine = 64 << 10;
const deadlineMs = 30 * 60_000;

export interface Diff {
  readonly end: DiffEnd;
  readonly changes: readonly DiffChange[];
}

/**
 * Sorted by path; paths are text.
 * @param generation by number or name; that of the running boot by default
 * @throws Failure OVL5xx, OVL620 to OVL624
 */
export async function diffUpper(device: Device, signal: AbortSignal, generation?: string): Promise<Diff> {
  const changes: DiffChange[] = [];
  let last: DiffEnd | undefined;
  let rest = '';
  const take = (line: string): void => {
    if (last !== undefined) throw senseless(device.name, 'something follows the last line');
    const read = readLine(line);
    if (read === undefined) throw senseless(device.name, 'a line is neither a change nor the end');
    if ('schema' in read) last = read;
    else changes.push(read);
    if (changes.length > mostChanges) throw senseless(device.name, `more than ${mostChanges} changes`);
  };
  await callPresentHelper(device, ['diff', '--json', ...(generation === undefined ? [] : [generation])], {
    effect: 'looks',
    signal,
    deadlineMs,
    onStdout: (chunk) => {
      const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > longestLine) throw senseless(device.name, 'a line without an end');
      for (const line of lines) take(line);
    },
  });
  if (last === undefined || last.changes !== changes.length || rest !== '')
    throw senseless(device.name, 'it is not whole');
  return { end: last, changes: changes.toSorted((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path))) };
}

function readLine(line: string): DiffChange | DiffEnd | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const asEnd = end.safeParse(value);
  if (asEnd.success) return asEnd.data;
  const { success, data } = change.safeParse(value);
  if (!success) return undefined;
  const { from, ...more } = data;
  return { ...more, path: text(data.path), ...(from === undefined ? {} : { from: text(from) }) };
}

/** Paths are byte strings on the board. */
function text(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function senseless(name: string, because: string): Failure {
  return new Failure({
    code: 'OVL624',
    severity: 'error',
    message: `the list of changes of ${name} makes no sense`,
    because,
    fix: 'deploy a bundle of this version of overlaykit, or see whether it is the right board',
    boardState: 'unchanged',
  });
}
