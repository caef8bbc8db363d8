/** Deployments to a real server with a root that can be written, without a restart: the next boot is the new release's. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Bundle } from '../../src/bundle/bundle.ts';
import { apply, type DeployEvent, type DeployOutcome } from '../../src/deploy/apply.ts';
import { lookAt } from '../../src/deploy/look.ts';
import { preflight } from '../../src/deploy/preflight.ts';
import type { Progress } from '../../src/deploy/steps/step.ts';
import { releaseFiles, releaseName, wantsOf } from '../../src/deploy/wants.ts';
import type { Device } from '../../src/device/device.ts';
import { connectDevice } from '../../src/device/ssh/ssh-device.ts';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { directory } from '../../src/lab/roots/root-file.ts';
import { bundleBoard } from '../../src/toolchain/bundle-board.ts';
import { prepareBoard } from '../../src/toolchain/prepare-board.ts';
import { type Wire, wire } from './cut-wire.ts';
import { ownSsh, serverFor } from './ssh-client.ts';
import { makeWritableRoot, writableBoardText } from './writable-board.ts';

/** A bundle that differs from another's by its overlay_init, its plan and its manifest. */
export async function bundleOf(
  folder: string,
  description: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Bundle> {
  const path = join(folder, 'board.yaml');
  const tmpfs = { size: `${20 + description.length}%` };
  await writeFile(path, writableBoardText({ description, tmpfs, ...more }));
  return bundleBoard(unwrap(await prepareBoard(path)));
}

export async function deploy(
  device: Device,
  bundle: Bundle,
  onEvent: (event: DeployEvent) => void = () => {},
  onProgress: (progress: Progress) => void = () => {},
): Promise<DeployOutcome | undefined> {
  const wants = wantsOf(bundle, 'bundle.tar');
  const files = releaseFiles(bundle);
  const scene = await lookAt(device, wants);
  const options = { reboot: false, waitMs: 10_000 };
  const deployment = unwrap(preflight(scene, wants, files, releaseName(bundle), options));
  for await (const event of apply(deployment, device, { files, onProgress })) {
    onEvent(event);
    if (event.kind === 'finished') return event.outcome;
  }
  return undefined;
}

export interface WiredServer {
  readonly port: number;
  readonly wire: Wire;
  /** Logs in at a port, and out again. */
  readonly on: <T>(port: number, use: (device: Device) => Promise<T>) => Promise<T>;
}

/** A server, and a wire to it. */
export async function wiredServer(
  t: ExecutionContext,
  folder: string,
  kind: 'dropbear' | 'openssh',
  withoutApplets: readonly string[] = [],
): Promise<WiredServer> {
  const rootImage = join(folder, 'root.img');
  const files = [directory('/small'), directory('/readonly')];
  await makeWritableRoot(rootImage, { root: { files, withoutApplets } });
  const server = await serverFor(t, { kind, rootImage });
  const { configFile } = await ownSsh(t, {
    knownHosts: server.knownHosts.replace(/^\S+/, 'board'),
    identity: server.identity,
    lines: ['HostKeyAlias board'],
  });
  return {
    port: server.port,
    wire: await wire(t, server.port),
    on: async (port, use) => {
      const device = await connectDevice(`board@127.0.0.1:${port}`, { configFile });
      try {
        return await use(device);
      } finally {
        await device.close();
      }
    },
  };
}
