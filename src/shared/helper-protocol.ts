/** What overlay_init and overlay_helper say to each other. Read by the renderer and by the helper. */

/** Paths on the board (DESIGN.md section 0). */
export const boardPaths = {
  overlayInit: '/sbin/overlay_init',
  helper: '/sbin/overlay_helper',
  /** Beside the helper, whatever that is called: its own name and `verbsSuffix`. */
  verbs: '/sbin/overlay_helper.verbs',
  configDir: '/etc/overlaykit',
  plan: '/etc/overlaykit/plan.json',
  manifest: '/etc/overlaykit/manifest.json',
  base: '/etc/overlaykit/base',
  storage: '/overlay',
  oldRoot: '/rom',
  runDir: '/run/overlaykit',
  status: '/run/overlaykit/status.json',
  login: '/etc/profile.d/overlaykit.sh',
  /** Where the root can be written: one directory for each deployment (docs/decisions/0016). */
  releases: '/etc/overlaykit/releases',
} as const;

/** Types of root that can be mounted for writing, so that deployments go into it file by file. */
export const writableRoots: readonly string[] = ['ext4'];

/** The overlay_init that belongs to a plan: of a release the one beside it. */
export function overlayInitOf(plan: string): string {
  if (!plan.startsWith(`${boardPaths.releases}/`)) return boardPaths.overlayInit;
  return `${plan.slice(0, plan.lastIndexOf('/'))}/overlay_init`;
}

/**
 * `overlay_helper verify PLAN RUNG` runs as a child and exits with `fit` when the merged root can be entered, `unfit` when
 * it cannot (reason on stderr), anything else when the helper itself is broken. `fit` is not 0: a shell takes an empty or a
 * text file for a script, and an empty script exits with 0.
 */
export const verifyExit = { fit: 101, unfit: 102 } as const;

/**
 * `overlay_helper boot BOARD DIGEST RUNG OUTCOME STEP...` does a whole plain boot as a child of overlay_init
 * (docs/decisions/0023), and exits with `done` inside the merged root, or with `left` when everything is as it found it; anything
 * else means that overlay_init has to look. It refuses to do anything without this word in its environment.
 */
export const bootExit = { done: 103, left: 104 } as const;
export const bootWord = 'OVERLAYKIT_BOOT=yes';
/** What overlay_init finds in its environment when it is executed for what comes after a plain boot. */
export const laterWord = 'OVERLAYKIT_LATER=yes';

/** What `boot` leaves in /run/overlaykit for overlay_init. */
export const bootNotes = {
  /** The seq of the state in which this boot is counted; written before it. */
  counted: 'counted',
  /** "SEQ GENERATION FIRST_FREE" of the boot, for what comes after it. */
  plain: 'plain',
} as const;

/**
 * `overlay_helper enter PLAN RUNG [WORD...]` is executed in place of the script once `verify` has succeeded. It moves the
 * carried mounts, pivots or changes root, and executes init with the words that the kernel gave overlay_init. If it
 * cannot, it undoes what it did and executes overlay_init again with these two in the environment, so that the script
 * enters by the board's own applets.
 */
export const helperFailure = { reason: 'OVERLAYKIT_HELPER_FAILED', rung: 'OVERLAYKIT_RUNG' } as const;

/** Words of the environment in which overlay_init remembers what it did before `enter`; the helper hands them back as they are. */
export const rememberedWords = [
  'OVERLAYKIT_SO_FAR',
  'OVERLAYKIT_REASONS',
  'OVERLAYKIT_NOTES',
  'OVERLAYKIT_JOB',
] as const;

/** What overlay_init writes behind a file system that it is making, in bytes before the end of the device. */
export const storageMark = { text: 'overlaykit is making a storage here', beforeEnd: 4096 } as const;

/**
 * The verbs that overlay_init waits for, and the one that says which helper this is. They have a script of their own in the
 * program, so that a boot does not load what only a running board needs.
 */
export const bootVerbs = ['boot', 'verify', 'enter', 'version'] as const;

/** What the file with the verbs of the running board is called, behind the name of the program (docs/decisions/0024). */
export const verbsSuffix = '.verbs';

/** Words of the environment that start with this are between script and helper; the helper keeps them from init. */
export const privateWordPrefix = 'OVERLAYKIT_';
