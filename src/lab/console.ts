/**
 * Console: one terminal line of a virtual board, as text that can be waited for. Machines feed it what the board says and
 * tell it when the board has ended.
 *
 * In: bytes. Out: text with LF line ends, waits that always end. Imports no processes: every machine uses it.
 */
import { StringDecoder } from 'node:string_decoder';
import { Failure } from '../diagnostics/diagnostic.ts';
import type { Deadline } from './boot.ts';

/** How long a wait lasts that states no limit, in milliseconds: a busy machine boots ten times slower than a quiet one. */
export const defaultWaitMs = 60_000;

/** How many lines of the console a diagnostic quotes. */
const quotedLines = 15;

interface Waiter {
  readonly look: () => void;
  readonly ended: () => void;
}

export class Console {
  #text = '';
  #held = '';
  #ended = false;
  readonly #decoder = new StringDecoder('utf8');
  readonly #waiters = new Set<Waiter>();
  readonly #write: (text: string) => void;
  readonly #quoted: () => string;

  /**
   * @param write types text on this line of the board
   * @param quoted what diagnostics quote, where that is not this line's own text: a lab shell's line says nothing of a
   *   panic, the console does
   */
  constructor(write: (text: string) => void, quoted?: () => string) {
    this.#write = write;
    this.#quoted = quoted ?? (() => this.#text);
  }

  /** Everything said so far. */
  get text(): string {
    return this.#text;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Takes in what the board said. Terminals end lines with CR LF, drivers sometimes with CR CR LF. */
  feed(bytes: Uint8Array): void {
    const text = this.#held + this.#decoder.write(Buffer.from(bytes));
    // A line end may be split between two chunks: its CR waits for what follows.
    this.#held = /\r*$/.exec(text)?.[0] ?? '';
    this.#text += text.slice(0, text.length - this.#held.length).replaceAll(/\r+\n/g, '\n');
    for (const waiter of [...this.#waiters]) waiter.look();
  }

  /** The board has ended: whoever still waits is told. */
  end(): void {
    this.#ended = true;
    for (const waiter of [...this.#waiters]) waiter.ended();
  }

  /** Types text as it is; nothing happens when the board has ended. */
  type(text: string): void {
    if (!this.#ended) this.#write(text);
  }

  /**
   * Waits until the text from position `from` on has `pattern`; `what` names it in diagnostics.
   * @throws Failure OVL410 when the deadline passes, OVL411 when the board ends first
   */
  waitFor(
    pattern: RegExp | string,
    deadline: Deadline = {},
    { from = 0, what = `say ${show(pattern)}` }: { readonly from?: number; readonly what?: string } = {},
  ): Promise<RegExpMatchArray> {
    const timeoutMs = deadline.timeoutMs ?? defaultWaitMs;
    const find = (): RegExpMatchArray | null => this.#text.slice(from).match(literal(pattern));
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        deadline.signal?.removeEventListener('abort', aborted);
        act();
      };
      const aborted = (): void => settle(() => reject(deadline.signal?.reason));
      const waiter: Waiter = {
        look: () => {
          const match = find();
          if (match !== null) settle(() => resolve(match));
        },
        ended: () => settle(() => reject(endedFirst(what, this.#quoted()))),
      };
      const timer = setTimeout(
        () => settle(() => reject(tooLate(what, timeoutMs, this.#quoted()))),
        timeoutMs,
      );
      this.#waiters.add(waiter);
      deadline.signal?.addEventListener('abort', aborted);
      if (deadline.signal?.aborted) return aborted();
      waiter.look();
      if (this.#ended && this.#waiters.has(waiter)) waiter.ended();
    });
  }
}

/** A text stands for itself; a `g` or `y` flag would make matching depend on earlier matches. */
function literal(pattern: RegExp | string): RegExp {
  if (typeof pattern === 'string') return new RegExp(pattern.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, ''));
}

function tooLate(what: string, timeoutMs: number, text: string): Failure {
  return new Failure({
    code: 'OVL410',
    severity: 'error',
    message: `the virtual board did not ${what} within ${Math.round(timeoutMs / 100) / 10} s`,
    because: quote(text),
    fix: 'look at the whole console; on a busy machine allow more time',
  });
}

function endedFirst(what: string, text: string): Failure {
  return new Failure({
    code: 'OVL411',
    severity: 'error',
    message: `the virtual board ended before it could ${what}`,
    because: quote(text),
    fix: 'the end of the console tells why it ended',
  });
}

function show(pattern: RegExp | string): string {
  return typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern);
}

function quote(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? 'its console said nothing' : lines.slice(-quotedLines).join('\n');
}
