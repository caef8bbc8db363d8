import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { boardJsonSchema } from '../../src/board/json-schema.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { badBoard, documentOf, folder, goodBoard, ovl } from '../support/ovl.ts';

const warnedBoard = goodBoard
  .replace('squashfs, overlay', 'squashfs, jffs2, overlay')
  .replace('{ type: tmpfs, size: 16MiB }', '{ type: jffs2, find: { mtd: storage } }');

test('check: a summary for each file on stdout, all problems of all files on stderr', async (t) => {
  const cwd = await folder(t, { 'good.yaml': goodBoard, 'bad.yaml': badBoard });
  const ran = await ovl(['check', 'good.yaml', 'bad.yaml', 'none.yaml'], { cwd });
  t.is(ran.exitCode, 3);
  t.is(
    ran.stdout,
    '0 errors, 0 warnings in good.yaml\n2 errors, 0 warnings in bad.yaml\n1 error, 0 warnings in none.yaml\n',
  );
  t.regex(ran.stderr, /^bad\.yaml:3:1: error\[OVL110\]/m);
  t.regex(ran.stderr, /"squasfs"/);
  t.regex(ran.stderr, /^error\[OVL420\]: "none\.yaml" does not exist/m);
});

test('check: warnings leave 0, with --strict they make 1', async (t) => {
  const cwd = await folder(t, { 'x.yaml': warnedBoard });
  t.is((await ovl(['check', 'x.yaml'], { cwd })).exitCode, 0);
  const strict = await ovl(['check', '--strict', 'x.yaml'], { cwd });
  t.is(strict.exitCode, 1);
  t.is(documentOf(t, await ovl(['check', '--strict', '--json', 'x.yaml'], { cwd })).ok, false);
  t.is(
    (await ovl(['check', '--strict', 'x.yaml'], { cwd: await folder(t, { 'x.yaml': goodBoard }) })).exitCode,
    0,
  );
});

test('check: with a reporter its lines are the result, on stdout alone', async (t) => {
  const cwd = await folder(t, { 'bad.yaml': badBoard });
  const gcc = await ovl(['check', '--reporter', 'gcc', 'bad.yaml'], { cwd });
  t.is(gcc.stderr, '');
  t.is(gcc.exitCode, 3);
  const lines = gcc.stdout.trimEnd().split('\n');
  t.is(lines.length, 2);
  for (const line of lines) t.regex(line, /^bad\.yaml:\d+:\d+: error: .* \[OVL1\d\d\]$/);
  const github = await ovl(['check', '--reporter', 'github', 'bad.yaml'], { cwd });
  t.regex(github.stdout, /^::error file=bad\.yaml,line=3,/);
  t.is(github.stderr, '');
});

test('check: all shipped boards are without errors', async (t) => {
  const cwd = join(packageRoot(), 'board-configs');
  const boards = (await readdir(cwd)).filter((name) => name.endsWith('.yaml'));
  t.true(boards.length >= 8);
  const ran = await ovl(['check', '-q', ...boards], { cwd });
  t.is(ran.stderr, '');
  t.is(ran.exitCode, 0);
});

test('check: applets that overlay_init needs and the board lacks are named', async (t) => {
  const lacking = `${goodBoard}applets: [sh, umount, mkdir, cat, sleep]\n`;
  const cwd = await folder(t, { 'x.yaml': lacking });
  const ran = await ovl(['check', 'x.yaml'], { cwd });
  t.is(ran.exitCode, 3);
  t.regex(ran.stderr, /^x\.yaml:9:1: error\[OVL222\]: overlay_init needs applets .*\bmount\b/m);
});

test('plan: words, table and JSON say the same', async (t) => {
  const cwd = await folder(t, { 'x.yaml': warnedBoard });
  const words = await ovl(['plan', 'x.yaml'], { cwd });
  t.regex(words.stdout, /mount jffs2 on \/overlay \(rw,noatime\)/);
  t.regex(words.stderr, /^x\.yaml:\d+:\d+: warning\[OVL128\]/);
  const table = await ovl(['plan', '--table', 'x.yaml'], { cwd });
  t.regex(table.stdout, /^rung persistent$/m);
  t.regex(table.stdout, /^ {2}\/overlay +jffs2 +- +rw,noatime$/m);
  t.regex(table.stdout, /^ {2}\/ +overlay +overlay +rw,lowerdir=\/,upperdir=\/overlay\/upper,/m);
  const { plan, tables, digest } = documentOf(t, await ovl(['plan', '--json', 'x.yaml'], { cwd })) as {
    plan: { board: { name: string }; ladder: { name: string }[] };
    tables: Record<string, { target: string; fstype: string }[]>;
    digest: string;
  };
  t.is(plan.board.name, 'good');
  t.deepEqual(Object.keys(tables), ['persistent', 'previous', 'tmpfs', 'read-only']);
  t.is(tables.persistent?.find((mount) => mount.target === '/rom')?.fstype, 'squashfs');
  t.true(words.stdout.startsWith(`good, plan ${digest.slice(0, 12)}\n`));
});

