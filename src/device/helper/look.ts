/** What can be known of a board that runs overlaykit: all of it with the helper, what this boot has noted without. */
import { Failure } from '../../diagnostics/diagnostic.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import type { BoardReport, GenerationReport, UsageReport } from '../../shared/report.ts';
import { type Device, script, succeeded } from '../device.ts';
import { callHelper, callPresentHelper, linesOf } from './call.ts';
import { type BootFile, readReport, reports } from './reports.ts';

/** With the helper's report, or with the file that overlay_init leaves in /run. */
export type Look =
  | { readonly kind: 'report'; readonly report: BoardReport }
  | { readonly kind: 'boot'; readonly boot: BootFile };

/** @throws Failure OVL625 where the board was not booted by overlay_init; OVL5xx, OVL62x */
export async function lookAt(device: Device, signal: AbortSignal): Promise<Look> {
  const answer = await callHelper(device, ['status', '--json'], { effect: 'looks', signal });
  if (answer === undefined) return { kind: 'boot', boot: await readBootFile(device, signal) };
  const report = readReport(reports.board, answer.stdout, device.name, 'the status');
  return { kind: 'report', report };
}

/** The generations on the storage; undefined where the rung has none, or the helper is missing. */
export async function listGenerations(
  device: Device,
  signal: AbortSignal,
): Promise<readonly GenerationReport[] | undefined> {
  try {
    const answer = await callHelper(device, ['list', '--json'], { effect: 'looks', signal });
    if (answer === undefined) return undefined;
    return readReport(reports.generations, answer.stdout, device.name, 'the list of generations').generations;
  } catch (error) {
    // Refused: the storage of this boot is in memory, or there is none.
    if (error instanceof Failure && error.diagnostics.every(({ code }) => code === 'OVL622'))
      return undefined;
    throw error;
  }
}

export async function usageOf(device: Device, signal: AbortSignal): Promise<UsageReport> {
  const answer = await callPresentHelper(device, ['usage', '--json'], {
    effect: 'looks',
    signal,
    deadlineMs: 600_000,
  });
  return readReport(reports.usage, answer.stdout, device.name, 'the usage');
}

async function readBootFile(device: Device, signal: AbortSignal): Promise<BootFile> {
  const outcome = await device.run(script('cat -- "$1"', boardPaths.status), {
    limit: 64 << 10,
    boardState: 'unchanged',
    signal,
  });
  if (succeeded(outcome))
    return readReport(reports.boot, outcome.stdout.toString('utf8'), device.name, boardPaths.status);
  throw new Failure({
    code: 'OVL625',
    severity: 'error',
    message: `${device.name} was not booted by overlay_init`,
    because: `it has neither ${boardPaths.helper} nor ${boardPaths.status}`,
    fix: `ovl probe ${device.name}`,
    boardState: 'unchanged',
  });
}

/** The account of the running boot, as overlay_init leaves it in /run; none where it is not there. */
export async function readLedger(device: Device, signal: AbortSignal): Promise<readonly string[]> {
  const outcome = await device.run(script('cat -- "$1"', `${boardPaths.runDir}/ledger`), {
    limit: 16 << 10,
    boardState: 'unchanged',
    signal,
  });
  return succeeded(outcome) ? linesOf(outcome.stdout.toString('utf8')) : [];
}
