/** `ovl deploy` over a real server and a wire that breaks: the next boot is the old release's or the new one's, whole. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Bundle } from '../../src/bundle/bundle.ts';
import { sha256 } from '../../src/bundle/digest.ts';
import type { DeployEvent } from '../../src/deploy/apply.ts';
import { runDeploy } from '../../src/deploy/look.ts';
import { releaseFiles, releaseName } from '../../src/deploy/wants.ts';
import { type Device, script, succeeded } from '../../src/device/device.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { testOnServer } from '../support/ssh-client.ts';
import { bundleOf, deploy, wiredServer } from '../support/ssh-deploy.ts';

/** Parts of what is sent until the switch, and of what is sent from there on, after which the wire breaks. */
const places = {
  dropbear: {
    start: [0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9],
    switch: [0.5, 0.85, 0.92, 0.97, 0.985],
  },
  // A server that holds and ends sessions in another way: the stages are the same, so fewer do.
  openssh: { start: [0.35, 0.65, 0.8, 0.9], switch: [0.85, 0.97, 0.985] },
} as const;

async function workFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-test-deploy-cuts-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
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

for (const kind of ['dropbear', 'openssh'] as const) {
  testOnServer(
    `${kind}: the wire cut at every stage of a deployment: old or new, and a second one finishes`,
    async (t) => {
      const folder = await workFolder(t);
      const [first, second] = [await bundleOf(folder, 'first'), await bundleOf(folder, 'second')];
      const { port, wire, on } = await wiredServer(t, folder, kind);
      const { passed, cutAfter } = wire;
      const [old, fresh] = [releaseName(first), releaseName(second)];
      await on(port, async (device) => {
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
      const measure = atSwitch(() => {
        before = passed();
        cutAfter(Number.POSITIVE_INFINITY);
      });
      t.is(await on(wire.port, async (device) => deploy(device, second, measure)), 'waiting');
      const whole = { start: before, switch: passed() };
      const all = (['start', 'switch'] as const).flatMap((from) =>
        places[kind][from].map((part) => ({ from, part })),
      );
      const seen = { old: 0, new: 0 };
      const states: Record<string, number> = {};
      for (const { from, part } of all) {
        await on(port, goBack);
        const cut = (): void => cutAfter(Math.floor(whole[from] * part));
        cutAfter(Number.POSITIVE_INFINITY);
        if (from === 'start') cut();
        const watch = from === 'switch' ? atSwitch(cut) : undefined;
        try {
          await on(wire.port, async (device) => deploy(device, second, watch));
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          const { code, boardState } = error.diagnostics[0] ?? { code: 'none' };
          states[`${code} ${boardState}`] = (states[`${code} ${boardState}`] ?? 0) + 1;
        }
        await sleep(150);
        await on(port, async (device) => {
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
      t.log(JSON.stringify({ whole, seen, states }));
      t.true(seen.old > all.length / 2 && seen.new > 0, JSON.stringify(seen));
      t.true(
        Object.keys(states).some((state) => state.endsWith('unchanged')),
        JSON.stringify(states),
      );
    },
  );
}

function atSwitch(act: () => void): (event: DeployEvent) => void {
  return (event) => {
    if (event.kind === 'begin' && event.step.kind === 'switch' && event.step.final) act();
  };
}
