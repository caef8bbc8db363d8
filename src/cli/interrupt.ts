/** Ctrl-C and its like: the first asks what runs to give back what it holds and end, the second ends at once. */
import { constants } from 'node:os';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A signal for AbortSignal-aware work, aborted by the first of SIGINT, SIGTERM and SIGHUP. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of signals) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
      controller.abort(new Error(`interrupted by ${name}`));
    });
  }
  return controller.signal;
}
