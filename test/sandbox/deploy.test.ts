/** Deployments into a root that can be written: booted, confirmed, cut at every command, rolled back by the board itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import type { Bundle } from '../../src/bundle/bundle.ts';
import { apply, type DeployOutcome } from '../../src/deploy/apply.ts';
import type { Deployment } from '../../src/deploy/deployment.ts';
import { lookAgain, lookAt } from '../../src/deploy/look.ts';
import { type DeployOptions, preflight } from '../../src/deploy/preflight.ts';
import type { Look } from '../../src/deploy/scene.ts';
import { releaseFiles, releaseName, wantsOf } from '../../src/deploy/wants.ts';
import { Failure, unwrap } from '../../src/diagnostics/diagnostic.ts';
import { bundleBoard } from '../../src/toolchain/bundle-board.ts';
import { prepareBoard } from '../../src/toolchain/prepare-board.ts';
import { WritableBoard, writableBoardText } from '../support/writable-board.ts';

const folder = await mkdtemp(join(tmpdir(), 'ovl-test-deploy-'));
test.after.always(() => rm(folder, { recursive: true, force: true }));

let made = 0;
async function bundleOf(more: Readonly<Record<string, unknown>> = {}): Promise<Bundle> {
  made += 1;
  const path = join(folder, `board-${made}.yaml`);
  await writeFile(path, writableBoardText(more));
  return bundleBoard(unwrap(await prepareBoard(path)));
}

const usual: DeployOptions = { reboot: true, waitMs: 30_000 };

async function plan(board: WritableBoard, bundle: Bundle, options = usual): Promise<Deployment> {
  const wants = wantsOf(bundle, 'bundle.tar');
  const scene = await lookAt(board, wants);
  return unwrap(preflight(scene, wants, releaseFiles(bundle), releaseName(bundle), options));
}

async function deploy(
  board: WritableBoard,
  bundle: Bundle,
  options = usual,
): Promise<DeployOutcome | undefined> {
  for await (const event of apply(await plan(board, bundle, options), board, {
    files: releaseFiles(bundle),
  })) {
    if (event.kind === 'finished') return event.outcome;
  }
  return undefined;
}

async function withBoard(t: ExecutionContext, use: (board: WritableBoard) => Promise<void>): Promise<void> {
  const board = await WritableBoard.make();
  try {
    await board.boot();
    await use(board);
  } catch (error) {
    for (const [at, boot] of board.boots.entries()) t.log(`boot ${at}\n${boot.console}`);
    t.log(board.commands.slice(-6));
    throw error;
  } finally {
    await board.stop();
  }
}

const running = async (board: WritableBoard): Promise<Look> => lookAgain(board, '/rom');

test.serial('a first deployment, a second, and the same once more', async (t) => {
  await withBoard(t, async (board) => {
    const [first, second] = [
      await bundleOf(),
      await bundleOf({ description: 'changed', tmpfs: { size: '25%' } }),
    ];
    t.is(await deploy(board, first), 'confirmed');
    t.like(await running(board), {
      running: { release: releaseName(first), rung: 'persistent', plan: first.manifest.planDigest },
    });
    t.is(await deploy(board, second), 'confirmed');
    const look = await running(board);
    t.like(look, { running: { release: releaseName(second), rung: 'persistent' } });
    t.deepEqual(
      look.releases.map(({ name }) => name).toSorted(),
      [releaseName(first), releaseName(second)].toSorted(),
    );
    const before = board.boots.length;
    t.is(await deploy(board, second), 'nothing');
    t.is(board.boots.length, before);
    t.regex(
      await board.fileOfRoot('/boot/extlinux/extlinux.conf'),
      /# overlaykit, before: {2}append root=\/dev\/mmcblk0p2 quiet\n\s*append root=\/dev\/mmcblk0p2 quiet init=\/sbin\/overlay_init/,
    );
    await board.powerCycle();
    t.like(await running(board), { running: { release: releaseName(second) } });
  });
});

/** The functions of deploy.sh that ran, without those that only look, and "stage" where files came. */
function writes(board: WritableBoard): readonly string[] {
  const looking = ['look', 'digests', 'check'];
  return board.commands
    .flatMap(([last = '', dest = '']) => {
      if (/^\/.*\/releases\/[^/]+\.[0-9a-f]{8}$/.test(dest)) return ['stage'];
      return /^deploy_(\w+) /.exec(last)?.[1] ?? [];
    })
    .filter((verb) => !looking.includes(verb));
}

