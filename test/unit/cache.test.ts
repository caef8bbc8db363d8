/** The cache when several want the same at once, when one of them is killed, and when it cannot be made. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { cached } from '../../src/system/cache.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { testWith } from '../support/needs.ts';

const work = await mkdtemp(join(tmpdir(), 'ovl-test-cache-'));
test.after.always(() => rm(work, { recursive: true, force: true }));
process.env.OVL_CACHE = join(work, 'cache');

const loader = pathToFileURL(join(packageRoot(), 'node_modules/tsx/dist/loader.mjs')).href;
const module_ = pathToFileURL(join(packageRoot(), 'src/system/cache.ts')).href;
const withLocks = testWith('flock');

interface Making {
  readonly key: string;
  /** Milliseconds that it takes. */
  readonly takes: number;
}

/** A process of its own that wants something of the cache. It notes in a file that it makes it, and prints its path in the end. */
function another({ key, takes }: Making) {
  const script = `import { appendFile, writeFile } from 'node:fs/promises';
import { cached } from ${JSON.stringify(module_)};
console.log(await cached(${JSON.stringify(key)}, async (folder) => {
  await writeFile(folder + '/content', String(process.pid));
  await appendFile(${JSON.stringify(notesOf(key))}, process.pid + '\\n');
  await new Promise((resolve) => setTimeout(resolve, ${takes}));
}));`;
  return execa('node', ['--import', loader, '--input-type=module', '--eval', script], { timeout: 60_000 });
}

function notesOf(key: string): string {
  return join(work, `notes-${key.replaceAll('/', '-')}`);
}

/** Process numbers of those who have begun to make it. */
async function makers(key: string): Promise<readonly string[]> {
  const text = await readFile(notesOf(key), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

async function begun(key: string): Promise<void> {
  while ((await makers(key)).length === 0) await sleep(10);
}

/** Whether nothing but the result is there. */
async function onlyThere(t: ExecutionContext, path: string): Promise<void> {
  t.deepEqual(await readdir(dirname(path)), ['it']);
}

withLocks('of several processes one makes it, and the others wait for that', async (t) => {
  const key = 'several/it';
  const paths = await Promise.all([1, 2, 3, 4].map(async () => (await another({ key, takes: 300 })).stdout));
  const [path = ''] = paths;
  t.deepEqual(new Set(paths), new Set([join(work, 'cache', key)]));
  t.deepEqual(await makers(key), [await readFile(join(path, 'content'), 'utf8')]);
  await onlyThere(t, path);
});

withLocks('what waits goes on where the other is killed, and takes away what that has left', async (t) => {
  const key = 'killed/it';
  const first = another({ key, takes: 60_000 });
  const ended = t.throwsAsync(first);
  await begun(key);
  const second = another({ key, takes: 0 });
  await sleep(500);
  t.is((await makers(key)).length, 1, 'the second one waits');
  first.kill('SIGKILL');
  await ended;
  const path = (await second).stdout;
  t.is(await readFile(join(path, 'content'), 'utf8'), String(second.pid));
  await onlyThere(t, path);
});

withLocks('who waits is told so, and can be interrupted', async (t) => {
  const key = 'interrupted/it';
  const first = another({ key, takes: 60_000 });
  const ended = t.throwsAsync(first);
  await begun(key);
  const stop = new AbortController();
  let told = 0;
  const waiting = cached(key, () => Promise.reject(new Error('made')), {
    signal: stop.signal,
    onWait: () => {
      told += 1;
      stop.abort(new Error('enough'));
    },
  });
  await t.throwsAsync(waiting, { message: 'enough' });
  t.is(told, 1);
  t.is((await makers(key)).length, 1);
  first.kill('SIGKILL');
  await ended;
});

withLocks('what cannot be made leaves nothing behind, and the next one tries it again', async (t) => {
  const failing = cached('failing/it', async (folder) => {
    await writeFile(join(folder, 'half'), 'x');
    throw new Error('no room');
  });
  await t.throwsAsync(failing, { message: 'no room' });
  t.deepEqual(await readdir(join(work, 'cache', 'failing')), []);
  await onlyThere(t, await cached('failing/it', async () => {}));
});

test.serial('without flock it is made all the same', async (t) => {
  const { PATH } = process.env;
  t.teardown(() => {
    process.env.PATH = PATH;
  });
  const empty = join(work, 'empty');
  await mkdir(empty);
  process.env.PATH = empty;
  await onlyThere(t, await cached('alone/it', async () => {}));
});
