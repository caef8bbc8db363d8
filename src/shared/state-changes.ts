/** What becomes of the state (docs/decisions/0005) when generations are tried, confirmed, rolled back to, or dropped. */
import type { State } from './state.ts';

/** A generation to boot instead of the active one until it is confirmed. */
export function tried(state: State, number: number): State {
  return { ...state, trying: number, attempts: 0 };
}

/** One more boot that nobody has confirmed yet, as it is written: the seq is the one of the new state. */
export function attempted(state: State): State {
  return { ...state, seq: state.seq + 1, attempts: state.attempts + 1 };
}

/** A good boot of this generation. */
export function confirmed(state: State, booted: number): State {
  if (state.trying !== booted) return { ...state, attempts: 0 };
  return {
    ...state,
    active: booted,
    previous: state.active === booted ? state.previous : state.active,
    trying: undefined,
    attempts: 0,
  };
}

/** Another generation becomes the active one; the one that was becomes the one to go back to. */
export function rolledBack(state: State, number: number): State {
  return {
    ...state,
    active: number,
    previous: state.active === number ? state.previous : state.active,
    trying: undefined,
    attempts: 0,
  };
}

/** A later copy of the same changes becomes the active generation, and the copies before it are needed no more. */
export function adopted(state: State, number: number): State {
  return { ...state, active: number, previous: undefined, trying: undefined, attempts: 0 };
}

/** The active generation boots again, and what was tried is forgotten. */
export function untried(state: State): State {
  return { ...state, trying: undefined, attempts: 0 };
}

/** A generation that is neither active nor tried is about to be deleted. */
export function dropped(state: State, number: number): State {
  return state.previous === number ? { ...state, previous: undefined } : state;
}

/** Takes a number that was never used. */
export function numbered(state: State, number: number): State {
  return { ...state, next: number + 1 };
}
