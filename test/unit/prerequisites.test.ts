import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { installPrerequisites, missingPackages } from '../../src/system/prerequisites.ts';
import { testAsRoot } from '../support/needs.ts';

const wanted = ['musl-gcc', 'shellcheck', 'mksquashfs', 'unsquashfs'] as const;

/** A machine whose only programs are in one folder. */
async function bareMachine(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-bare-'));
  const path = process.env.PATH;
  process.env.PATH = folder;
  t.teardown(async () => {
    process.env.PATH = path;
    await rm(folder, { recursive: true });
  });
  return folder;
}

async function program(folder: string, name: string, script: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${script}`);
  await chmod(join(folder, name), 0o755);
}

test.serial('where nothing can be installed, one line to copy has every package once', async (t) => {
  await bareMachine(t);
  const error = await t.throwsAsync(
    installPrerequisites(wanted, () => t.fail('nothing happens')),
    { instanceOf: Failure },
  );
  const [problem] = error?.diagnostics ?? [];
  t.is(problem?.code, 'OVL402');
  t.is(problem?.message, 'missing: musl-gcc, shellcheck, mksquashfs, unsquashfs');
  t.regex(problem?.because ?? '', /^musl-gcc links the helper statically$/m);
  t.is(
    problem?.fix,
    "sudo sh -c 'apt-get update && apt-get install --yes --no-install-recommends musl-tools shellcheck squashfs-tools'",
  );
});

test.serial('a tool that is no use alone brings what it needs', async (t) => {
  await bareMachine(t);
  t.deepEqual(missingPackages(['gcc', 'musl-gcc']), ['gcc', 'libc6-dev', 'musl-tools']);
});

test.serial('where nothing is missing, nothing is done', async (t) => {
  const folder = await bareMachine(t);
  for (const name of wanted) await program(folder, name, '');
  await t.notThrowsAsync(installPrerequisites(wanted, () => t.fail('nothing happens')));
});

testAsRoot('as root what is missing is installed with apt, and only that', async (t) => {
  const folder = await bareMachine(t);
  await program(folder, 'musl-gcc', '');
  const log = join(folder, 'log');
  await program(
    folder,
    'apt-get',
    `echo "$DEBIAN_FRONTEND $*" >>${log}
[ "$3" = update ] || for tool in shellcheck mksquashfs unsquashfs; do
  : >${folder}/$tool && /bin/chmod 755 ${folder}/$tool
done
`,
  );
  const said: string[] = [];
  await installPrerequisites(wanted, (line) => said.push(line));
  t.deepEqual(said, ['installing shellcheck, squashfs-tools']);
  t.is(
    await readFile(log, 'utf8'),
    `noninteractive -o DPkg::Lock::Timeout=300 update
noninteractive -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends shellcheck squashfs-tools
`,
  );
});

testAsRoot('an apt that installs nothing is not believed', async (t) => {
  const folder = await bareMachine(t);
  await program(folder, 'apt-get', '');
  const error = await t.throwsAsync(
    installPrerequisites(wanted, () => undefined),
    { instanceOf: Failure },
  );
  t.is(error?.diagnostics[0]?.code, 'OVL402');
});
