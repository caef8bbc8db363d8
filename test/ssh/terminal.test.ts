import { type RunOptions, script } from '../../src/device/device.ts';
import { documentOf, ovl } from '../support/ovl.ts';
import { connected, ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';

for (const kind of ['dropbear', 'openssh'] as const) {
  testOnServer(`${kind}: a command on a terminal: its size, a new size, typing, its end`, async (t) => {
    const server = await serverFor(t, { kind });
    const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
    const device = await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
    let columns = 91;
    let resized: () => void = () => {};
    let stopped = false;
    let said = '';
    let type: (text: string) => void = () => {};
    const terminal: NonNullable<RunOptions['terminal']> = {
      size: () => ({ type: 'vt220', columns, rows: 33 }),
      onResize: (changed) => {
        resized = changed;
        return () => {
          stopped = true;
        };
      },
    };
    const text = 'echo $TERM; stty size; read x; echo "<$x>"; stty size; exit 3';
    const outcome = await device.run(script(text), {
      terminal,
      live: true,
      stdin: typed(),
      onStdout: (chunk) => {
        const before = said;
        said += Buffer.from(chunk).toString();
        if (before.includes('33 91') || !said.includes('33 91')) return;
        columns = 120;
        resized();
        type('hello\r');
      },
    });
    t.deepEqual(outcome.ending, { kind: 'exited', code: 3 });
    t.regex(said, /vt220\r\n33 91\r\n(?:hello\r\n)?<hello>\r\n33 120\r\n/);
    t.true(stopped);

    /** Never ends by itself, as a keyboard. */
    async function* typed(): AsyncGenerator<Uint8Array> {
      for (;;)
        yield await new Promise<Uint8Array>((resolve) => {
          type = (line) => resolve(Buffer.from(line));
        });
    }
  });
}

testOnServer('ovl shell: bytes pass through, and the exit code of the command is told', async (t) => {
  const server = await serverFor(t, { kind: 'dropbear' });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  const words = ['--ssh-config', configFile, `root@127.0.0.1:${server.port}`, '--', 'sh', '-c'];
  const ran = await ovl(['shell', ...words, 'echo out; echo err >&2; exit 3']);
  t.is(ran.exitCode, 1, ran.stderr);
  t.is(ran.stdout, 'out\n');
  t.regex(ran.stderr, /^err\n.*ended with exit code 3\n$/);
  t.is((await ovl(['shell', ...words, 'true'])).exitCode, 0);
  const json = documentOf(t, await ovl(['shell', '--json', ...words, 'echo out; kill -9 $$']));
  t.like(json, {
    schema: 'ovl.shell/1',
    ok: false,
    stdout: 'out\n',
    ending: { kind: 'killed', signal: 'KILL' },
  });
  const env = { OVL_HOST: `root@127.0.0.1:${server.port}` };
  const named = await ovl(['shell', '--ssh-config', configFile, '--', 'echo', '--', 'ar150'], { env });
  t.is(named.stdout, '-- ar150\n', named.stderr);
  t.is((await ovl(['shell', ...words, 'echo out'], { env: { OVL_HOST: 'nobody.invalid' } })).stdout, 'out\n');
  const nobody = await ovl(['shell', '--ssh-config', configFile, '--', 'nobody.invalid', 'true']);
  t.is(nobody.exitCode, 5, 'without OVL_HOST the first word is the board');
});
