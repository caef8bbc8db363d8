/** What the demo claims about a board that has booted into its merged root. */
import { formatSize } from '../../board/units.ts';
import { simulate } from '../../plan/simulate.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import type { MountPlan, RungName } from '../../shared/plan.ts';
import type { Boot } from '../boot.ts';
import type { MountEntry } from '../mountinfo.ts';
import { ask, type Claim, patience, type Seen } from './claim.ts';
import type { Story } from './story.ts';

/** What holds after every boot of a board whose plan is this and that is on its first rung. */
export function bootClaims(plan: MountPlan, planDigest: string): readonly Claim[] {
  const [first] = plan.ladder;
  if (first === undefined) throw new Error('a plan without a ladder');
  return [
    { title: "process 1 is the board's own init", look: seeProcess1 },
    { title: '/ is the merged root, writable', look: seeMergedRoot },
    { title: '/rom is the read-only root', look: (boot) => seeReadOnlyRoot(boot, plan.root.fstype) },
    { title: '/overlay is the storage', look: (boot) => seeStorage(boot, storageType(plan)) },
    { title: 'the mounts are those of the plan', look: (boot) => seeMounts(boot, plan, first.name) },
    { title: 'what overlay_init says of it', look: (boot) => seeStatus(boot, first.name, planDigest) },
  ];
}

/** The file that process 1 executes is the merged root's, not the read-only root's, and is what /sbin/init leads to. */
async function seeProcess1(boot: Boot): Promise<Seen> {
  const name = await ask(boot, 'cat /proc/1/comm');
  const program = await ask(boot, 'readlink /proc/1/exe');
  const files = await ask(boot, `stat -L -c '%d:%i' /proc/1/exe /sbin/init '/rom${program}'`);
  const [running, init, old] = files.split('\n');
  return {
    text: `${name === 'init' ? '' : `${name}, `}${program}, out of the ${running === old ? 'read-only' : 'merged'} root`,
    holds: name === 'init' && running !== undefined && running === init && running !== old,
  };
}

async function seeMergedRoot(boot: Boot): Promise<Seen> {
  const root = await mountAt(boot, '/');
  const access = root?.options[0] ?? '?';
  return {
    text: `${root?.fstype ?? 'nothing'}, ${access === 'rw' ? 'read-write' : access}`,
    holds: root?.fstype === 'overlay' && access === 'rw',
  };
}

/** Not only mounted so: it is tried. */
async function seeReadOnlyRoot(boot: Boot, fstype: string): Promise<Seen> {
  const mount = await mountAt(boot, boardPaths.oldRoot);
  const tried = await boot.run('touch /rom/etc/try', { timeoutMs: patience });
  const answer = tried.output.trim().split(': ').at(-1) ?? '';
  const writing = tried.exitCode === 0 ? 'can be written' : `"${answer}"`;
  return {
    text: `${mount?.fstype ?? 'nothing'}; ${writing}`,
    holds: mount?.fstype === fstype && tried.exitCode !== 0 && answer === 'Read-only file system',
  };
}

async function seeStorage(boot: Boot, fstype: string): Promise<Seen> {
  const mount = await mountAt(boot, boardPaths.storage);
  const bytes = await storageBytes(boot, mount);
  return { text: words(mount, bytes), holds: mount?.fstype === fstype && bytes > 0 };
}

/** The layers of the booted board in words: file systems and sizes. */
export async function layersSeen(boot: Boot): Promise<Story['layers']> {
  const [merged, storage, base] = [
    await mountAt(boot, '/'),
    await mountAt(boot, boardPaths.storage),
    await mountAt(boot, boardPaths.oldRoot),
  ];
  const sectors = await ask(boot, `cat /sys/class/block/${base?.source.split('/').at(-1)}/size`);
  return {
    merged: merged?.fstype ?? 'nothing',
    storage: words(storage, await storageBytes(boot, storage)),
    base: words(base, 512 * Number.parseInt(sectors, 10)),
  };
}

function words(mount: MountEntry | undefined, bytes: number): string {
  return `${mount?.fstype ?? 'nothing'}, ${formatSize(bytes)}`;
}

/** Bytes of the flash or of the memory that the storage may take; 0 where that is not known. */
async function storageBytes(boot: Boot, mount: MountEntry | undefined): Promise<number> {
  if (mount?.fstype === 'tmpfs') {
    const limit = mount.superOptions.find((option) => option.startsWith('size='));
    return 1024 * Number.parseInt(limit?.slice('size='.length) ?? '0', 10);
  }
  // "mtd0: 01000000 00010000 "storage"": the size is hexadecimal.
  const device = mount?.source.replace(/^\/dev\/mtdblock/, 'mtd') ?? '';
  const line = (await ask(boot, 'cat /proc/mtd')).split('\n').find((one) => one.startsWith(`${device}: `));
  return Number.parseInt(line?.split(' ')[1] ?? '0', 16);
}

async function seeMounts(boot: Boot, plan: MountPlan, rung: RungName): Promise<Seen> {
  const expected = simulate(plan, rung);
  const table = await boot.mountTable({ timeoutMs: patience });
  const there = expected.filter(({ target, fstype }) =>
    table.some((mount) => mount.target === target && mount.fstype === fstype),
  );
  return { text: `${there.length} of ${expected.length}`, holds: there.length === expected.length };
}

async function seeStatus(boot: Boot, rung: RungName, planDigest: string): Promise<Seen> {
  const status = await readStatus(boot);
  const known = status?.plan === planDigest;
  return {
    text: `rung ${status?.rung ?? 'unknown'}, plan ${known ? planDigest.slice(0, 12) : 'another'}`,
    holds: status?.rung === rung && known,
  };
}

/** What a factory reset at this boot leaves behind: that it was done, and why, and no request. */
export const resetClaim = (requestFile: string): Claim => ({
  title: 'the factory reset was done once',
  look: async (boot) => {
    const reset = (await readStatus(boot))?.reset;
    const left = await boot.run(`[ -e ${requestFile} ]`, { timeoutMs: patience });
    return {
      text: `by ${reset || 'nothing'}${left.exitCode === 0 ? ', still asked for' : ''}`,
      holds: reset === requestFile && left.exitCode === 1,
    };
  },
});

interface Status {
  readonly rung?: unknown;
  readonly plan?: unknown;
  readonly reset?: unknown;
}

/** What overlay_init wrote for whoever asks later; undefined where there is no such thing. */
async function readStatus(boot: Boot): Promise<Status | undefined> {
  try {
    return JSON.parse(await ask(boot, `cat ${boardPaths.status}`)) as Status;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The mount that is seen at a place: the last one there. */
async function mountAt(boot: Boot, target: string): Promise<MountEntry | undefined> {
  return (await boot.mountTable({ timeoutMs: patience })).findLast((mount) => mount.target === target);
}

/** What the first rung mounts where the storage belongs. */
function storageType(plan: MountPlan): string {
  const step = plan.ladder[0]?.steps.find((one) => one.kind === 'mount' && one.target === boardPaths.storage);
  if (step?.kind !== 'mount') throw new Error('a first rung without storage');
  return step.fstype;
}