test.serial('the switch is the last write before the restart', async (t) => {
  await withBoard(t, async (board) => {
    const [first, second] = [
      await bundleOf(),
      await bundleOf({ description: 'changed', tmpfs: { size: '25%' } }),
    ];
    // Mounting the root read-only again writes nothing that a boot reads.
    const untilReboot = (): readonly string[] =>
      writes(board)
        .slice(0, writes(board).indexOf('reboot'))
        .filter((verb) => verb !== 'close');
    await deploy(board, first, { ...usual });
    // The root is mounted read-only again after it; the boot loader is told last, the link before it is one that nobody looks up yet.
    t.deepEqual(untilReboot().slice(-2), ['switch', 'replace']);
    board.commands.length = 0;
    await deploy(board, second);
    t.deepEqual(untilReboot(), ['open', 'make_dirs', 'stage', 'publish', 'switch']);
    t.deepEqual(writes(board).slice(writes(board).indexOf('reboot') + 1), [
      'open',
      'confirm',
      'close',
      'open',
      'forget',
      'close',
    ]);
  });
});

test.serial(
  'the power goes before every command in turn: old or new boots, and the next deployment goes on',
  async (t) => {
    await withBoard(t, async (board) => {
      const [first, second] = [
        await bundleOf(),
        await bundleOf({ description: 'changed', tmpfs: { size: '25%' } }),
      ];
      await deploy(board, first);
      const [old, fresh] = [releaseName(first), releaseName(second)];
      const seen = new Set<string>();
      const states = new Set<string | undefined>();
      let outcome: DeployOutcome | undefined;
      for (let at = 8; outcome === undefined && at < 60; at++) {
        board.cutBefore = board.commands.length + at;
        try {
          outcome = await deploy(board, second);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          states.add(error.diagnostics[0]?.boardState);
          await board.powerCycle();
          const { running: now } = await running(board);
          t.true(now?.release === old || now?.release === fresh, `cut ${at}: ${JSON.stringify(now)}`);
          t.is(now?.rung, 'persistent');
          seen.add(now?.release === old ? 'old' : 'new');
        }
      }
      t.deepEqual([...seen].toSorted(), ['new', 'old']);
      t.true(states.has('unchanged'));
      board.cutBefore = undefined;
      t.true(['confirmed', 'nothing'].includes((await deploy(board, second)) ?? ''));
      t.like(await running(board), { running: { release: fresh, rung: 'persistent' } });
      await board.powerCycle();
      t.like(await running(board), { running: { release: fresh } });
    });
  },
);

test.serial(
  'the power goes while files come: the old release boots, and what arrived is not sent again',
  async (t) => {
    await withBoard(t, async (board) => {
      const [first, second] = [await bundleOf(), await bundleOf({ helper: { enabled: true } })];
      await deploy(board, first);
      // In the order of names, packed: the helper is whole, and of what comes after it there is some.
      const names = releaseFiles(second).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const upTo = names.findIndex(({ name }) => name === 'overlay_helper') + 1;
      const packed = (files: typeof names): number =>
        gzipSync(Buffer.concat(files.map((one) => one.content))).length;
      board.cutInside = packed(names.slice(0, upTo)) + 12_000;
      t.true(board.cutInside < packed(names) - 2_000);
      const [cut] = (await t.throwsAsync(deploy(board, second), { instanceOf: Failure }))?.diagnostics ?? [];
      t.like(cut, { code: 'OVL700', boardState: 'unchanged' });
      await board.powerCycle();
      t.like(await running(board), { running: { release: releaseName(first), rung: 'persistent' } });
      const said: string[] = [];
      for await (const event of apply(await plan(board, second), board, { files: releaseFiles(second) }))
        if (event.kind === 'said') said.push(event.text);
      const [, files, kibibytes] =
        /^(\d) of \d files were sent, (\d+) KiB; the board had/m.exec(said.join('\n')) ?? [];
      t.true(Number(files) < names.length && Number(kibibytes) * 1024 < packed(names) / 2, said.join('\n'));
      t.like(await running(board), { running: { release: releaseName(second), rung: 'persistent' } });
    });
  },
);

