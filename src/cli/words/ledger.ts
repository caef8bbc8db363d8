/** The boot ledger for people: a line for each boot, and one for each of its steps. Pure. */
import { type BootLine, parseBootLine } from '../../device/helper/ledger.ts';
import { visible } from '../../diagnostics/escape.ts';

/** @param lines of the ledger, the last boot last */
export function ledgerWords(lines: readonly string[]): string {
  if (lines.length === 0) return 'no boot is recorded\n';
  return lines
    .map((line) => {
      const boot = parseBootLine(line);
      return boot === undefined ? `${visible(line)}\n` : bootWords(boot);
    })
    .join('');
}

function bootWords({ seq, rung, generation, steps, reasons, repaired }: BootLine): string {
  const head = [
    `boot ${seq ?? '-'}: rung ${rung}`,
    ...(generation === '-' ? [] : [`generation ${generation}`]),
    ...(steps.length === 0 ? [] : [tookWords(steps)]),
  ].join(', ');
  const body = [
    ...steps.map(
      ({ name, beganMs, tookMs }) =>
        `  step ${name.padEnd(4)} at ${seconds(beganMs)}${tookMs === undefined ? '' : `  took ${seconds(tookMs)}`}`,
    ),
    ...(reasons === '' ? [] : [`  given up: ${reasons}`]),
    ...(repaired === '' ? [] : [`  repaired: ${repaired}`]),
  ];
  return [head, ...body].map((line) => `${visible(line)}\n`).join('');
}

/** From the first step to the beginning of the last one; what comes after it is not stamped. */
function tookWords(steps: BootLine['steps']): string {
  const [first, last] = [steps[0]?.beganMs ?? 0, steps.at(-1)?.beganMs ?? 0];
  return `${steps.length} steps in ${seconds(last - first).trim()}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2).padStart(7)} s`;
}
