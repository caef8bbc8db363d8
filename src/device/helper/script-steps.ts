/**
 * What the steps of the running boot are called: overlay_init has the numbered list of its plan near its top. A board's word like any
 * other: of the script of another plan nothing is taken.
 */
import { boardPaths } from '../../shared/helper-protocol.ts';
import { type Device, script, succeeded } from '../device.ts';

/** Bytes in which the list ends; that of a plan with all rungs has about 3 KiB. */
const headBytes = 16 << 10;

const longestLabel = 200;

/** A line of the list. */
const listed = /^# +(\d{1,3}) {2}(\S.*)$/;

/**
 * @param plan digest of the plan that runs
 * @returns labels by the numbers of the steps; none where they are not known
 * @throws Failure OVL5xx
 */
export async function readStepLabels(
  device: Device,
  plan: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const outcome = await device.run(script('head -c "$2" "$1"', boardPaths.overlayInit, String(headBytes)), {
    limit: headBytes,
    boardState: 'unchanged',
    signal,
  });
  return succeeded(outcome) ? stepLabels(outcome.stdout.toString('utf8'), plan) : new Map();
}

/** Pure: the same of the script's first lines. */
export function stepLabels(text: string, plan: string): ReadonlyMap<string, string> {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  const head = end === -1 ? lines : lines.slice(0, end);
  if (!head.includes(`# Plan ${plan}`)) return new Map();
  // Between the head and the list stands what a plain boot calls, so that a shell gets to it first.
  const list = lines.slice(lines.findIndex((line) => listed.test(line)));
  const after = list.findIndex((line) => !line.startsWith('#'));
  return new Map(
    list.slice(0, after === -1 ? undefined : after).flatMap((line) => {
      const [, number = '', label = ''] = listed.exec(line) ?? [];
      return number === '' ? [] : [[number, label.slice(0, longestLabel)] as const];
    }),
  );
}
