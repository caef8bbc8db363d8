/**
 * The file with the verbs of a running board, beside the helper: found wherever the two lie, asked for by nothing that a boot
 * does, and refused before the engine reads it unless it is the one that the helper was built with.
 */
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { sha256 } from '../../src/bundle/digest.ts';
import { verifyExit } from '../../src/shared/helper-protocol.ts';
import { verbExit } from '../../src/shared/verb-exit.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { helperProgram } from '../support/helper-programs.ts';
import { type Kind, kinds } from '../support/native-calls.ts';
import { programOf } from '../support/sanitized.ts';

interface Place {
  readonly program: string;
  readonly verbs: string;
}

/** The helper and its verbs in a folder of their own, under another name. */
async function copied(t: ExecutionContext, kind: Kind): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-verbs-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const place = { program: join(folder, 'a helper'), verbs: join(folder, 'a helper.verbs') };
  await copyFile(helperProgram(kind), place.program);
  await chmod(place.program, 0o755);
  await copyFile(`${helperProgram(kind)}.verbs`, place.verbs);
  return place;
}

async function asked(program: string, ...words: readonly string[]) {
  const { exitCode, stdout, stderr } = await execa(program, words, { reject: false, timeout: 20_000 });
  return { exitCode, stdout, stderr };
}

async function refuses(t: ExecutionContext, { program, verbs }: Place, why: RegExp, what: string) {
  const { exitCode, stdout, stderr } = await asked(program, 'state');
  t.is(exitCode, verbExit.incomplete, `${what}: ${stderr}`);
  t.is(stdout, '', what);
  const line = stderr.split('\n');
  t.is(line.length, 1, stderr);
  t.true(line[0]?.startsWith(`overlay_helper: ${verbs} `), stderr);
  t.regex(stderr, why, what);
  t.regex(stderr, /install it and overlay_helper from one bundle$/, what);
}

for (const kind of kinds) {
  test(`${kind}: found beside the program, whatever that is called and whatever link leads to it`, async (t) => {
    const { program } = await copied(t, kind);
    const link = `${program}-link`;
    await symlink(program, link);
    for (const name of [program, link]) {
      const { exitCode, stderr } = await asked(name);
      t.is(exitCode, verbExit.usage, stderr);
      t.regex(stderr, /^ {2}overlay_helper status /m);
    }
  });

  test(`${kind}: any other file is refused, before the engine reads it`, async (t) => {
    const place = await copied(t, kind);
    const whole = await readFile(place.verbs);
    const write = async (content: Uint8Array): Promise<void> => writeFile(place.verbs, content);
    for (const size of [0, 1, whole.length >> 1, whole.length - 1]) {
      await write(whole.subarray(0, size));
      await refuses(t, place, new RegExp(` has ${size} bytes, and not ${whole.length}: `), `cut at ${size}`);
    }
    await write(Buffer.concat([whole, Buffer.of(0)]));
    await refuses(t, place, new RegExp(` has ${whole.length + 1} bytes, `), 'longer');
    for (const at of [0, 1, 63, 64, whole.length >> 1, whole.length - 1]) {
      const altered = Buffer.from(whole);
      altered[at] = (altered[at] ?? 0) ^ 1;
      await write(altered);
      await refuses(t, place, / is damaged, or of another overlay_helper; /, `one bit of byte ${at}`);
    }
    await write(whole);
    t.is((await asked(place.program)).exitCode, verbExit.usage);

    await rm(place.verbs);
    await refuses(t, place, / cannot be read: open ENOENT; /, 'missing');
    await symlink('nowhere', place.verbs);
    await refuses(t, place, / cannot be read: open ENOENT; /, 'a link to nothing');
    await rm(place.verbs);
    await mkdir(place.verbs);
    await refuses(t, place, / is no regular file; /, 'a directory');
    await rm(place.verbs, { recursive: true });
    await execa('mkfifo', [place.verbs]);
    await refuses(t, place, / is no regular file; /, 'a FIFO');
  });

  test(`${kind}: what a boot asks, and the version, need none`, async (t) => {
    const place = await copied(t, kind);
    await rm(place.verbs);
    const version = await asked(place.program, 'version');
    t.is(version.exitCode, 0, version.stderr);
    t.regex(version.stdout, /^overlay_helper \d+\.\d+\.\d+, QuickJS \S+ \(overlaykit\.plan\/\d+\)$/);
    t.deepEqual(await asked(place.program, 'version', 'more'), {
      exitCode: verbExit.usage,
      stdout: '',
      stderr: 'usage: overlay_helper version',
    });
    for (const words of [
      ['verify', '/nothing', 'rung'],
      ['enter', '/nothing', 'rung'],
      ['boot', '/nothing', 'x'],
    ]) {
      const { exitCode, stderr } = await asked(place.program, ...words);
      t.not(exitCode, verbExit.incomplete, `${words[0]}: ${stderr}`);
      t.not(exitCode, verifyExit.fit, words[0]);
      t.notRegex(stderr, /\.verbs/, words[0]);
    }
  });
}

test('the verbs of another build are refused by their size, or by their digest', async (t) => {
  const place = await copied(t, 'release');
  const other = await programOf('sys.write(1, "other")', 'release');
  await copyFile(`${other}.verbs`, place.verbs);
  await refuses(
    t,
    place,
    / has \d+ bytes, and not \d+: it is cut short, or of another overlay_helper; /,
    'another',
  );
  t.is((await asked(other, 'anything')).stdout, 'other');
});

test('the digest is SHA-256, whatever the length of what is digested', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-verbs-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [program, file] = [join(folder, 'sha256'), join(folder, 'data')];
  const native = join(packageRoot(), 'src/helper/native');
  await execa('gcc', [
    ...['-O1', '-Wall', '-Wextra', '-Werror', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
    ...['-I', native, '-o', program],
    ...[join(packageRoot(), 'test/support/sha256.c'), join(native, 'sha256.c')],
  ]);
  const data = Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 37 + 250) % 256));
  await writeFile(file, data);
  const { stdout } = await execa(program, [file]);
  // All lengths around the borders of its blocks: the last one has room for the length, or has not.
  const beginnings = Array.from({ length: data.length + 1 }, (_, length) => sha256(data.subarray(0, length)));
  t.deepEqual(stdout.split('\n'), beginnings);
});
