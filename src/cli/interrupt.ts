/** Ctrl-C and its like: the first asks what runs to give back what it holds and end, the second ends at once. */

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How long the end may take until it is said how to have it at once, in milliseconds. */
const patience = 1000;

/** A signal for AbortSignal-aware work, aborted by the first of SIGINT, SIGTERM and SIGHUP. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of signals) {
    process.on(name, () => {
      if (controller.signal.aborted) dieOf(name);
      controller.abort(new Error(`interrupted by ${name}`));
      setTimeout(() => process.stderr.write('ending; the same again ends at once\n'), patience).unref();
    });
  }
  return controller.signal;
}

/** process.exit() waits for reads that never return, of a pipe that nobody writes to for example; the kernel does not. */
function dieOf(name: NodeJS.Signals): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
