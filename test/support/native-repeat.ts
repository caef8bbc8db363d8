/**
 * A script for the helper's engine in place of the helper: makes each call that a file lists many times over, and prints how
 * the process has grown, in pages. Bundled and linked by the tests; it runs in QuickJS, not in Node.
 */
declare const sys: Readonly<Record<string, unknown>> & {
  args(): readonly string[];
  readFile(path: string, maxBytes: number): string;
  readJson(
    path: string,
    maxBytes: number,
    maxDepth: number,
  ): readonly (readonly [number, string, ...unknown[]])[];
  write(fd: 1 | 2, bytes: string): boolean;
  exit(code: number): void;
};

const [, list = ''] = sys.args();

for (const [times, name, ...values] of sys.readJson(list, 1024 * 1024, 10)) {
  // What is taken once, by the first calls of all, is no growth.
  repeat(20, name, values);
  const before = pages();
  repeat(times, name, values);
  sys.write(1, `${name} ${pages() - before}\n`);
}
sys.exit(0);

function repeat(times: number, name: string, values: readonly unknown[]): void {
  const call = sys[name] as (...values: readonly unknown[]) => unknown;
  for (let time = 0; time < times; time++) {
    try {
      const result = call(...values);
      // A descriptor that was opened is closed, or there would soon be no more.
      if (typeof result === 'number' && name.startsWith('open')) (sys.close as (fd: number) => void)(result);
    } catch {}
  }
}

/** Pages in memory: the second number of /proc/self/statm. */
function pages(): number {
  return Number(sys.readFile('/proc/self/statm', 1000).split(' ')[1]);
}