test('schema: the JSON Schema, and with --json a document around it', async (t) => {
  const plain = await ovl(['schema']);
  t.deepEqual(JSON.parse(plain.stdout), boardJsonSchema());
  t.deepEqual(documentOf(t, await ovl(['schema', '--json'])).jsonSchema, boardJsonSchema());
});

const flags = [
  '--name',
  'pole-17',
  '--arch',
  'mips',
  '--kernel',
  '5.15',
  '--root',
  'squashfs',
  '--storage',
  'jffs2',
];

test('init: writes a board file that checks, says where, and never overwrites', async (t) => {
  const cwd = await folder(t);
  const ran = await ovl(['init', ...flags, '--find', 'mtd=rootfs_data'], { cwd });
  t.is(ran.exitCode, 0, ran.stderr);
  t.is(ran.stdout, 'pole-17.yaml\n');
  const written = await readFile(join(cwd, 'pole-17.yaml'), 'utf8');
  t.regex(written, /mtd: "rootfs_data"/);
  t.is((await ovl(['check', 'pole-17.yaml'], { cwd })).exitCode, 0);
  const again = await ovl(['init', ...flags, '--kernel', '6.1'], { cwd });
  t.is(again.exitCode, 4);
  t.regex(again.stderr, /^error\[OVL425\]: "pole-17\.yaml" is in the way/);
  t.is(await readFile(join(cwd, 'pole-17.yaml'), 'utf8'), written);
});

test('init: answers that the vocabulary refuses are told apart from bad boards', async (t) => {
  const cwd = await folder(t);
  for (const [option, value, message] of [
    ['--name', 'two words', /--name is "two words"\n {3}fix {6}such as/],
    ['--kernel', 'new', /--kernel is "new"\n {3}fix {6}such as 5\.15/],
    ['--arch', 'vax', /'vax' is invalid/],
    ['--find', 'mtd', /--find is "mtd"/],
    ['--find', 'name=x', /--find is "name=x"/],
  ] as const) {
    const ran = await ovl(['init', ...flags, option, value], { cwd });
    t.is(ran.exitCode, 2, ran.stderr);
    t.regex(ran.stderr, message);
  }
  t.deepEqual(await readdir(cwd), []);
});

test('init: every type of storage makes a board file that checks, and a plan where plans are made', async (t) => {
  for (const storage of ['jffs2', 'ubifs', 'ext4', 'f2fs', 'file', 'tmpfs']) {
    const cwd = await folder(t);
    const answers = [...flags, '--storage', storage, '-o', 'x.yaml'];
    t.is((await ovl(['init', ...answers], { cwd })).exitCode, 0);
    t.is((await ovl(['check', 'x.yaml'], { cwd })).exitCode, 0);
    const plan = await ovl(['plan', 'x.yaml'], { cwd });
    const built = storage !== 'ubifs' && storage !== 'file';
    t.is(plan.exitCode, built ? 0 : 3, plan.stderr);
    if (!built) t.regex(plan.stderr, /error\[OVL212\]: storage\.type "\w+" is understood, but not built yet/);
  }
});

test('explain: codes, keys and steps, however they are written', async (t) => {
  const code = await ovl(['explain', 'OVL401']);
  t.regex(code.stdout, /^OVL401: a tool is not installed on this machine\n\n/);
  t.deepEqual(await ovl(['explain', 'ovl401']), code);
  t.deepEqual(await ovl(['explain', '401']), code);
  t.regex((await ovl(['explain', 'storage.wait'])).stdout, /^storage\.wait: /);
  t.deepEqual(await ovl(['explain', 'wait']), await ovl(['explain', 'storage.wait']));
  t.regex((await ovl(['explain', 'find-storage'])).stdout, /^find-storage: waits for the storage device/);
  t.regex(
    (await ovl(['explain', 'choose-generation'])).stdout,
    /^choose-generation: chooses the upper that boots/,
  );
  t.regex((await ovl(['explain', 'reset'])).stdout, /^reset: What asks for a factory reset/);
  t.regex((await ovl(['explain', 'storage.wiat'])).stderr, /fix {6}storage\.wait {3}\(did you mean this\?\)/);
});
