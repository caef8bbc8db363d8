/** A line of the boot ledger, taken apart: which boot, on which rung, and how long each step took. */

export interface BootLine {
  /** Number of the boot; undefined where the line does not say. */
  readonly seq: number | undefined;
  readonly rung: string;
  readonly generation: string;
  /** Steps in their order. */
  readonly steps: readonly BootStep[];
  /** Why rungs above were given up; empty where none was. */
  readonly reasons: string;
  /** What was wrong without costing a rung; empty where nothing was. */
  readonly notes: string;
  readonly repaired: string;
}

export interface BootStep {
  readonly name: string;
  /** Milliseconds since the kernel started. */
  readonly beganMs: number;
  /** Until the next step began; undefined for the last one. */
  readonly tookMs: number | undefined;
}

const form =
  /^(?:seq=(\d{1,9}) )?rung=(\S+) generation=(\S+) stamps:((?: \S+=\d+(?:\.\d+)?)*) reasons: \[(.*)$/;

/** Undefined for a line of another form: it is shown as it is. */
export function parseBootLine(line: string): BootLine | undefined {
  const match = form.exec(line);
  if (match === null) return undefined;
  const [, seq, rung = '', generation = '', stamps = '', rest = ''] = match;
  const began = stamps
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const at = word.lastIndexOf('=');
      return { name: word.slice(0, at), beganMs: Math.round(Number(word.slice(at + 1)) * 1000) };
    });
  return {
    seq: seq === undefined ? undefined : Number(seq),
    rung,
    generation,
    steps: began.map((step, index) => {
      const next = began[index + 1];
      return { ...step, tookMs: next === undefined ? undefined : next.beganMs - step.beganMs };
    }),
    ...afterwards(rest),
  };
}

/** The end of a long line may be missing. */
function afterwards(rest: string): Pick<BootLine, 'reasons' | 'notes' | 'repaired'> {
  const [reasons = '', noted] = rest.split(/\] notes: \[(.*)$/, 2);
  const { inside, after } = closed(noted ?? reasons);
  if (noted === undefined) return { reasons: inside, notes: '', repaired: after };
  return { reasons, notes: inside, repaired: after };
}

function closed(text: string): { readonly inside: string; readonly after: string } {
  const end = text.lastIndexOf(']');
  if (end === -1) return { inside: text, after: '' };
  return { inside: text.slice(0, end), after: text.slice(end + 1).trim() };
}

/** A failure of a verb that overlay_init ran: the number of the state then, and what was said of it. */
export interface KeptTrouble {
  readonly seq: number | undefined;
  readonly text: string;
}

/** What a line says that the helper has kept; one of another form is all text. */
export function parseKept(line: string): KeptTrouble {
  const match = /^seq=(\d{1,9}|-) (.*)$/.exec(line);
  if (match === null) return { seq: undefined, text: line };
  const [, seq = '-', text = ''] = match;
  return { seq: seq === '-' ? undefined : Number(seq), text };
}
