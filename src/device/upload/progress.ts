/** How far an upload is. */
export interface Progress {
  readonly bytes: number;
  readonly total: number;
  /** Bytes a second, over the last few seconds. */
  readonly rate: number;
  readonly remainingMs: number;
}

const windowMs = 3_000;

/** A counter: give it what was sent, it tells how it goes on. */
export function counting(total: number, report: (progress: Progress) => void): (bytes: number) => void {
  const marks: { readonly at: number; readonly bytes: number }[] = [{ at: performance.now(), bytes: 0 }];
  let sent = 0;
  return (bytes) => {
    sent += bytes;
    const at = performance.now();
    marks.push({ at, bytes: sent });
    while (marks.length > 2 && at - (marks[1]?.at ?? at) > windowMs) marks.shift();
    const first = marks[0] ?? { at, bytes: 0 };
    const rate = ((sent - first.bytes) / Math.max(1, at - first.at)) * 1000;
    report({ bytes: sent, total, rate, remainingMs: rate === 0 ? 0 : ((total - sent) / rate) * 1000 });
  };
}
