import type { CodeEntry } from './entry.ts';

/** OVL7xx: Deployments. */
export const deployCodes = {
  OVL700: {
    title: 'a deployment stopped before the switch',
    explanation: `Until the switch everything is written beside what boots, so the board is as it was, and its next boot too. "because"
says what went wrong: the connection, the room, a digest. The same ovl deploy again goes on from the files that are on
the board already.`,
  },
  OVL701: {
    title: 'a deployment was not confirmed',
    explanation: `The board was told to restart with the new release, and then did not answer in time, or could not be asked. If it runs
the new release, the same ovl deploy confirms it. If it does not come back, restart it: a release that was tried once
and not confirmed gives way to the one before it, by itself. With a root image there is no such release before it;
then the boot loader's old line, which is kept in its configuration, is what to go back to.`,
  },
  OVL702: {
    title: 'the board went back to what it ran before',
    explanation: `The new release booted, and the board did not run as its plan says: it had gone back by itself already, or it stood on
another rung of the ladder and was restarted. It runs the old release now, as before the deployment. The kernel log of
the boot that failed is gone with it; boot the same plan in the lab, or deploy with a console at hand.`,
  },
  OVL703: {
    title: 'the connection went while the switch was written',
    explanation: `The switch is one rename, or one write of the boot loader's environment. It happened or it did not; either way what
boots is whole. Run the same ovl deploy again: it sees which of the two it is and finishes.`,
  },
  OVL704: {
    title: 'a step of a deployment failed on the board',
    explanation: `A command on the board ended with an error, or the board has not what was sent to it. The message names the step, and
"because" quotes the board. Read-only file systems, full disks and failing flash look like this.`,
  },
  OVL705: {
    title: 'tidying up after a deployment failed',
    explanation: `The new release runs and is confirmed; only deleting older ones, or mounting the root read-only again, did not work.
Nothing depends on it. The same ovl deploy again does what is left.`,
  },
  OVL706: {
    title: 'a deployment stopped after the boot loader was told',
    explanation: `A step failed after the boot loader's configuration had been changed, and before the board restarted: update-grub, a
variable of U-Boot's environment, the restart itself. The old line was put back, so the next boot is the one before, and
the running system was not touched. "because" has the step that failed; the same ovl deploy again goes on.`,
  },
  OVL730: {
    title: 'overlay_helper failed while it changed the board',
    explanation: `It had begun to change the state of the storage. Each of its changes ends with one write, so the board has the old state or
the new one, and both boot; what is half made is deleted by the next sweep. "because" has its last words: flash that is full
or worn out, most often. "ovl status" tells which state it is, and the same command can be given again.`,
  },
  OVL731: {
    title: 'a board was not seen to restart',
    explanation: `It was told to restart, and then did not end the connection, did not answer within --wait, or answered as the boot that ran
before. "because" says which. What was asked for the next boot is still asked for, and each of its boots is whole. Where the
board answers, "ovl status" says which boot it is; where it does not, its console does. A board that needs longer to boot
than --wait is not lost: the same command waits for another restart, "ovl status" does not.`,
  },
} as const satisfies Record<string, CodeEntry>;
