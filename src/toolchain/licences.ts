/**
 * The licences of the packages whose code is in dist/. Whoever passes code on passes its licence on too, so the list comes from
 * what the bundler has put in, and a package that has none ends the build.
 *
 * In: esbuild's metafile and node_modules. Out: the text of dist/LICENSES.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

export const licencesFile = 'LICENSES';

/** The folders of all packages that are in the output, as "node_modules/zod", relative to what the metafile is relative to. */
export function bundledPackages({ outputs }: Pick<Metafile, 'outputs'>): readonly string[] {
  const folders = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs).map(packageFolder));
  return [...new Set(folders)].filter((folder) => folder !== undefined).toSorted();
}

/** "node_modules/a/node_modules/@b/c" for "node_modules/a/node_modules/@b/c/index.js"; undefined for a file of ours. */
function packageFolder(path: string): string | undefined {
  return /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
}

/**
 * Name, version and licence text of each package.
 * @param root what the folders are relative to
 * @throws Error naming all packages without a licence text
 */
export async function licencesText(root: string, folders: readonly string[]): Promise<string> {
  const notices = await Promise.all(folders.map((folder) => noticeOf(root, folder)));
  const bare = notices.filter(({ text }) => text === '').map(({ title }) => title);
  if (bare.length > 0) {
    const reason = 'dist/ would pass on its code without the licence';
    throw new Error(`no licence text in ${bare.join(', ')}: ${reason}; leave the package out of the bundle`);
  }
  // By title and not by folder: the same packages make the same file wherever npm has put them.
  const texts = notices
    .map(({ title, text }) => `${'='.repeat(78)}\n${title}\n${'='.repeat(78)}\n\n${text}\n`)
    .toSorted();
  return `dist/ contains code of these packages:\n\n${[...new Set(texts)].join('\n')}`;
}

interface Notice {
  /** "zod 4.0.0 (MIT)" */
  readonly title: string;
  readonly text: string;
}

/** A notice alone is no licence, and where there is one the licence wants it passed on. */
const licence = /^(licen[cs]e|copying)([-.].*)?$/i;
const notice = /^notice([-.].*)?$/i;

async function noticeOf(root: string, folder: string): Promise<Notice> {
  const from = join(root, folder);
  const { name, version, license } = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const files = (await readdir(from)).toSorted();
  const texts = await Promise.all(
    files
      .filter((file) => licence.test(file))
      .concat(files.filter((file) => notice.test(file)))
      .map(async (file) => ({ file, text: (await readFile(join(from, file), 'utf8')).trim() })),
  );
  const licensed = texts.some(({ file, text }) => licence.test(file) && text !== '');
  return {
    title: `${name} ${version}${license === undefined ? '' : ` (${license})`}`,
    text: licensed ? texts.map(({ text }) => text).join('\n\n') : '',
  };
}
