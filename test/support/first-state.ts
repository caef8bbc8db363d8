/** The line of a state slot, for storages that a test makes itself. */
import { type State, stateLine } from '../../src/shared/state.ts';

/** The state of a board with one generation, which is confirmed; with what the test has otherwise. */
export function firstState(change: Partial<State> = {}): string {
  return stateLine({
    ...{ seq: 1, active: 1, previous: undefined, trying: undefined, attempts: 0, next: 2, reset: undefined },
    ...change,
  });
}
