import { program } from '../../src/device/device.ts';
import { connected, ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';

for (const kind of ['dropbear', 'openssh'] as const) {
  testOnServer(`${kind}: many short commands at once over one connection`, async (t) => {
    const server = await serverFor(t, { kind });
    const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
    const device = await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, number) => {
        const { stdout } = await device.run(program('cat'), { stdin: Buffer.from(String(number)) });
        return Number(stdout.toString());
      }),
    );
    t.deepEqual(answers, [...answers.keys()]);
  });
}
