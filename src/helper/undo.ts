/** What was done, and how each of it is undone: a failed entry leaves everything as it was. */
import type { Port } from './port.ts';
import { reason } from './trouble.ts';

interface Done {
  readonly what: string;
  readonly undo: () => void;
}

export interface Undo {
  /** Does something and remembers how to undo it; what the action throws passes through, with nothing remembered. */
  step(what: string, action: () => void, undo: () => void): void;
  /** Undoes everything, last first. What cannot be undone is said, and the rest goes on; whether all of it could be. */
  rollBack(): boolean;
}

export function undoList(port: Port): Undo {
  const done: Done[] = [];
  return {
    step(what, action, undo) {
      action();
      done.push({ what, undo });
    },
    rollBack() {
      let all = true;
      for (let last = done.pop(); last !== undefined; last = done.pop()) {
        try {
          last.undo();
        } catch (error) {
          all = false;
          port.log(3, reason(`overlay_helper: enter: cannot undo "${last.what}"`, error));
        }
      }
      return all;
    },
  };
}
