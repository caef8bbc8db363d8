/** What each kind of step is for, as `ovl explain STEP` prints it. */
import type { StepKind } from '../shared/step.ts';

export interface StepExplanation {
  readonly title: string;
  readonly explanation: string;
}

export const stepExplanations: Readonly<Record<StepKind, StepExplanation>> = {
  mount: {
    title: 'mounts a file system',
    explanation: `Options are always given in full, because the kernel's defaults differ from one kernel configuration to the next: a
union that was made with another redirect_dir or index setting is read differently afterwards. A step that says "unless
mounted" leaves alone what the kernel or an initramfs has mounted there already. When a mount of a rung fails, the rung's
mounts are undone and the next rung of the ladder is tried. A storage that cannot be mounted is left as it is, unless it is blank
and the board has its mkfs, or the board has the program that repairs it (storage.repair); \`overlay_helper storage\` says what
is in it and what can be done.`,
  },
  'make-dirs': {
    title: 'makes directories',
    explanation: `Those that exist stay as they are. upperdir and workdir of a union lie on one file system, as overlayfs demands, because
it prepares files in workdir and renames them into upperdir.`,
  },
  'load-module': {
    title: 'loads a kernel module',
    explanation: `Modules of kernel.modules, in the order of the board file. A module that is built into the kernel, or loaded already, is
no failure.`,
  },
  'find-storage': {
    title: 'waits for the storage device and checks that it is the right one',
    explanation: `Waits at most as long as storage.wait says, because cards and USB sticks appear seconds after the kernel has started.
Then name, size and erase block are held against the board file before anything is mounted: an MTD number that has moved
would otherwise put the writable layer over another partition. Nothing is ever erased in this step.`,
  },
  'choose-committed': {
    title: 'names the generation that a union in memory is laid over',
    explanation: `A board whose ladder begins in memory keeps what "overlay_helper commit" has brought to its storage: the active
generation is a further read-only layer, between memory and the base. The storage is mounted read-only, so nothing is
counted and nothing written. Where nothing was committed yet, or the storage cannot be mounted, the next rung is in memory
over the base alone, and says so.`,
  },
  'choose-generation': {
    title: 'chooses the upper that boots, and does the factory reset that was asked for',
    explanation: `Runs after the storage is mounted and before the union is: changing the upperdir of a mounted overlayfs is undefined.
Reads the state in overlaykit/state.a and state.b on the storage, counts this boot as one that nobody has confirmed yet,
and makes that durable before anything of the generation is used. A generation that was not confirmed in as many boots as
generations.attempts says is given up, and the previous one comes back. A factory reset is asked for by a file on the
storage or by a word on the kernel command line; it makes a new, empty generation, and old ones are deleted afterwards.`,
  },
  'ask-uboot-env': {
    title: "looks whether U-Boot's environment asks for a factory reset",
    explanation: `Runs the board's fw_printenv. Where the variable has the value that reset.uboot_env names, the next step does the reset,
and fw_setenv deletes the variable once the reset is durable. Where that fails, a file on the storage remembers that this
request was served: an environment that cannot be written must not reset the board at every boot. The step never fails.`,
  },
  'ask-button': {
    title: 'looks whether a button that is held asks for a factory reset',
    explanation: `Reads one GPIO line, once; nothing is waited for while the button is not pressed. A pressed one has to stay so for
reset.gpio.hold. A button that has asked for the last reset asks for nothing until a boot has seen it released: a stuck one
would reset the board at every boot. The step never fails.`,
  },
  'bring-identity': {
    title: 'brings what makes this board into the generation that boots',
    explanation: `Host keys, certificates and the like are kept in overlaykit/identity on the storage, apart from the uppers. When another
generation boots than the one that had them last (after a reset, a rollback, a try), they replace what its upper has at
their paths, before the union is mounted. A usual boot compares one line and does nothing. What could not be brought is
said, and tried again at the next boot; the step never fails.`,
  },
  'check-base': {
    title: 'compares the base image with the one that the upper was made on',
    explanation: `\`ovl image\` writes the image's identity into it, and the boot notes it beside each upper. Where they are the same, this is
all that happens. After an upgrade overlay_helper cleans the upper before it is mounted: whiteouts of files that the new
image does not have, file handles and data of the old image that overlayfs would take for those of the new one. Nothing
that somebody has written goes. What an edited file hides of the new image is in \`overlay_helper base\`, and base.on_change
of the board file says whether the changes go on being used.`,
  },
  verify: {
    title: 'checks the merged root before it becomes /',
    explanation: `The right file system is mounted there, a file can be written, and init is there and can be executed. overlayfs mounts
read-only, without an error, where its storage cannot be used for writing; this is where it is found out.`,
  },
};
