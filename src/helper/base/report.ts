/**
 * generations/N/base-report: what the last change of the base meant for this upper. Its first line is for overlay_init too:
 *
 *     overlaykit-base-report 1 waiting=2 from=- to=0123... lost=0
 */
import { type BaseFact, type BaseFactKind, waitingKinds } from '../../shared/report.ts';
import { escaped, unescaped } from '../escape.ts';
import type { BoardPort } from '../storage-port.ts';
import { isWaiting } from './facts.ts';
import { readNotes, writeNotes } from './notes.ts';

const file = 'base-report';
const head = 'overlaykit-base-report 1';
/** A person reads them; more than these are counted. */
const maxFacts = 5000;

export interface Report {
  /** Identity of the image before the change. */
  readonly from: string | undefined;
  readonly to: string;
  readonly facts: readonly BaseFact[];
  /** Facts that had no room. */
  readonly lost: number;
}

const kinds: readonly BaseFactKind[] = [...waitingKinds, 'orphan', 'set-aside', 'detached'];

/** The report; undefined where there is none, or it is damaged. */
export function readReport(port: BoardPort, generation: number): Report | undefined {
  const [first, ...lines] = readNotes(port, generation, file) ?? [];
  const words = (first ?? '').split(' ');
  if (`${words[0]} ${words[1]}` !== head) return undefined;
  const value = (name: string): string =>
    (words.find((word) => word.startsWith(`${name}=`)) ?? '').slice(name.length + 1);
  return {
    from: value('from') === '-' ? undefined : value('from'),
    to: value('to'),
    lost: Number(value('lost')),
    facts: lines.map(factOfLine).filter((fact): fact is BaseFact => fact !== undefined),
  };
}

function factOfLine(line: string): BaseFact | undefined {
  const [word, path, words = ''] = line.split(' ');
  const kind = kinds.find((one) => one === word);
  return kind === undefined || path === undefined ? undefined : { kind, path: unescaped(path), words };
}

export function writeReport(port: BoardPort, generation: number, report: Report): void {
  writeNotes(port, generation, file, reportLines(report));
}

/** The report as lines, the first one for overlay_init. */
export function reportLines({ from, to, facts, lost }: Report): readonly string[] {
  const kept = facts.slice(0, maxFacts);
  const gone = lost + facts.length - kept.length;
  const waiting = waitingIn(facts);
  return [
    `${head} waiting=${waiting} from=${from ?? '-'} to=${to} lost=${gone}`,
    ...kept.map(({ kind, path, words }) => `${kind} ${escaped(path)}${words === '' ? '' : ` ${words}`}`),
  ];
}

export function waitingIn(facts: readonly BaseFact[]): number {
  return facts.filter(isWaiting).length;
}
