/** Teller: whoever the demo tells what it does. The terminal is one; a test may be another. */

/** Takes what a step has to say of itself; the last that it says is what it came to. */
export type Say = (text: string) => void;

/** Runs a piece of work under a title, and gives back what the work does. */
export type Tell = <T>(title: string, work: (say: Say) => Promise<T>) => Promise<T>;

export interface Teller {
  readonly step: Tell;
  /** A part of the step before it. */
  readonly detail: Tell;
}
