/** One line about what is being sent, with rate and remaining time: redrawn on a terminal, absent elsewhere. */

import type { Progress } from '../deploy/steps/step.ts';
import { size } from '../deploy/words.ts';
import type { Context } from './command.ts';

export interface TransferLine {
  readonly show: (progress: Progress) => void;
  /** Takes the line away before something else is said. */
  readonly clear: () => void;
}

const betweenMs = 200;

export function transferLine(context: Pick<Context, 'json' | 'interactive'>): TransferLine {
  if (!context.interactive) return { show: () => {}, clear: () => {} };
  let began: { readonly what: string; readonly at: number } | undefined;
  let drawn = 0;
  return {
    show: (progress) => {
      const now = Date.now();
      if (began?.what !== progress.what) began = { what: progress.what, at: now };
      if (now - drawn < betweenMs && progress.sent < progress.total) return;
      drawn = now;
      process.stderr.write(`\r\x1b[K    ${transferWords(progress, now - began.at)}`);
    },
    clear: () => {
      if (drawn > 0) process.stderr.write('\r\x1b[K');
      drawn = 0;
    },
  };
}

/** @param elapsed milliseconds since its first byte */
export function transferWords({ what, sent, total }: Progress, elapsed: number): string {
  const percent = total === 0 ? 100 : Math.floor((100 * sent) / total);
  const rate = elapsed <= 0 ? 0 : (sent * 1000) / elapsed;
  const speed = rate === 0 ? '' : `  ${size(Math.round(rate))}/s`;
  const left = rate === 0 || sent >= total ? '' : `  ${Math.ceil((total - sent) / rate)} s left`;
  return `${what} ${percent} %  ${size(sent)} of ${size(total)}${speed}${left}`;
}
