/** What a torture run came to: counts by scenario, and each failure with all that is needed to look into it. */
import type { Fault } from './judge.ts';
import type { ScenarioName } from './scenario.ts';

export interface TortureFailure {
  readonly scenario: ScenarioName;
  readonly seed: number;
  /** Number of the cut in its scenario. */
  readonly cut: number;
  readonly fault: Fault;
  readonly reasons: readonly string[];
  readonly doing: string;
  readonly moment: string;
  /** Whether the copy was looked at or booted when it showed. */
  readonly by: 'look' | 'boot';
  /** Folder with the storage as the cut left it, what was found, and the console. */
  readonly evidence: string;
}

export type Model = 'JFFS2, frozen and copied' | 'ext4, unflushed writes dropped';

export interface ScenarioReport {
  readonly scenario: ScenarioName;
  readonly model: Model;
  readonly cuts: number;
  /** How many of the cuts were booted fully; all of them were looked at. */
  readonly boots: number;
  /** What was under way, and at how many of the cuts. */
  readonly operations: Readonly<Record<string, number>>;
  /** Cuts with a fault of this kind. */
  readonly unbootable: number;
  readonly mixed: number;
  readonly lost: number;
  readonly failures: readonly TortureFailure[];
}

export function scenarioReport(
  scenario: ScenarioName,
  storage: 'jffs2' | 'ext4',
  counts: Pick<ScenarioReport, 'cuts' | 'boots' | 'operations'>,
  failures: readonly TortureFailure[],
): ScenarioReport {
  const cutsWith = (fault: Fault): number =>
    new Set(failures.filter((one) => one.fault === fault).map(({ cut }) => cut)).size;
  return {
    scenario,
    model: storage === 'jffs2' ? 'JFFS2, frozen and copied' : 'ext4, unflushed writes dropped',
    ...counts,
    unbootable: cutsWith('unbootable'),
    mixed: cutsWith('mixed'),
    lost: cutsWith('lost'),
    failures,
  };
}
