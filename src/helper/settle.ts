/** What a plain boot says of itself: to the kernel log, to /run/overlaykit, to the ledger; word for word as overlay_init's settle. */
import { boardPaths, bootNotes } from '../shared/helper-protocol.ts';
import { opened, type PlainBoot } from './boot-so-far.ts';
import { attempt } from './trouble.ts';

/** Says it. */
export function settle(soFar: PlainBoot, init: string): void {
  const { port, board, digest, rung, outcome, count, device, stamps, fstype } = soFar;
  const run = opened(soFar.run, boardPaths.runDir);
  const line = `rung ${rung}: ${outcome}`;
  const generation = count === undefined ? '' : String(count.generation);
  const account = `rung=${rung} generation=${generation === '' ? '-' : generation} stamps:${stamps} reasons: []`;
  port.log(6, `overlaykit: ${line}`);
  attempt(`cannot write to ${boardPaths.runDir}`, () => {
    port.appendIn(run, 'log', `${line}\n`);
    port.writeIn(run, 'ledger', `${account}\n`);
  });
  // On a rung without generations nobody counts.
  if (count !== undefined) {
    port.writeIn(run, bootNotes.plain, `${count.seq} ${count.generation} ${count.firstFree}\n`);
    keepLedger(soFar, `seq=${count.seq} ${account}\n`, count.seq);
  }
  // Last: it says that this system has booted.
  const status = `{"board":"${board}","plan":"${digest}","rung":"${rung}","generation":"${generation}","reset":"","release":"","storage":"${device}","repaired":"","reasons":[],"notes":[]}`;
  attempt(`cannot write ${boardPaths.status}`, () => port.writeIn(run, 'status.json', `${status}\n`));
  port.log(6, `overlay_helper: boot: rung ${rung}: the root is ${fstype}, overlay_init executes ${init}`);
}

/** The storage is not waited for: an account that a power cut takes along is no loss. */
function keepLedger({ port }: PlainBoot, line: string, seq: number): void {
  const boots = `${boardPaths.storage}/overlaykit/boots`;
  const file = `${boots}/${seq % 8}`;
  attempt(`cannot write ${file}`, () => {
    port.mkdir(boots);
    port.unlink(file);
    port.createText(file, line);
  });
}
