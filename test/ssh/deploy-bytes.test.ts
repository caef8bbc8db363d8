/** What goes over the wire for a deployment: the release that runs has most of the next one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Bundle } from '../../src/bundle/bundle.ts';
import { runDeploy } from '../../src/deploy/look.ts';
import type { Progress } from '../../src/deploy/steps/step.ts';
import { type ReleaseFile, releaseFiles, releaseName } from '../../src/deploy/wants.ts';
import { program, succeeded } from '../../src/device/device.ts';
import { testOnServer } from '../support/ssh-client.ts';
import { bundleOf, deploy, type WiredServer, wiredServer } from '../support/ssh-deploy.ts';

interface Sent {
  /** Bytes of both directions, from the login on. */
  readonly wire: number;
  /** The step's own account. */
  readonly said: string;
}

async function sentFor(t: ExecutionContext, { wire, on }: WiredServer, bundle: Bundle): Promise<Sent> {
  let said = '';
  wire.cutAfter(Number.POSITIVE_INFINITY);
  const outcome = await on(wire.port, async (device) => {
    const seen: Progress[] = [];
    const ended = await deploy(
      device,
      bundle,
      (event) => {
        if (event.kind === 'said' && event.step.kind === 'stage') said = event.text;
      },
      (progress) => void (progress.what === 'release' && seen.push(progress)),
    );
    // The first of all may be of the release "original", which is counted by itself.
    const own = seen.filter(({ total }) => total === seen.at(-1)?.total);
    t.is(own.at(-1)?.sent, own.at(-1)?.total, 'it counts up to all of it');
    t.true(own.every(({ sent }, index) => sent >= (own[index - 1]?.sent ?? 0)));
    t.true(succeeded(await runDeploy(device, 'confirm', ['', releaseName(bundle)])), 'as after its boot');
    return ended;
  });
  t.is(outcome, 'waiting');
  return { wire: wire.passed(), said };
}

const boards = [
  ['dropbear', 'dropbear', []],
  ['OpenSSH, without tar', 'openssh', ['tar']],
  ['OpenSSH, without gunzip', 'openssh', ['gunzip']],
  ['dropbear, without sha256sum', 'dropbear', ['sha256sum']],
] as const;

for (const [title, kind, without] of boards) {
  testOnServer(`${title}: a second deployment sends what differs from the release that runs`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ovl-test-deploy-bytes-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const withHelper = { helper: { enabled: true } };
    const [first, second] = [
      await bundleOf(folder, 'first', withHelper),
      await bundleOf(folder, 'second', withHelper),
    ];
    const old = new Map(releaseFiles(first).map(({ name, content }) => [name, Buffer.from(content)]));
    const changed = releaseFiles(second).filter(
      ({ name, content }) => old.get(name)?.equals(content) !== true,
    );
    const bytes = (files: readonly ReleaseFile[]): number =>
      files.reduce((sum, { content }) => sum + content.length, 0);
    t.false(changed.some(({ name }) => name === 'overlay_helper'));
    const server = await wiredServer(t, folder, kind, without);
    const [before, after] = [await sentFor(t, server, first), await sentFor(t, server, second)];
    t.log(JSON.stringify({ before, after, first: bytes(releaseFiles(first)), changed: bytes(changed) }));
    // Packed, where the board has tar: text and programs are less than half of it.
    const part = without.some((one: string) => one === 'tar' || one === 'gunzip') ? 1 : 0.5;
    t.true(before.wire > bytes(releaseFiles(first)) / 3);
    // The login, the probe and the scripts are the rest; without sha256sum all of it is read back.
    const rest = (all: Bundle): number =>
      65_000 + (without.some((one: string) => one === 'sha256sum') ? bytes(releaseFiles(all)) : 0);
    t.true(before.wire < bytes(releaseFiles(first)) * part + rest(first) + 20_000, JSON.stringify(before));
    t.true(after.wire < bytes(changed) * part + rest(second), JSON.stringify(after));
    t.regex(after.said, /^4 of \d files were sent, \d+ KiB; the board had the others$/);
    await server.on(server.port, async (device) => {
      for (const { name, content } of releaseFiles(second)) {
        const path = `/etc/overlaykit/releases/${releaseName(second)}/${name}`;
        const { stdout } = await device.run(program('cat', path), { limit: 1 << 24 });
        t.true(stdout.equals(content), name);
      }
    });
  });
}
