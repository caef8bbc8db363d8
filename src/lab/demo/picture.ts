/**
 * The picture at the end of the demo: layers from top to bottom, time from left to right, in each field what that layer
 * had in the file. An arrow leads to the layer that the merged root took it from. Pure.
 */
import type { Moment, Story } from './story.ts';

/** Columns of a field, without its borders. */
const fieldWidth = 11;
const labelWidth = 20;

export function picture({ board, file, layers, moments }: Story): string {
  const row = (label: string, cell: (moment: Moment) => string): string =>
    `${label.padEnd(labelWidth)}│${moments.map((moment) => field(cell(moment))).join('│')}│`;
  const border = (
    left: string,
    between: string,
    right: string,
    cell: (moment: Moment) => string = () => line,
  ): string => `${' '.repeat(labelWidth)}${left}${moments.map(cell).join(between)}${right}`;
  return [
    `${file} on ${board}`,
    '',
    `${' '.repeat(labelWidth + 1)}${moments.map(({ title }) => field(title)).join(' ')}`.trimEnd(),
    border('┌', '┬', '┐'),
    row('/', ({ merged }) => merged ?? '-'),
    row(`  ${layers.merged}`, () => arrowHead),
    border('├', '┼', '┤', () => through),
    row('/overlay', (moment) => (fromBase(moment) ? shaft : (moment.storage ?? '-'))),
    row(`  ${layers.storage}`, (moment) => (fromBase(moment) ? shaft : '')),
    border('├', '┼', '┤', (moment) => (fromBase(moment) ? through : line)),
    row('/rom', ({ base }) => base ?? '-'),
    row(`  ${layers.base}`, () => ''),
    border('└', '┴', '┘'),
  ].join('\n');
}

/** Whether the merged root shows the read-only root's file. */
function fromBase({ storage }: Moment): boolean {
  return storage === undefined;
}

const line = '─'.repeat(fieldWidth);
const middle = Math.floor(fieldWidth / 2);
const through = `${'─'.repeat(middle)}│${'─'.repeat(fieldWidth - middle - 1)}`;
const shaft = `${' '.repeat(middle - 1)}│`;
const arrowHead = `${' '.repeat(middle - 1)}▲`;

function field(text: string): string {
  return ` ${text}`.padEnd(fieldWidth).slice(0, fieldWidth);
}
