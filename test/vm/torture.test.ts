/**
 * A short torture run on each kind of storage, with a fixed seed, and proof that it finds what it looks for: a load that
 * acknowledges before it is durable, storage that is older than it should be, storage that is noise. The long run is a
 * command: docs/guides/torture.md.
 */
import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { installBundle, readImageFile } from '../../src/image/index.ts';
import { Bench } from '../../src/lab/torture/bench.ts';
import { examine } from '../../src/lab/torture/examine.ts';
import { commandOf } from '../../src/lab/torture/operation.ts';
import { Random } from '../../src/lab/torture/random.ts';
import type { ScenarioReport } from '../../src/lab/torture/report.ts';
import { tortureKeep, tortureRoot } from '../../src/lab/torture/root.ts';
import type { JudgedCut } from '../../src/lab/torture/scenario.ts';
import { type ScenarioPlan, type TortureOptions, torture } from '../../src/lab/torture/torture.ts';
import { Writes } from '../../src/lab/torture/writes.ts';
import { prepareBoard } from '../../src/toolchain/prepare-board.ts';
import { changedBoard, vmOwnKernel, work } from '../support/shipped-boards.ts';

const seed = 20261121;

/** Small storage, so that its garbage collection has something to do. */
const sizes = { 'lab-jffs2': '2MiB', 'lab-ext4': '8MiB' } as const;
type Name = keyof typeof sizes;

type Prepared = Pick<TortureOptions, 'board' | 'rootImage' | 'nextRootImage' | 'machine'>;

const made = new Map<Name, Promise<Prepared>>();
function prepared(name: Name): Promise<Prepared> {
  const making = made.get(name) ?? prepare(name);
  made.set(name, making);
  return making;
}

async function prepare(name: Name): Promise<Prepared> {
  const path = join(work, `${name}.yaml`);
  await writeFile(path, await changedBoard(name, ['size: 16MiB', `size: ${sizes[name]}`]));
  const board = unwrap(await prepareBoard(path, { alsoKeep: tortureKeep }));
  const [rootImage, nextRootImage] = [join(work, `${name}.root`), join(work, `${name}.next`)];
  await tortureRoot(board, rootImage);
  await tortureRoot(board, nextRootImage, { next: true });
  return { board: board.checked.board, rootImage, nextRootImage, machine: 'qemu-own-kernel' };
}

async function tortured(
  t: ExecutionContext,
  name: Name,
  plan: readonly ScenarioPlan[],
): Promise<readonly ScenarioReport[]> {
  const evidence = join(work, 'evidence');
  const onProgress = (line: string): void => t.log(line);
  return torture({ ...(await prepared(name)), seed, plan, sideBySide: false, evidence, onProgress });
}

/** A session of writes, with a look at what may be done to the cuts before they are judged. */
async function sabotaged(
  name: Name,
  writes: Writes,
  cuts: number,
  change: (cuts: readonly JudgedCut[]) => readonly JudgedCut[],
) {
  const folder = await mkdtemp(join(work, 'sabotage-'));
  const bench = await Bench.open({ ...(await prepared(name)), folder });
  const random = new Random(`${seed}/sabotage`);
  const taken = await writes.play({ bench, cuts, random });
  return examine(bench, change(taken), { boots: 0, random });
}

const clean = (reports: readonly ScenarioReport[]): readonly object[] =>
  reports.map(({ scenario, cuts, boots, failures }) => ({ scenario, cuts, boots, failures }));

/** How often an operation was cut. */
const operations = (reports: readonly ScenarioReport[], name: string): number =>
  reports.reduce((sum, report) => sum + (report.operations[name] ?? 0), 0);

vmOwnKernel(
  'JFFS2: 48 cuts while it writes, 24 in resets, 24 with generations, 16 in commits, 16 in upgrades, and nothing is lost',
  async (t) => {
    t.timeout(900_000);
    const plan: readonly ScenarioPlan[] = [
      { scenario: 'writes', cuts: 48, boots: 6 },
      { scenario: 'reset', cuts: 24, boots: 4 },
      { scenario: 'generations', cuts: 24, boots: 4 },
      { scenario: 'commits', cuts: 16, boots: 3 },
      { scenario: 'upgrade', cuts: 16, boots: 16 },
    ];
    const expected = plan.map((one) => ({ ...one, failures: [] }));
    const reports = await tortured(t, 'lab-jffs2', plan);
    t.deepEqual(clean(reports), expected);
    t.true(operations(reports, 'upgrade') > 4 && operations(reports, 'commit') > 4);
  },
);

vmOwnKernel(
  'ext4: 48 cuts while it writes, 24 in resets, 24 with generations, 16 in commits, 16 in upgrades, and nothing is lost',
  async (t) => {
    t.timeout(900_000);
    const plan: readonly ScenarioPlan[] = [
      { scenario: 'writes', cuts: 48, boots: 3 },
      { scenario: 'reset', cuts: 24, boots: 3 },
      { scenario: 'generations', cuts: 24, boots: 3 },
      { scenario: 'commits', cuts: 16, boots: 2 },
      { scenario: 'upgrade', cuts: 16, boots: 16 },
    ];
    const expected = plan.map((one) => ({ ...one, failures: [] }));
    const reports = await tortured(t, 'lab-ext4', plan);
    t.deepEqual(clean(reports), expected);
    t.true(operations(reports, 'upgrade') > 4 && operations(reports, 'commit') > 4);
  },
);

