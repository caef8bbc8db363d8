/** What people read: its links lead somewhere, its commands exist, and it lists what there is. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { commands } from '../../src/cli/commands.ts';
import { parse } from '../../src/cli/parse.ts';
import { projectFiles } from '../support/project-files.ts';

const files = await projectFiles();
const pages = files.filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md');
const text = (path: string): string => readFileSync(path, 'utf8');

test('every link inside the project leads to a file, and to a heading of it', (t) => {
  const broken = pages.flatMap((page) =>
    [...text(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] ?? '')
      .filter((link) => !/^https?:/.test(link))
      .filter((link) => {
        const [path = '', heading] = link.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        return !existsSync(file) || (heading !== undefined && !headings(text(file)).includes(heading));
      })
      .map((link) => `${page}: ${link}`),
  );
  t.deepEqual(broken, []);
});

test('every ovl command in a guide or in the README is one that ovl takes', async (t) => {
  const lines = pages
    .filter((page) => page === 'README.md' || page.startsWith('docs/guides/'))
    .flatMap((page) => shellLines(text(page)).filter((line) => line.startsWith('ovl ')));
  t.true(lines.length > 25);
  for (const line of lines) {
    const request = await parse(words(line).slice(1), commands, '0.0.0');
    t.is(request.kind, 'run', line);
  }
});

test('the README lists every command and every board', (t) => {
  const readme = text('README.md');
  for (const { name } of commands)
    t.true(readme.includes(`| [\`ovl ${name}\`](docs/reference/cli.md#ovl-${name}) |`), name);
  const boards = files
    .filter((path) => /^board-configs\/.*\.yaml$/.test(path) && !path.includes('/lab-'))
    .map((path) => path.replace(/^board-configs\/(.*)\.yaml$/, '$1'));
  for (const board of boards) t.true(readme.includes(`| [${board}](board-configs/${board}.yaml) |`), board);
});

test('every decision and every guide is listed', (t) => {
  const listed = (list: string, folder: string): readonly string[] =>
    files
      .filter((path) => path.startsWith(folder) && path.endsWith('.md') && path !== list)
      .filter(
        (path) =>
          !text(list).includes(`](${path.slice(dirname(list) === '.' ? 0 : dirname(list).length + 1)})`),
      );
  t.deepEqual(listed('docs/decisions/0001-decisions.md', 'docs/decisions/'), []);
  t.deepEqual(listed('README.md', 'docs/guides/'), []);
});

test('the words of the kernel command line in the README are those that overlay_init knows', (t) => {
  const known = /known: ([a-z ]+)"/.exec(text('rootfs-scripts/boot.sh'))?.[1]?.split(' ') ?? [];
  const told = [...text('README.md').matchAll(/`overlaykit=([a-z]+)`/g)].map((match) => match[1] ?? '');
  t.true(known.length > 3);
  t.deepEqual([...new Set(told)].toSorted(), known.toSorted());
});

test('the reasons in the guide to the rung tmpfs are those that overlay_init gives', (t) => {
  const guide = text('docs/guides/rung-tmpfs.md');
  const scripts = files
    .filter((path) => path.startsWith('rootfs-scripts/'))
    .map(text)
    .join('');
  const reasons = [
    ...['/proc/mtd has no partition of that', ', or more than one', ' bytes, the board file says 0x'],
    ...[
      ' has erase blocks of 0x',
      'no block device has ',
      ' is no block device',
      'read-only; the kernel log says why',
    ],
    ...['the kernel made ', 'in the merged root', 'no executable '],
  ];
  for (const reason of reasons) {
    t.true(guide.includes(reason), `guide: ${reason}`);
    t.true(scripts.includes(reason), `scripts: ${reason}`);
  }
});

/** GitHub's names for headings. */
function headings(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function shellLines(page: string): readonly string[] {
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap((match) => (match[1] ?? '').split('\n'));
}

/** Words of a line as far as the documents need them: quotes, redirections and comments. */
function words(line: string): readonly string[] {
  const [command = ''] = line.split(/ (?:#|>) ?(?=(?:[^']*'[^']*')*[^']*$)/);
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
}
