/** Secrets in a deployment: in no process list while it runs, in no line and no document that comes of it, in no bundle. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { directory } from '../../src/lab/roots/root-file.ts';
import { ovl, ovlEnvironment, ovlPath } from '../support/ovl.ts';
import { ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';
import { makeWritableRoot, writableBoardText } from '../support/writable-board.ts';

/** Command lines of all processes, with their environments. */
async function processes(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const files = pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
  return (await Promise.all(files.map((path) => readFile(path, 'latin1').catch(() => '')))).join('\n');
}

for (const kind of ['dropbear', 'openssh'] as const) {
  testOnServer(`${kind}: the private key is nowhere but in its file`, async (t) => {
    const { folder } = await ownSsh(t);
    const rootImage = join(folder, 'root.img');
    await makeWritableRoot(rootImage, { root: { files: [directory('/small'), directory('/readonly')] } });
    const server = await serverFor(t, { kind, rootImage });
    const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
    const lines = (await readFile(server.identity, 'utf8')).split('\n');
    // Behind what every key of its type begins with.
    const secrets = lines.slice(2, -2).filter((line) => line.length > 20);
    t.true(secrets.length > 0);
    await writeFile(join(folder, 'pole.yaml'), writableBoardText());
    t.is((await ovl(['build', 'pole.yaml', '-o', 'out'], { cwd: folder })).exitCode, 0);
    const host = `board@127.0.0.1:${server.port}`;
    const words = [
      'deploy',
      'out/bundle.tar',
      host,
      '--ssh-config',
      configFile,
      '--yes',
      '--no-reboot',
      '--json',
    ];
    const child = execa(process.execPath, [ovlPath, ...words], {
      reject: false,
      extendEnv: false,
      env: ovlEnvironment({}),
      cwd: folder,
      input: '',
    });
    const seen: string[] = [];
    let isOver = false;
    const ended = child.then((ran) => {
      isOver = true;
      return ran;
    });
    while (!isOver) {
      seen.push(await processes());
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { exitCode, stdout, stderr } = await ended;
    t.is(exitCode, 0, stderr);
    t.true(
      seen.length > 3 && seen.some((all) => all.includes('out/bundle.tar')),
      'it was looked while it ran',
    );
    const bundle = await readFile(join(folder, 'out', 'bundle.tar'), 'latin1');
    const to = ['-F', configFile, '-p', `${server.port}`, 'board@127.0.0.1'];
    const onBoard = (await execa('ssh', [...to, 'cat /etc/overlaykit/releases/*/*'])).stdout;
    for (const secret of secrets) {
      for (const text of [...seen, stdout, stderr, bundle, onBoard, server.log()])
        t.false(text.includes(secret));
    }
  });
}
