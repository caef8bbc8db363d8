/** The command table, in the order of the help. */
import type { CommandEntry } from './command.ts';

export const commands: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: 'writes a commented board file to start from',
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    name: 'check',
    summary: 'finds every problem of a board file',
    load: async () => (await import('./commands/check.ts')).check,
  },
  {
    name: 'plan',
    summary: 'shows what the board will do at boot',
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  {
    name: 'build',
    summary: 'makes overlay_init, the plan, the helper and the bundle',
    load: async () => (await import('./commands/build.ts')).build,
  },
  {
    name: 'image',
    summary: 'puts a bundle into a squashfs or cramfs root image',
    load: async () => (await import('./commands/image.ts')).image,
  },
  {
    name: 'lab',
    summary: 'boots a board file in a virtual board',
    load: async () => (await import('./commands/lab.ts')).lab,
  },
  {
    name: 'probe',
    summary: 'tells what a board has: kernel, flash, mounts, programs',
    load: async () => (await import('./commands/probe.ts')).probe,
  },
  {
    name: 'doctor',
    summary: 'looks whether this machine or a board has what is needed',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'status',
    summary: 'tells how boards run: rung, generation, storage, troubles',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'log',
    summary: 'shows the last boots of boards, with what each step took',
    load: async () => (await import('./commands/log.ts')).log,
  },
  {
    name: 'usage',
    summary: 'says what fills the writable layer of boards',
    load: async () => (await import('./commands/usage.ts')).usage,
  },
  {
    name: 'diff',
    summary: 'lists what the writable layer of boards changes of the base',
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  {
    name: 'bench',
    summary: 'measures what the union costs boards',
    load: async () => (await import('./commands/bench.ts')).bench,
  },
  {
    name: 'pull',
    summary: 'fetches the writable layer of a board as a tar',
    load: async () => (await import('./commands/pull.ts')).pull,
  },
  {
    name: 'push',
    summary: 'makes a folder of this machine a folder of boards',
    load: async () => (await import('./commands/push.ts')).push,
  },
  {
    name: 'snapshot',
    summary: 'copies the running generation of boards into a new one',
    load: async () => (await import('./commands/snapshot.ts')).snapshot,
  },
  {
    name: 'rollback',
    summary: 'lets boards boot the previous generation, or another',
    load: async () => (await import('./commands/rollback.ts')).rollback,
  },
  {
    name: 'reset',
    summary: 'lets boards forget all changes, or those at a path',
    load: async () => (await import('./commands/reset.ts')).reset,
  },
  {
    name: 'restart',
    summary: 'restarts boards, and waits until they are back',
    load: async () => (await import('./commands/restart.ts')).restart,
  },
  {
    name: 'confirm',
    summary: 'says that the running boot of boards is a good one',
    load: async () => (await import('./commands/confirm.ts')).confirm,
  },
  {
    name: 'commit',
    summary: 'keeps changes that a board has in memory',
    load: async () => (await import('./commands/commit.ts')).commit,
  },
  {
    name: 'deploy',
    summary: 'puts a bundle on a board over SSH, and sees that it boots',
    load: async () => (await import('./commands/deploy.ts')).deploy,
  },
  {
    name: 'try',
    summary: 'runs a command in a union beside the running root of a board',
    load: async () => (await import('./commands/try.ts')).tryCommand,
  },
  {
    name: 'shell',
    summary: 'opens a shell on a board, or runs one command there',
    load: async () => (await import('./commands/shell.ts')).shell,
  },
  {
    name: 'inspect',
    summary: 'shows what is in a bundle, after verifying it',
    load: async () => (await import('./commands/inspect.ts')).inspect,
  },
  {
    name: 'explain',
    summary: 'tells more about a diagnostic, a board key or a step',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    name: 'schema',
    summary: 'prints the JSON Schema of board files',
    load: async () => (await import('./commands/schema.ts')).schema,
  },
  {
    name: 'completion',
    summary: 'prints the completion script of a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
];
