import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { formatFacts } from '../../src/device/facts/recorded.ts';
import { documentOf, folder, goodBoard, ovl } from '../support/ovl.ts';
import { factsOfAnswer, seenBoards } from '../support/seen-boards.ts';

const openwrt = { 'ar150.json': formatFacts(factsOfAnswer(seenBoards.openwrt)) };

test('init from recorded facts writes a board file that checks, and doctor finds the board suitable for it', async (t) => {
  const cwd = await folder(t, openwrt);
  const made = await ovl(['init', '--facts', 'ar150.json'], { cwd });
  t.is(made.exitCode, 0, made.stderr);
  t.is(made.stdout, 'gl-ar150.yaml\n');
  const checked = await ovl(['check', 'gl-ar150.yaml'], { cwd });
  t.is(checked.exitCode, 0, checked.stderr);
  const suits = await ovl(['doctor', '--facts', 'ar150.json', 'gl-ar150.yaml'], { cwd });
  t.is(suits.exitCode, 0, suits.stderr);
  t.is(suits.stdout, 'ar150.json suits gl-ar150.yaml\n');
  t.regex(suits.stderr, /warning\[OVL609\]: \/mnt is not empty/);
});

test('options override what the board told', async (t) => {
  const cwd = await folder(t, openwrt);
  const made = await ovl(
    ['init', '--facts', 'ar150.json', '--name', 'mine', '--storage', 'tmpfs', '-o', 'x.yaml'],
    { cwd },
  );
  t.is(made.exitCode, 0, made.stderr);
  const text = await readFile(join(cwd, 'x.yaml'), 'utf8');
  t.regex(text, /^name: mine$/m);
  t.regex(text, /^ {2}type: tmpfs$/m);
});

test('what neither the facts nor options tell is named, where nobody can be asked', async (t) => {
  const facts = factsOfAnswer({ ...seenBoards.openwrt, elf: '', mountinfo: '', mounts: '' });
  const cwd = await folder(t, { 'f.json': formatFacts(facts) });
  const { exitCode, stderr } = await ovl(['init', '--facts', 'f.json'], { cwd });
  t.is(exitCode, 2);
  t.regex(stderr, /OVL006\]: not given: arch, root/);
});

test('probe shows recorded facts in words and as one document, and writes them back unchanged', async (t) => {
  const cwd = await folder(t, openwrt);
  const shown = await ovl(['probe', '--facts', 'ar150.json', '-o', 'again.json'], { cwd });
  t.is(shown.exitCode, 0, shown.stderr);
  t.regex(shown.stdout, /^kernel {6}5\.15\.150$/m);
  t.is(await readFile(join(cwd, 'again.json'), 'utf8'), openwrt['ar150.json']);
  const json = await ovl(['probe', '--facts', 'ar150.json', '--json'], { cwd });
  const document = documentOf(t, json);
  t.like(document, { schema: 'ovl.probe/1', facts: { schema: 'overlaykit.facts/1' } });
  await writeFile(join(cwd, 'document.json'), json.stdout);
  const again = await ovl(['probe', '--facts', 'document.json'], { cwd });
  t.is(again.stdout, shown.stdout, 'the document of --json is a record too');
});

test('doctor: a board that does not suit its file is exit code 6, at the place in the file', async (t) => {
  const cwd = await folder(t, { ...openwrt, 'good.yaml': goodBoard });
  const { exitCode, stdout, stderr } = await ovl(['doctor', '--facts', 'ar150.json', 'good.yaml'], { cwd });
  t.is(exitCode, 6);
  t.is(stdout, 'ar150.json does not suit good.yaml: 3 reasons\n');
  t.regex(stderr, /^good\.yaml:3:7: error\[OVL602\]: the programs on the board are mips, not x86_64$/m);
  t.regex(stderr, /OVL605\]: the kernel of the board has no "devtmpfs"/);
  t.regex(stderr, /unchanged|nothing/i);
});

test('doctor of this machine: what there is, and what is missing for a purpose', async (t) => {
  const all = await ovl(['doctor', '--json']);
  t.is(all.exitCode, 0, all.stderr);
  const { tools } = documentOf(t, all) as unknown as { tools: readonly { purpose: string; name: string }[] };
  t.deepEqual([...new Set(tools.map(({ purpose }) => purpose))], ['build', 'image', 'lab', 'deploy']);
  const empty = await ovl(['doctor', '--for', 'image'], { env: { PATH: '/nowhere' } });
  if (empty.exitCode === 4) t.regex(empty.stderr, /error\[OVL401\]: "\w[^"]*" is not installed/);
  else t.is(empty.exitCode, 0);
  t.regex(empty.stdout, /^ {2}mksquashfs +\S+: makes squashfs root images$/m);
  t.false(empty.stdout.includes('qemu'));
});

const misuse: readonly (readonly [readonly string[], string, string?])[] = [
  [['probe'], 'OVL003'],
  [['probe', 'host', '--facts', 'x'], 'OVL005'],
  [['probe', 'host', '--ask-password'], 'OVL006'],
  [['probe', 'host', '--host-key', 'abc'], 'OVL004'],
  [['probe', 'host', '--port', '0'], 'OVL004'],
  [['probe', 'host', '--connect-timeout', '10'], 'OVL004'],
  [['probe', 'host', '--scratch', 'a,b'], 'OVL004'],
  [['init', '--from-device', 'host', '--facts', 'x'], 'OVL005'],
  [['doctor', 'host'], 'OVL003'],
  [['doctor', 'host', 'other', 'x.yaml'], 'OVL003'],
];

for (const [words, code] of misuse) {
  test(`ovl ${words.join(' ')} is wrong usage, before anything is connected`, async (t) => {
    const { exitCode, stderr } = await ovl(words);
    t.is(exitCode, 2, stderr);
    t.true(stderr.includes(code), stderr);
  });
}

test('an identity that is not there, a host that is none, and facts that are none', async (t) => {
  const identity = await ovl(['probe', '--identity', '/no/such/key', 'host']);
  t.is(identity.exitCode, 4);
  t.regex(identity.stderr, /OVL420/);
  const host = await ovl(['probe', '--', '-oProxyCommand=x']);
  t.is(host.exitCode, 5);
  t.regex(host.stderr, /OVL501/);
  const cwd = await folder(t, { 'x.json': '{}' });
  const facts = await ovl(['probe', '--facts', 'x.json'], { cwd });
  t.is(facts.exitCode, 3);
  t.regex(facts.stderr, /OVL390/);
});
