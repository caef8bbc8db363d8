/** What programs are told by the end of a verb of the running board: its exit code, and its last line. */

/**
 * How the verbs of the running board end. `no`: the question's answer is no (status: something is wrong; sweep and drop: not
 * everything could be deleted). `refused`: not possible as things are, nothing was changed. `incomplete`: the file with the verbs is
 * not there, or is not the one that belongs to this helper; nothing was done. `busy`: refused because another helper is at work.
 * `inMemory`: refused because the changes of this boot are in memory, where there are no generations.
 */
export const verbExit = {
  done: 0,
  no: 1,
  usage: 2,
  refused: 3,
  failed: 4,
  incomplete: 5,
  busy: 6,
  inMemory: 7,
} as const;

/** What the board says with the last of them: what becomes of the changes, and, where it has a storage, how they are kept. */
export const inMemoryWords = {
  forgotten: 'changes are in memory, and a restart forgets them all',
  kept: '"overlay_helper commit PATH" brings those at a path to the storage',
} as const;

/** The last line of `reset` and `confirm`: whether that was so already. For programs; the lines before it are for people. */
export const changedLine = { yes: 'changed: yes', no: 'changed: no' } as const;