vmOwnKernel('a load that acknowledges before it is durable is found out', async (t) => {
  t.timeout(300_000);
  const hasty = new Writes((operation) => commandOf(operation).replaceAll(/&& sync\b[^&]*/g, ''));
  const found = await sabotaged('lab-ext4', hasty, 24, (cuts) => cuts);
  t.true(found.some(({ findings }) => findings.some(({ fault }) => fault === 'lost')));
});

vmOwnKernel('flash that is older than what was acknowledged, or noise, is found out', async (t) => {
  t.timeout(300_000);
  const found = await sabotaged('lab-jffs2', new Writes(), 24, (cuts) => {
    const [early, late] = [cuts[4], cuts[20]];
    if (early === undefined || late === undefined) throw new Error('too few cuts');
    const older = { ...late, cut: { ...late.cut, image: early.cut.image } };
    const image = Buffer.from(late.cut.image);
    const noise = new Random('noise').bytes(image.length);
    image.set(noise, 0);
    return [early, older, { ...late, cut: { ...late.cut, image } }];
  });
  t.deepEqual(
    found.map(({ index }) => index),
    [1, 2],
  );
  t.true(found[0]?.findings.some(({ fault }) => fault === 'lost'));
  t.deepEqual(
    found[1]?.findings.map(({ fault }) => fault),
    ['unbootable'],
  );
});

/** A root image in which something stands before overlay_init. */
async function withBefore(rootImage: string, name: string, script: string): Promise<string> {
  const real = await readImageFile(rootImage, '/sbin/overlay_init');
  if (real === undefined) throw new Error('no overlay_init in the image');
  // It reads what only trouble needs from the file that it was installed as, which is now the script before it.
  const renamed = real.toString().replace(/^( *self=)(\S+)$/m, '$1$2.real');
  if (!renamed.includes('self=/sbin/overlay_init.real'))
    throw new Error('overlay_init does not say what it is');
  const out = join(work, `${name}.root`);
  await installBundle({
    image: rootImage,
    out,
    files: [
      { path: 'sbin/overlay_init', mode: 0o755, content: Buffer.from(script) },
      { path: 'sbin/overlay_init.real', mode: 0o755, content: Buffer.from(renamed) },
    ],
    mountPoints: [],
    addMountPoints: false,
    requiredApplets: [],
    init: '/sbin/init',
  });
  return out;
}

/** A reset as others do it: the request goes first, then everything is deleted in place. */
const hastyReset = `#!/bin/sh
mount -t proc proc /proc
mount -t jffs2 mtd0 /overlay
if [ -e /overlay/overlaykit/reset ]; then
  rm /overlay/overlaykit/reset
  rm -rf /overlay/upper/srv /overlay/generations/*/upper/srv
fi
umount /overlay
umount /proc
exec /sbin/overlay_init.real "$@"
`;

vmOwnKernel('a reset that deletes in place is found out, and its evidence is kept', async (t) => {
  t.timeout(300_000);
  const good = await prepared('lab-jffs2');
  const rootImage = await withBefore(good.rootImage, 'hasty', hastyReset);
  const evidence = join(work, 'hasty-evidence');
  const plan = [{ scenario: 'reset', cuts: 16, boots: 0 }] as const;
  const [report] = await torture({ ...good, rootImage, plan, seed, sideBySide: false, evidence });
  const [failure] = report?.failures ?? [];
  if (report === undefined || failure === undefined) return t.fail('nothing was found');
  t.true(report.mixed + report.lost > 0);
  t.is(failure.seed, seed);
  t.is((await stat(join(failure.evidence, 'storage.img'))).size, 2 * 1024 ** 2);
  t.regex(await readFile(join(failure.evidence, 'found.txt'), 'utf8'), /^(mixed|lost): /m);
  t.deepEqual((await readdir(evidence)).length, report.failures.length);
});

/** An upgrade as others do it: what is on the storage is taken to fit whatever image boots. */
const hastyUpgrade = `#!/bin/sh
mount -t proc proc /proc
mount -t jffs2 mtd0 /overlay
[ ! -d /overlay/generations/1 ] || cp /etc/overlaykit/base /overlay/generations/1/base
umount /overlay
umount /proc
exec /sbin/overlay_init.real "$@"
`;

vmOwnKernel('an upgrade that is noted before anything was looked at is found out', async (t) => {
  t.timeout(300_000);
  const good = await prepared('lab-jffs2');
  const nextRootImage = await withBefore(good.nextRootImage ?? '', 'hasty-next', hastyUpgrade);
  const evidence = join(work, 'hasty-upgrade');
  const plan = [{ scenario: 'upgrade', cuts: 8, boots: 1 }] as const;
  const [report] = await torture({ ...good, nextRootImage, plan, seed, sideBySide: false, evidence });
  const reasons = report?.failures.flatMap((one) => one.reasons) ?? [];
  t.true(reasons.some((reason) => /^mixed: noted to fit with a whiteout of d[02]\/f2, /.test(reason)));
  t.true(
    reasons.some((reason) => /^lost: the report does not say: changed d[01]\/f0$|: unknown d/.test(reason)),
  );
  t.true(report?.failures.some(({ by }) => by === 'boot'));
});

vmOwnKernel('nothing is left behind', async (t) => {
  t.deepEqual(await readdir(tmpdir()), []);
});
