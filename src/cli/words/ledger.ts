/** The boot ledger for people: a line for each boot, one for each of its steps, and what went wrong in it. Pure. */
import { type BootLine, type KeptTrouble, parseBootLine, parseKept } from '../../device/helper/ledger.ts';
import { visible } from '../../diagnostics/escape.ts';

/**
 * @param lines of the ledger, the last boot last
 * @param kept lines about verbs that failed in these boots
 * @param labels of the running boot's steps, by their numbers; boots before it may have had another plan
 */
export function ledgerWords(
  lines: readonly string[],
  kept: readonly string[],
  labels: ReadonlyMap<string, string> = new Map(),
): string {
  const troubles = kept.map(parseKept);
  const boots = lines.map((line) => ({ line, boot: parseBootLine(line) }));
  const seqs = boots.flatMap(({ boot }) => (boot?.seq === undefined ? [] : [boot.seq]));
  if (lines.length === 0 && kept.length === 0) return 'no boot is recorded\n';
  const labelsOf = (index: number): ReadonlyMap<string, string> =>
    index === boots.length - 1 ? labels : new Map();
  const words = boots.flatMap(({ line, boot }, index) =>
    boot === undefined
      ? [line]
      : [...bootWords(boot, labelsOf(index)), ...troublesOf(boot.seq, seqs, troubles).map(troubleWords)],
  );
  const others = troubles.filter(({ seq }) => bootOf(seq, seqs) === undefined);
  return [...others.map((one) => `in another boot:${troubleWords(one)}`), ...words]
    .map((line) => `${visible(line)}\n`)
    .join('');
}

function troublesOf(
  seq: number | undefined,
  seqs: readonly number[],
  troubles: readonly KeptTrouble[],
): readonly KeptTrouble[] {
  return seq === undefined ? [] : troubles.filter((one) => bootOf(one.seq, seqs) === seq);
}

/** The state is written again while a board runs: a failure belongs to the last boot that began before it. */
function bootOf(seq: number | undefined, seqs: readonly number[]): number | undefined {
  const before = seqs.filter((one) => seq !== undefined && one <= seq);
  return before.length === 0 ? undefined : Math.max(...before);
}

function troubleWords({ text }: KeptTrouble): string {
  return `  failed: ${text}`;
}

function bootWords(
  { seq, rung, generation, steps, reasons, notes, repaired }: BootLine,
  labels: ReadonlyMap<string, string>,
): readonly string[] {
  const head = [
    `boot ${seq ?? '-'}: rung ${rung}`,
    ...(generation === '-' ? [] : [`generation ${generation}`]),
    ...(steps.length === 0 ? [] : [tookWords(steps)]),
  ].join(', ');
  return [
    head,
    ...steps.map(
      ({ name, beganMs, tookMs }) =>
        `  step ${name.padEnd(4)} at ${seconds(beganMs)}${tookWord(tookMs, labels.has(name))}${labelWord(labels.get(name))}`,
    ),
    ...(reasons === '' ? [] : [`  given up: ${reasons}`]),
    ...(notes === '' ? [] : [`  trouble: ${notes}`]),
    ...(repaired === '' ? [] : [`  repaired: ${repaired}`]),
  ];
}

/** As wide in every line that has something behind it. */
function tookWord(tookMs: number | undefined, padded: boolean): string {
  if (tookMs !== undefined) return `  took ${seconds(tookMs)}`;
  return padded ? ' '.repeat('  took 0000.00 s'.length + 1) : '';
}

/** As much of what the step does as a line holds. */
function labelWord(label: string | undefined): string {
  if (label === undefined) return '';
  return `  ${label.length > 72 ? `${label.slice(0, 69)}...` : label}`;
}

/** From the first step to the beginning of the last one; what comes after it is not stamped. */
function tookWords(steps: BootLine['steps']): string {
  const [first, last] = [steps[0]?.beganMs ?? 0, steps.at(-1)?.beganMs ?? 0];
  return `${steps.length} steps in ${seconds(last - first).trim()}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2).padStart(7)} s`;
}
