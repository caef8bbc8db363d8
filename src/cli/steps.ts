/**
 * Steps on a terminal: one line each, written when the step is done and never touched again. Where lines can be written
 * over, the line of the step that runs is there already, with the last thing that it said.
 */
import { styleText } from 'node:util';
import type { Tell, Teller } from '../lab/demo/teller.ts';

export interface StepsOptions {
  readonly write: (text: string) => void;
  /** Whether a line can be written over. */
  readonly live: boolean;
  /** Whether titles of steps may be bold. */
  readonly styled: boolean;
  /** Columns of the terminal; a line that is written over must not be wrapped. */
  readonly columns: number;
}

/** Column at which what steps came to begins. */
const textColumn = 39;

const overwrite = '\r\x1b[K';

/** A Teller that writes. A step that throws ends its line with "failed". */
export function stepsTeller(options: StepsOptions): Teller {
  return { step: tell('‣ ', options.styled, options), detail: tell('    ', false, options) };
}

function tell(indent: string, bold: boolean, { write, live, columns }: StepsOptions): Tell {
  return async (title, work) => {
    let last = '';
    const head = indent + title;
    const line = (text: string): string =>
      text === '' ? head : `${head}${' '.repeat(Math.max(2, textColumn - head.length))}${text}`;
    const draw = (text: string): void => {
      last = text;
      if (live) write(`${overwrite}${line(text).slice(0, columns - 1)}`);
    };
    const finish = (text: string): void => {
      const whole = line(text);
      const shown = bold
        ? styleText('bold', head, { validateStream: false }) + whole.slice(head.length)
        : whole;
      write(`${live ? overwrite : ''}${shown}\n`);
    };
    draw('');
    try {
      const value = await work(draw);
      finish(last);
      return value;
    } catch (error) {
      finish('failed');
      throw error;
    }
  };
}
