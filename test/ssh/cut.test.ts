import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectDevice } from '../../src/device/ssh/ssh-device.ts';
import { upload } from '../../src/device/upload/upload.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { wire } from '../support/cut-wire.ts';
import { ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';
import { expectedListing, file, folder, link, listing, noise } from '../support/upload-tree.ts';

/** OpenSSH's sshd holds and ends sessions in another way; the stages are the same. */
const points = { dropbear: 18, openssh: 6 } as const;

function tree(version: string, portions: boolean) {
  const large = portions ? 32 : 0;
  return [
    ...Array.from({ length: large }, (_, index) =>
      file(`large/${index}`, Buffer.alloc(100_000, `${index} ${version}`)),
    ),
    folder('etc'),
    file('etc/version', version),
    file('etc/same', 'same'),
    file('bin/tool', noise(60_000, version), 0o755),
    file('bin/library', noise(40_000, `library ${version}`)),
    link('current', version),
  ];
}

/** What comes in portions needs a head that reads no further than it is asked to, which the user "board" has not. */
const ways = [
  ['dropbear', 'board', false, false],
  ['dropbear', 'board', true, false],
  ['dropbear', 'root', true, true],
  ['openssh', 'board', false, false],
] as const;

for (const [kind, user, atOnce, portions] of ways) {
  testOnServer(
    `${kind}${atOnce ? ', switched at once' : ''}${portions ? ', in portions' : ''}: the wire cut at every stage of an upload: old or new, and a second upload finishes`,
    async (t) => {
      const server = await serverFor(t, { kind });
      const { port, passed, cutAfter } = await wire(t, server.port);
      const { configFile } = await ownSsh(t, {
        knownHosts: server.knownHosts.replace(/^\S+/, 'board'),
        identity: server.identity,
        lines: ['HostKeyAlias board'],
      });
      const dest = user === 'root' ? join(server.folder, 'root/tmp/site') : '/tmp/site';
      const bring = async (to: number, version: string): Promise<void> => {
        const device = await connectDevice(`${user}@127.0.0.1:${to}`, { configFile });
        try {
          await (await upload(device, dest, tree(version, portions), { atOnce })).switch();
        } finally {
          await device.close();
        }
      };
      const site = join(server.folder, 'root/tmp/site');
      const states = {
        old: expectedListing(tree('1', portions)),
        new: expectedListing(tree('2', portions)),
      };
      await bring(server.port, '1');
      cutAfter(Number.POSITIVE_INFINITY);
      await bring(port, '2');
      const whole = passed();
      t.deepEqual(await listing(site), states.new);
      const codes: Record<string, number> = {};
      for (let point = 1; point <= points[kind]; point++) {
        await bring(server.port, '1');
        cutAfter(Math.floor((whole * point) / (points[kind] + 1)));
        try {
          await bring(port, '2');
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          for (const { code } of error.diagnostics) codes[code] = (codes[code] ?? 0) + 1;
        }
        await sleep(150);
        const found = await listing(site);
        t.true(
          [states.old, states.new].some(
            (state) =>
              JSON.stringify(Object.entries(state).toSorted()) ===
              JSON.stringify(Object.entries(found).toSorted()),
          ),
          `cut after ${point} of ${points[kind] + 1} parts: ${JSON.stringify(found)}`,
        );
        await bring(server.port, '2');
        t.deepEqual(await listing(site), states.new);
      }
      t.true((codes.OVL530 ?? 0) > points[kind] / 2, JSON.stringify(codes));
    },
  );
}