test.serial(
  'a release that comes up on another rung is taken back, at first to the board as it was',
  async (t) => {
    await withBoard(t, async (board) => {
      const wrong = await bundleOf({
        storage: { type: 'ext4', find: { path: '/dev/mmcblk0p9' }, wait: '0s' },
      });
      const good = await bundleOf();
      const refused = async (): Promise<Failure> => {
        try {
          await deploy(board, wrong);
        } catch (error) {
          if (error instanceof Failure) return error;
          throw error;
        }
        throw new Error('it was deployed');
      };
      const [first] = (await refused()).diagnostics;
      t.like(first, { code: 'OVL702', boardState: 'rolled back' });
      t.regex(first?.because ?? '', /on the rung tmpfs, not persistent/);
      t.is((await lookAgain(board, '')).running, undefined);
      const loader = await board.fileOfRoot('/boot/extlinux/extlinux.conf');
      t.regex(loader, /^ {2}append root=\/dev\/mmcblk0p2 quiet$/m, 'the boot loader has its old line again');
      t.notRegex(loader, /overlay_init/);
      t.is(await deploy(board, good), 'confirmed');
      t.like((await refused()).diagnostics[0], { code: 'OVL702', boardState: 'rolled back' });
      t.like(await running(board), { running: { release: releaseName(good), rung: 'persistent' } });
      await board.powerCycle();
      t.like(await running(board), { running: { release: releaseName(good), rung: 'persistent' } });
    });
  },
);

test.serial('without --reboot the board restarts when it likes, and the same command confirms', async (t) => {
  await withBoard(t, async (board) => {
    const bundle = await bundleOf();
    t.is(await deploy(board, bundle, { ...usual, reboot: false }), 'waiting');
    t.is((await lookAgain(board, '')).running, undefined);
    await board.powerCycle();
    const tried = await running(board);
    t.deepEqual(
      tried.releases.find(({ name }) => name === releaseName(bundle)),
      { name: releaseName(bundle), previous: 'original', whole: true, tried: true, confirmed: false },
    );
    const boots = board.boots.length;
    t.is(await deploy(board, bundle, { ...usual, reboot: false }), 'confirmed');
    t.is(board.boots.length, boots);
    t.true((await running(board)).releases.find(({ name }) => name === releaseName(bundle))?.confirmed);
  });
});

test.serial('a first release that nobody confirms gives way to the board as it was', async (t) => {
  await withBoard(t, async (board) => {
    t.is(await deploy(board, await bundleOf(), { ...usual, reboot: false }), 'waiting');
    await board.powerCycle();
    t.like(await running(board), { running: { rung: 'persistent' } });
    await board.powerCycle();
    t.is((await lookAgain(board, '')).running, undefined);
    t.regex(board.board.console, /releases\/original boots in its place/);
  });
});

test.serial('a board that is not the right one is refused, with nothing changed', async (t) => {
  await withBoard(t, async (board) => {
    const refusal = async (more: Readonly<Record<string, unknown>>): Promise<readonly string[]> => {
      const bundle = await bundleOf(more);
      const wants = wantsOf(bundle, 'bundle.tar');
      const scene = await lookAt(board, wants);
      const result = preflight(scene, wants, releaseFiles(bundle), releaseName(bundle), usual);
      t.true(result.diagnostics.every(({ boardState }) => boardState === 'unchanged'));
      return result.ok ? [] : result.diagnostics.map(({ code }) => code);
    };
    t.deepEqual(await refusal({}), []);
    t.deepEqual(await refusal({ compatible: ['acme,other'] }), ['OVL603']);
    t.deepEqual(await refusal({ root: { type: 'squashfs' } }), ['OVL655']);
    t.deepEqual(
      await refusal({
        storage: { type: 'jffs2', find: { mtd: 'rootfs_data' }, size: '4MiB', erase_block: '64KiB' },
      }),
      ['OVL605', 'OVL608'],
    );
    t.deepEqual(writes(board), []);
  });
});
