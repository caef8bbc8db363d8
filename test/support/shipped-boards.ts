/** Shipped boards as a user gets them: planned, bundled, put into a root image, booted in the lab. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { bundleRequest, installBundle } from '../../src/image/index.ts';
import { hardwareFor } from '../../src/lab/hardware.ts';
import { type Boot, type BootRequest, bootBoard } from '../../src/lab/index.ts';
import type { MountEntry } from '../../src/lab/mountinfo.ts';
import { type BusyboxRootOptions, busyboxRoot } from '../../src/lab/roots/busybox.ts';
import { repairProgram } from '../../src/lab/roots/repair-program.ts';
import { type GivenMount, type SimulatedMount, simulate } from '../../src/plan/simulate.ts';
import type { MountPlan, RungName } from '../../src/shared/plan.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { bundleBoard } from '../../src/toolchain/bundle-board.ts';
import { type PreparedBoard, prepareBoard } from '../../src/toolchain/prepare-board.ts';
import { testWith } from './needs.ts';

export const work = mkdtempSync(join(tmpdir(), 'ovl-test-boards-'));
// What boards leave behind lies where no other test looks.
process.env.TMPDIR = join(work, 'tmp');
mkdirSync(process.env.TMPDIR);
test.after.always(() => rm(work, { recursive: true, force: true }));

/** What Debian's kernel in QEMU needs, to be had and to boot. */
export const vmTools = [
  ...(['qemu-system-x86_64', 'setpriv', 'sqfstar', 'busybox', 'depmod'] as const),
  ...(['dpkg-deb', 'apt-get', 'xz', 'musl-gcc'] as const),
] as const;

/** Tests that boot Debian's kernel in QEMU. */
export const vm = testWith(...vmTools);

/** What the lab's own kernel needs, to be built and to boot. */
export const ownKernelTools = [
  ...([
    'qemu-system-x86_64',
    'setpriv',
    'sqfstar',
    'mkfs.cramfs',
    'fakeroot',
    'busybox',
    'musl-gcc',
  ] as const),
  ...(['dpkg-deb', 'apt-get', 'make', 'gcc', 'ld', 'flex', 'bison', 'bc', 'xz'] as const),
] as const;

/** Tests that boot the lab's own kernel; it is built where it is not cached yet, which takes minutes. */
export const vmOwnKernel = testWith(...ownKernelTools);

/** A board with its image, ready to boot. */
export interface Ready {
  readonly prepared: PreparedBoard;
  readonly image: string;
}

export interface Making {
  /** Text of another board file instead of the shipped one. */
  readonly text?: string;
  readonly root?: Partial<BusyboxRootOptions>;
  readonly withoutHelper?: boolean;
  /** A root image made elsewhere, instead of the lab's busybox root. */
  readonly rootImage?: string;
}

export function boardFile(name: string): string {
  return join(packageRoot(), 'board-configs', `${name}.yaml`);
}

