/** What a plain boot says of itself: to the kernel log, to /run/overlaykit, to the ledger; word for word as overlay_init's settle. */
import { boardPaths, bootNotes } from '../shared/helper-protocol.ts';
import type { SoFar } from './boot-steps.ts';
import { isRecord } from './plan.ts';
import { attempt } from './trouble.ts';

/**
 * Says it.
 * @param digest of the plan, as overlay_init knows it
 */
export function settle(soFar: SoFar, plan: unknown, rung: string, digest: string): void {
  const { port, count, device, stamps } = soFar;
  const line = `rung ${rung}: ${outcomeOf(plan)}`;
  const generation = count === undefined ? '' : String(count.generation);
  const account = `rung=${rung} generation=${generation === '' ? '-' : generation} stamps:${stamps} reasons: []`;
  port.log(6, `overlaykit: ${line}`);
  const run = attempt(`cannot open ${boardPaths.runDir}`, () => port.openDirectory(boardPaths.runDir));
  port.appendIn(run, 'log', `${line}\n`);
  port.writeIn(run, 'ledger', `${account}\n`);
  if (count !== undefined) {
    port.writeIn(run, bootNotes.plain, `${count.seq} ${count.generation} ${count.firstFree}\n`);
    keepLedger(soFar, `seq=${count.seq} ${account}\n`, count.seq);
  }
  // Last: it says that this system has booted.
  const status = `{"board":"${boardOf(plan)}","plan":"${digest}","rung":"${rung}","generation":"${generation}","reset":"","release":"","storage":"${device}","repaired":"","reasons":[],"notes":[]}`;
  port.writeIn(run, 'status.json', `${status}\n`);
  port.close(run);
}

/** The storage is not waited for: an account that a power cut takes along is no loss. */
function keepLedger({ port }: SoFar, line: string, seq: number): void {
  const boots = `${boardPaths.storage}/overlaykit/boots`;
  port.mkdir(boots);
  const file = `${boots}/${seq % 8}`;
  port.unlink(file);
  attempt(`cannot write ${file}`, () => port.createText(file, line));
}

function boardOf(plan: unknown): string {
  const name = isRecord(plan) && isRecord(plan.board) ? plan.board.name : undefined;
  if (typeof name !== 'string') throw new Error('the plan names no board');
  return name;
}

function outcomeOf(plan: unknown): string {
  const ladder: readonly unknown[] = isRecord(plan) && Array.isArray(plan.ladder) ? plan.ladder : [];
  const [first] = ladder;
  return isRecord(first) && typeof first.outcome === 'string' ? printable(first.outcome) : '';
}

/** As the renderer writes it into overlay_init. */
function printable(value: string): string {
  let text = '';
  for (let at = 0; at < value.length; at++) {
    const char = value.charAt(at);
    text += char === '"' ? "'" : char >= ' ' && char <= '~' && char !== '\\' ? char : '?';
  }
  return text;
}
