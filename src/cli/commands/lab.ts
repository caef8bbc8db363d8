/** `ovl lab`: a board file, booted in a virtual board. */
import type { Board } from '../../board/schema.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { hardwareFor } from '../../lab/hardware.ts';
import { type Boot, bootBoard, type Machine, machines } from '../../lab/index.ts';
import { ownKernel } from '../../lab/kernel/own.ts';
import type { MountEntry } from '../../lab/mountinfo.ts';
import { prepareBoard } from '../../toolchain/prepare-board.ts';
import { boardArgument, orThrow } from '../board-file.ts';
import type { CommandBody, Context, Input, Outcome } from '../command.ts';
import { attachConsole } from '../lab/attach.ts';
import { followAccount } from '../lab/follow.ts';
import { withRootImage } from '../lab/root-image.ts';
import { tortureBoard, tortureOptions, wantsTorture } from '../lab/torture.ts';
import { usageFailure } from '../usage.ts';

/** Longest time in seconds until init has started; an emulated board on a busy machine needs most of it. */
const defaultTimeout = 120;

/** Longest life of a board that a person works in, in milliseconds. */
const shellLifetime = 24 * 3600 * 1000;

export const lab: CommandBody = {
  examples: [
    {
      line: 'ovl lab my.yaml',
      what: "boot it with the lab's own root; show what overlay_init says, and the mounts",
    },
    { line: "ovl lab my.yaml --run 'cat /proc/mounts'", what: 'boot, run a command, print what it prints' },
    {
      line: 'ovl lab my.yaml --keep flash.img --run "echo hi > /etc/greeting" --cut',
      what: 'keep the storage, cut the power',
    },
    {
      line: 'ovl lab my.yaml --root root.squashfs --shell',
      what: 'boot a root image of yours and work on its console',
    },
    {
      line: 'ovl lab my.yaml --torture --cuts 1000 --seed 7',
      what: 'cut the power a thousand times, and check what is left each time',
    },
    { line: 'ovl lab kernel', what: "build the lab's own kernel, once" },
  ],
  details: `Where no root image is given, the lab makes one with busybox. The bundle of the board file and the mount points are
put into a copy of the image. Storage is blank at every boot unless --keep names a file for it. The machine qemu, which
is the default, has the board's own processor where Debian has a kernel for it (ovl doctor); the others are x86-64.`,
  arguments: [{ ...boardArgument, what: 'a board file, or the word "kernel"' }],
  options: [
    { flags: '--root <IMAGE>', what: 'root image to boot', completion: 'file' },
    { flags: '--machine <MACHINE>', what: 'what plays the board', choices: machines },
    { flags: '--keep <FILE>', what: 'file that keeps the storage from boot to boot', completion: 'file' },
    { flags: '--run <COMMAND>', what: 'run a shell command in the booted board', completion: 'none' },
    { flags: '--shell', what: 'give the console to this terminal; end with Ctrl-D' },
    { flags: '--cut', what: 'cut the power at the end instead of shutting down' },
    {
      flags: '--word <WORD>',
      what: 'word of the kernel command line, such as overlaykit=reset',
      completion: 'none',
    },
    {
      flags: '--timeout <SECONDS>',
      what: `longest time until it has booted; default: ${defaultTimeout}`,
      completion: 'none',
    },
    { flags: '--no-helper', what: 'without overlay_helper' },
    ...tortureOptions,
  ],
  exits: ['no', 'invalid', 'host'],
  run: async (input, context) => {
    if (wantsTorture(input)) return tortureBoard(input, context);
    return input.words[0] === 'kernel' ? buildKernel(context) : bootOnce(input, context, timeoutOf(input));
  },
};

async function buildKernel({ signal, say }: Context): Promise<Outcome> {
  const { vmlinux, version } = await ownKernel({ signal, onProgress: say });
  return { text: `${vmlinux}\n`, data: { kernel: { path: vmlinux, version } }, diagnostics: [] };
}

async function bootOnce(input: Input, context: Context, timeoutMs: number): Promise<Outcome> {
  if (input.flag('shell') && (context.json || input.value('run') !== undefined)) {
    throw usageFailure('OVL005', '--shell goes neither with --run nor with --json', 'ovl lab --help');
  }
  const prepared = orThrow(
    await prepareBoard(input.words[0] ?? '', { withoutHelper: input.flag('no-helper') }),
  );
  const { board } = prepared.value.checked;
  const machine = (input.value('machine') ?? 'qemu') as Machine;
  tellProcessor(board, machine, context);
  return withRootImage(prepared.value, machine, input.value('root'), context, async (rootImage) => {
    const keep = input.value('keep');
    const word = input.value('word');
    const boot = await bootBoard({
      board,
      rootImage,
      machine,
      ...(keep === undefined ? {} : { storageImage: keep }),
      ...(word === undefined ? {} : { cmdline: [word] }),
      lifetimeMs: input.flag('shell') ? shellLifetime : 2 * timeoutMs,
      signal: context.signal,
      onProgress: context.say,
    });
    try {
      return await use(boot, input, context, timeoutMs, prepared.diagnostics);
    } finally {
      await boot.cut();
    }
  });
}

/** What cannot run is the helper, and what is the board's own in an image of the person's. */
function tellProcessor(board: Board, machine: Machine, { say }: Context): void {
  const { arch } = hardwareFor(board, machine);
  if (arch !== board.arch) say(`${board.arch} is played by ${arch}, where its own programs do not run`);
}

/** What the person wants of the running board. */
async function use(
  boot: Boot,
  input: Input,
  context: Context,
  timeoutMs: number,
  diagnostics: readonly Diagnostic[],
): Promise<Outcome> {
  if (input.flag('shell')) {
    await attachConsole(boot, context);
    return { data: {}, diagnostics };
  }
  const command = input.value('run');
  const account = followAccount(
    boot,
    command === undefined ? (line) => context.print(`${line}\n`) : context.say,
  );
  const deadline = { timeoutMs, signal: context.signal };
  const result = await boot.run(command ?? 'true', deadline);
  const mounts = await boot.mountTable(deadline);
  const said = account.stop();
  const ending = input.flag('cut') ? await boot.cut() : await boot.poweroff();
  return {
    text: command === undefined ? `\n${mounts.map(mountLine).join('')}` : result.output,
    data: { account: said, mounts, ending: ending.kind, ...(command === undefined ? {} : { run: result }) },
    diagnostics,
    ...(result.exitCode === 0 ? {} : { exit: 'no' as const }),
  };
}

/** As /proc/mounts has it: the options of the mount, then those of the file system. */
function mountLine({ source, target, fstype, options, superOptions }: MountEntry): string {
  return `${source} ${target} ${fstype} ${[...new Set([...options, ...superOptions])].join(',')}\n`;
}

/** In milliseconds. */
function timeoutOf(input: Input): number {
  const text = input.value('timeout') ?? String(defaultTimeout);
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text) * 1000;
  throw usageFailure('OVL004', `--timeout is "${text}"`, 'a number of seconds, such as 300');
}
