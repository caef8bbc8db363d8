/** Notes what the base has under each entry of the upper that runs, and takes out of the report what waits no longer. */
import { boardPaths } from '../../shared/helper-protocol.ts';
import type { BaseFact } from '../../shared/report.ts';
import type { Storage } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { Refused } from '../trouble.ts';
import { openUpper } from '../upper.ts';
import { factOf, isWaiting, markToKnow } from './facts.ts';
import { inGeneration } from './identity.ts';
import { openLower, readBasePlan } from './plan.ts';
import { knownOf, type Mark, readRecord, writeRecord } from './record.ts';
import { readReport, writeReport } from './report.ts';
import { walkUpper } from './upper.ts';

/**
 * Goes through the upper of a generation while it is mounted. Reads the upper only.
 * @param settled which paths of the report somebody has decided to keep as they are
 */
export function remember(
  port: BoardPort,
  storage: Storage,
  number: number,
  settled: (path: string) => boolean = () => false,
): void {
  const plan = readBasePlan(port);
  if (plan === undefined) throw new Refused('the plan has no step that looks at the base');
  inGeneration(port, storage, number, (generation) => {
    const record = readRecord(port, generation);
    const report = readReport(port, generation);
    const known = knownOf(record);
    const waiting: Record<string, boolean> = {};
    for (const fact of report?.facts ?? [])
      if (isWaiting(fact) && !settled(fact.path)) waiting[fact.path] = true;
    const marks: Mark[] = [];
    const left: BaseFact[] = [];
    const upper = openUpper(port, storage, number);
    const lower = openLower(port, plan, boardPaths.oldRoot);
    walkUpper(port, upper, lower, plan.system, {
      entry(entry) {
        const fact = waiting[entry.path] === true ? factOf(port, lower, entry, known) : undefined;
        if (fact !== undefined) left.push(fact);
        // What waits is compared with the base that it was made on, until somebody has decided.
        const mark = fact === undefined ? markToKnow(lower, entry) : known(entry.path);
        if (mark !== undefined) marks.push({ path: entry.path, mark });
      },
    });
    lower.close();
    port.close(upper);
    writeRecord(port, generation, marks);
    if (report === undefined) return;
    const done = report.facts.filter((fact) => !isWaiting(fact));
    writeReport(port, generation, { ...report, facts: [...left, ...done] });
  });
}
