/** `ovl deploy` over a real server and a wire that breaks: the next boot is the old release's or the new one's, whole. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Bundle } from '../../src/bundle/bundle.ts';
import { sha256 } from '../../src/bundle/digest.ts';
import { apply, type DeployOutcome } from '../../src/deploy/apply.ts';
import { lookAt, runDeploy } from '../../src/deploy/look.ts';
import { preflight } from '../../src/deploy/preflight.ts';
import { releaseFiles, releaseName, wantsOf } from '../../src/deploy/wants.ts';
import { type Device, script, succeeded } from '../../src/device/device.ts';
import { connectDevice } from '../../src/device/ssh/ssh-device.ts';
import { Failure, unwrap } from '../../src/diagnostics/diagnostic.ts';
import { directory } from '../../src/lab/roots/root-file.ts';
import { bundleBoard } from '../../src/toolchain/bundle-board.ts';
import { prepareBoard } from '../../src/toolchain/prepare-board.ts';
import { wire } from '../support/cut-wire.ts';
import { ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';
import { makeWritableRoot, writableBoardText } from '../support/writable-board.ts';

/** Parts of what is sent until the switch, and of what is sent from there on, after which the wire breaks. */
const places = [
  ...[0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9].map((part) => ({ from: 'start', part })),
  ...[0.5, 0.85, 0.92, 0.97, 0.985].map((part) => ({ from: 'switch', part })),
] as const;

async function workFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-test-deploy-cuts-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function bundleOf(folder: string, description: string): Promise<Bundle> {
  const path = join(folder, 'board.yaml');
  await writeFile(path, writableBoardText({ description, tmpfs: { size: `${20 + description.length}%` } }));
  return bundleBoard(unwrap(await prepareBoard(path)));
}

/** Without a restart: where it is deployed, the next boot is the new release's. */
async function deploy(
  device: Device,
  bundle: Bundle,
  atSwitch = (): void => {},
): Promise<DeployOutcome | undefined> {
  const wants = wantsOf(bundle, 'bundle.tar');
  const files = releaseFiles(bundle);
  const scene = await lookAt(device, wants);
  const options = { reboot: false, waitMs: 10_000 };
  const deployment = unwrap(preflight(scene, wants, files, releaseName(bundle), options));
  for await (const event of apply(deployment, device, { files })) {
    if (event.kind === 'begin' && event.step.kind === 'switch' && event.step.final) atSwitch();
    if (event.kind === 'finished') return event.outcome;
  }
  return undefined;
}

async function said(device: Device, text: string, ...words: readonly string[]): Promise<string> {
  const outcome = await device.run(script(text, ...words));
  if (!succeeded(outcome)) throw new Error(`${text}: ${outcome.stderr.toString()}`);
  return outcome.stdout.toString('utf8');
}

/** Digests of the files of the release that boots next, and its name. */
async function next(device: Device): Promise<readonly string[]> {
  const text =
    'link=$(readlink /sbin/overlay_init) && echo "$link" && cd "$(dirname "$link")" && sha256sum *';
  const [link = '', ...lines] = (await said(device, text)).trimEnd().split('\n');
  return [link, ...lines.filter((line) => !/ (previous|confirmed|tried)$/.test(line)).toSorted()];
}

function nextOf(bundle: Bundle): readonly string[] {
  const lines = releaseFiles(bundle).map(({ name, content }) => `${sha256(content)}  ${name}`);
  return [`/etc/overlaykit/releases/${releaseName(bundle)}/overlay_init`, ...lines.toSorted()];
}

testOnServer(
  'the wire cut at every stage of a deployment: old or new, and a second one finishes',
  async (t) => {
    const folder = await workFolder(t);
    const [first, second] = [await bundleOf(folder, 'first'), await bundleOf(folder, 'second')];
    const rootImage = join(folder, 'root.img');
    await makeWritableRoot(rootImage, { root: { files: [directory('/small'), directory('/readonly')] } });
    const server = await serverFor(t, { kind: 'dropbear', rootImage });
    const { port, passed, cutAfter } = await wire(t, server.port);
    const { configFile } = await ownSsh(t, {
      knownHosts: server.knownHosts.replace(/^\S+/, 'board'),
      identity: server.identity,
      lines: ['HostKeyAlias board'],
    });
    const on = async <T>(at: number, use: (device: Device) => Promise<T>): Promise<T> => {
      const device = await connectDevice(`board@127.0.0.1:${at}`, { configFile });
      try {
        return await use(device);
      } finally {
        await device.close();
      }
    };
    const [old, fresh] = [releaseName(first), releaseName(second)];
    await on(server.port, async (device) => {
      t.is(await deploy(device, first), 'waiting');
      t.deepEqual(await next(device), nextOf(first));
      t.regex(await said(device, 'cat /boot/extlinux/extlinux.conf'), /init=\/sbin\/overlay_init/);
      // As the confirmation after its first boot leaves it.
      t.true(succeeded(await runDeploy(device, 'confirm', ['', old])));
    });
    const goBack = async (device: Device): Promise<void> => {
      await runDeploy(device, 'switch', ['', old]);
      await runDeploy(device, 'forget', ['', old]);
    };
    cutAfter(Number.POSITIVE_INFINITY);
    let before = 0;
    const measure = (): void => {
      before = passed();
      cutAfter(Number.POSITIVE_INFINITY);
    };
    t.is(await on(port, async (device) => deploy(device, second, measure)), 'waiting');
    const after = passed();
    const seen = { old: 0, new: 0 };
    const states: Record<string, number> = {};
    for (const { from, part } of places) {
      await on(server.port, goBack);
      cutAfter(from === 'start' ? Math.floor(before * part) : Number.POSITIVE_INFINITY);
      const atSwitch = (): void => {
        if (from === 'switch') cutAfter(Math.floor(after * part));
      };
      try {
        await on(port, async (device) => deploy(device, second, atSwitch));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        const { code, boardState } = error.diagnostics[0] ?? { code: 'none' };
        states[`${code} ${boardState}`] = (states[`${code} ${boardState}`] ?? 0) + 1;
      }
      await sleep(150);
      await on(server.port, async (device) => {
        const found = await next(device);
        const which = [first, second].find((one) => JSON.stringify(nextOf(one)) === JSON.stringify(found));
        t.truthy(which, `cut at ${part} from the ${from}: ${found.join('\n')}`);
        seen[which === first ? 'old' : 'new'] += 1;
        await deploy(device, second);
        t.deepEqual(await next(device), nextOf(second));
        const kept = await said(device, 'ls /etc/overlaykit/releases');
        t.deepEqual(kept.trimEnd().split('\n').toSorted(), [fresh, old].toSorted());
      });
    }
    t.log(JSON.stringify({ before, after, seen, states }));
    t.true(seen.old > places.length / 2 && seen.new > 0, JSON.stringify(seen));
    t.true(
      Object.keys(states).some((state) => state.endsWith('unchanged')),
      JSON.stringify(states),
    );
  },
);
