/** What is kept apart from the uppers, and the step that brings it into the one that boots. */
import type { Board } from '../board/schema.ts';
import type { Step, StoredIdentity } from '../shared/step.ts';

/** What the board lists, without what a reset makes new: that is never stored. */
export function storedIdentity({ identity }: Board): readonly StoredIdentity[] {
  return identity.flatMap(({ path, policy }) => (policy === 'new' ? [] : [{ path, policy }]));
}

/** None where nothing is stored. */
export function identitySteps(board: Board): readonly Step[] {
  const identity = storedIdentity(board);
  return identity.length === 0 ? [] : [{ kind: 'bring-identity', identity }];
}
