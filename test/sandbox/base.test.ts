/**
 * A root image is replaced under changes: real images with their identities, a real ext4, overlay_init and overlay_helper as a
 * board has them. The first boot on the new image is ended at many moments before one is left to go on; what a volatile cache
 * would lose on top of that is in test/helper/base-cuts.test.ts.
 */
import { copyFile, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Boot, bootBoard } from '../../src/lab/index.ts';
import { file, type RootFile } from '../../src/lab/roots/root-file.ts';
import type { BaseReport } from '../../src/shared/report.ts';
import { sandbox } from '../support/sandbox-ext4.ts';
import {
  changedBoard,
  output,
  type Ready,
  ready,
  status,
  storageImage,
  textFile,
  withBoot,
  work,
} from '../support/shipped-boards.ts';

const same = ['/etc/same', '/etc/replaced/old'];
const v1: readonly RootFile[] = ['/etc/edited', '/etc/deleted', '/etc/orphan', '/etc/dir/x', ...same].map(
  (path) => file(path, 'one\n'),
);
const v2: readonly RootFile[] = [
  ...['/etc/edited', '/etc/deleted', '/etc/dir', '/etc/replaced/fresh', '/etc/created'].map((path) =>
    file(path, 'two\n'),
  ),
  ...same.map((path) => file(path, 'one\n')),
];

const edits =
  'cd /etc; for f in edited same created dir/mine; do echo mine >$f; done; rm deleted orphan; rm -r replaced; mkdir replaced; echo mine >replaced/mine; sync';
const mine = 'mine\nmine\nmine\nmine\nmine';
const readMine = 'cd /etc; cat edited same created dir/mine replaced/mine';
const facts = [
  'changed /etc/edited',
  'deleted /etc/deleted',
  'new /etc/created',
  'opaque /etc/replaced',
  'orphan /etc/orphan',
  'type /etc/dir',
];

async function pair(policy: string): Promise<{ readonly one: Ready; readonly two: Ready }> {
  const more = `base: { on_change: ${policy} }\ngenerations: { confirm_after: 1s }\nkeep: [/etc/same]\n`;
  const board = await textFile(`${await changedBoard('lab-ext4')}\n${more}`);
  const [one, two] = [
    await ready(board, { root: { files: v1 } }),
    await ready(board, { root: { files: v2 } }),
  ];
  return { one, two };
}

/** Makes the changes on the first image, and waits until what they were made on is noted. */
async function edited(t: ExecutionContext, one: Ready): Promise<string> {
  const image = await storageImage();
  const request = { machine: 'sandbox', storageImage: image } as const;
  await withBoot(t, one, request, async (boot) => {
    await output(boot, edits);
    await output(boot, 'overlay_helper record && sync');
    t.deepEqual(reportOf(await output(boot, 'overlay_helper base --json')).facts, []);
  });
  return image;
}

/** Parts of the time that a whole boot takes on this machine as busy as it is now, most of them while the base is compared. */
const moments = [0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9];

const reportOf = (text: string): BaseReport => JSON.parse(text) as BaseReport;
const named = ({ facts: all }: BaseReport): readonly string[] =>
  all.map(({ kind, path }) => `${kind} ${path}`).sort();

/** Milliseconds until a board that meets a new base has its init, on a copy of a storage. */
async function timeOfBoot({ prepared, image }: Ready, storage: string, copy: string): Promise<number> {
  await copyFile(storage, copy);
  const board = prepared.checked.board;
  const started = performance.now();
  const boot = await bootBoard({ board, rootImage: image, machine: 'sandbox', storageImage: copy });
  const took = performance.now() - started;
  await boot.cut();
  return took;
}

async function report(boot: Boot): Promise<BaseReport> {
  return reportOf((await boot.run('overlay_helper base --json')).output);
}

sandbox(
  'cut in the first boot after an upgrade: the changes are there, and the report names what they hide',
  async (t) => {
    t.timeout(240_000);
    const { one, two } = await pair('review');
    const before = await edited(t, one);
    const folder = await mkdtemp(join(work, 'cut-'));
    let ended = 0;
    for (const [index, part] of moments.entries()) {
      const image = join(folder, `${index}.img`);
      await copyFile(before, image);
      const milliseconds = part * (await timeOfBoot(two, before, join(folder, 'whole.img')));
      const ending = new AbortController();
      const request = {
        board: two.prepared.checked.board,
        rootImage: two.image,
        machine: 'sandbox',
        storageImage: image,
        signal: ending.signal,
      } as const;
      const timer = setTimeout(() => ending.abort(new Error('the power is cut')), milliseconds);
      const whole = await bootBoard(request).catch((error: unknown) => {
        if (ending.signal.aborted) return undefined;
        throw error;
      });
      clearTimeout(timer);
      if (whole === undefined) ended += 1;
      await whole?.cut();
      await withBoot(t, two, { machine: 'sandbox', storageImage: image }, async (boot) => {
        t.like(await status(boot), { rung: 'persistent', generation: '1' });
        t.is(await output(boot, readMine), mine);
        t.deepEqual(named(await report(boot)), facts);
        t.is((await boot.run('cat /etc/orphan')).exitCode, 1);
        t.regex(
          boot.console,
          /5 changed paths hide something new in this base image; decide with: overlay_helper base/,
        );
      });
    }
    t.log(`${ended} of ${moments.length} boots were ended before they had an init`);
    t.true(ended > 3);
  },
);

sandbox('decided path by path, until no boot says anything any more', async (t) => {
  t.timeout(120_000);
  const { one, two } = await pair('review');
  const request = { machine: 'sandbox', storageImage: await edited(t, one) } as const;
  await withBoot(t, two, request, async (boot) => {
    t.regex((await boot.run('overlay_helper status')).output, /^trouble: 5 changed paths hide/m);
    await output(
      boot,
      'for p in /etc/deleted /etc/dir; do overlay_helper base take $p; done; overlay_helper base keep /etc',
    );
    t.regex((await boot.run('overlay_helper base')).output, /^waiting: 0$/m);
  });
  await withBoot(t, two, request, async (boot) => {
    t.is(
      await output(boot, 'cd /etc; cat deleted dir edited created replaced/mine'),
      'two\ntwo\nmine\nmine\nmine',
    );
    t.notRegex(boot.console, /changed paths hide/);
    // Of this boot; the ledger tells of those before it, notes and all.
    const said = (await boot.run('overlay_helper status')).output.split('\n');
    t.notRegex(said.filter((line) => !line.startsWith('boot: ')).join('\n'), /changed paths/);
    t.notRegex(said.filter((line) => line.startsWith('boot: ')).at(-1) ?? '', /changed paths/);
  });
});

sandbox(
  'set aside: an empty generation with what is kept; rollback and try bring the old one, cleaned',
  async (t) => {
    t.timeout(120_000);
    const { one, two } = await pair('set_aside');
    const request = { machine: 'sandbox', storageImage: await edited(t, one) } as const;
    await withBoot(t, two, request, async (boot) => {
      t.like(await status(boot), { rung: 'persistent', generation: '2' });
      t.is(await output(boot, 'cd /etc; cat edited same created dir'), 'two\nmine\ntwo\ntwo');
      t.regex(await output(boot, 'overlay_helper list'), /^1 previous .* name=base-[0-9a-f]{8}$/m);
      await output(boot, 'overlay_helper rollback');
    });
    await withBoot(t, two, request, async (boot) => {
      t.like(await status(boot), { rung: 'persistent', generation: '1' });
      t.is(await output(boot, readMine), mine);
      t.deepEqual(named(await report(boot)), facts);
    });
  },
);