/** Text of a shipped board file, changed. Every change has to apply. */
export async function changedBoard(
  name: string,
  ...changes: readonly (readonly [string, string])[]
): Promise<string> {
  let text = await readFile(boardFile(name), 'utf8');
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${name} has no ${JSON.stringify(from)}`);
    text = text.replace(from, to);
  }
  return text;
}

/** Plans a board file, makes its bundle, and puts it into a root image of the type that the board names. */
export async function ready(
  path: string,
  { root = {}, withoutHelper = false, rootImage }: Making = {},
): Promise<Ready> {
  const prepared = unwrap(await prepareBoard(path, { withoutHelper }));
  const bundle = await bundleBoard(prepared);
  const folder = await mkdtemp(join(work, 'image-'));
  const type = prepared.plan.root.fstype === 'cramfs' ? 'cramfs' : 'squashfs';
  const bare = rootImage ?? join(folder, 'bare');
  const { arch } = hardwareFor(prepared.checked.board, 'qemu');
  const files = [...(await repairProgram(prepared.plan, arch)), ...(root.files ?? [])];
  if (rootImage === undefined) await busyboxRoot({ type, out: bare, samples: false, arch, ...root, files });
  const image = join(folder, `root.${type}`);
  await installBundle({
    image: bare,
    out: image,
    ...bundleRequest(bundle),
    files: bundle.files,
    addMountPoints: false,
  });
  return { prepared, image };
}

/** A file with a text, which lasts as long as the test file. */
export async function textFile(text: string): Promise<string> {
  const path = join(await mkdtemp(join(work, 'board-')), 'board.yaml');
  await writeFile(path, text);
  return path;
}

/** A path for a storage image that lasts as long as the test file. */
export async function storageImage(): Promise<string> {
  const folder = await mkdtemp(join(work, 'storage-'));
  return join(folder, 'storage.img');
}

/** Boots, uses the board, and in any case leaves it off; the console is logged when something fails. */
export async function withBoot<T>(
  t: ExecutionContext,
  { prepared, image }: Ready,
  request: Omit<BootRequest, 'board' | 'rootImage'>,
  use: (boot: Boot) => Promise<T>,
): Promise<T> {
  const boot = await bootBoard({ board: prepared.checked.board, rootImage: image, ...request });
  try {
    return await use(boot);
  } catch (error) {
    t.log(boot.console);
    throw error;
  } finally {
    await boot.cut();
  }
}

/** Output of a command that has to succeed. */
export async function output(boot: Boot, command: string): Promise<string> {
  const { output: text, exitCode } = await boot.run(command);
  if (exitCode !== 0) throw new Error(`${command} exited with ${exitCode}:\n${text}`);
  return text.trim();
}

/** Whether something has this name; a link counts, wherever it leads. */
export async function exists(boot: Boot, path: string): Promise<boolean> {
  const { output: text, exitCode } = await boot.run(`[ -e '${path}' ] || [ -h '${path}' ]`);
  if (exitCode > 1) throw new Error(`looking at ${path} exited with ${exitCode}:\n${text}`);
  return exitCode === 0;
}

export interface BootStatus {
  readonly board: string;
  readonly plan: string;
  readonly rung: string;
  readonly generation: string;
  readonly reset: string;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
}

/** /run/overlaykit/status.json as the booted board has it. */
export async function status(boot: Boot): Promise<BootStatus> {
  return JSON.parse(await output(boot, 'cat /run/overlaykit/status.json'));
}

/**
 * Asserts that the kernel's mount table is the simulated one. Compared are place, type, source where the plan knows it,
 * and every option that the kernel shows for what the plan states. What the machine itself mounts later is not the plan's.
 */
export function equalsSimulation(
  t: ExecutionContext,
  plan: MountPlan,
  rung: RungName,
  table: readonly MountEntry[],
  given: readonly GivenMount[],
  ignored: readonly string[] = [],
  generation = 1,
): void {
  const simulated = simulate(plan, rung, given, generation);
  const planned = (target: string): boolean => simulated.some((mount) => mount.target === target);
  const shown = table.filter(
    ({ target }) =>
      planned(target) || !ignored.some((path) => target === path || target.startsWith(`${path}/`)),
  );
  const place = ({ target, fstype }: { target: string; fstype: string }): string => `${target} ${fstype}`;
  t.deepEqual(shown.map(place).toSorted(), simulated.map(place).toSorted());
  for (const mount of simulated) {
    const entry = table.find(({ target }) => target === mount.target);
    if (entry !== undefined)
      t.deepEqual(missingOptions(mount, entry), [], `${mount.target}: ${JSON.stringify(entry)}`);
    if (mount.source !== undefined && entry !== undefined && mount.options.length > 0)
      t.is(entry.source, mount.source);
  }
}

/** Options of the plan that the kernel does not show although it shows such options when they are not its default. */
function missingOptions(mount: SimulatedMount, entry: MountEntry): readonly string[] {
  const shown = [...entry.options, ...entry.superOptions];
  return mount.options.filter((option) => !shown.includes(option) && !isSilent(option, shown));
}

/** overlayfs shows only what differs from the kernel's default, tmpfs shows sizes in KiB and no mode of 1777. */
function isSilent(option: string, shown: readonly string[]): boolean {
  const [name = '', value] = option.split('=');
  if (name === 'size') return shown.some((one) => one.startsWith('size='));
  if (name === 'mode')
    return (
      shown.includes(`mode=${value?.replace(/^0/, '')}`) || !shown.some((one) => one.startsWith('mode='))
    );
  const isDefault =
    (value === 'off' || value === 'nofollow') && !shown.some((one) => one.startsWith(`${name}=`));
  return isDefault && ['redirect_dir', 'index', 'nfs_export', 'xino', 'metacopy'].includes(name);
}
