/** Building the helper: the same bytes everywhere, and one clear diagnostic for each thing that can be missing or wrong. */
import {
  appendFile,
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import type { Failure } from '../../src/diagnostics/diagnostic.ts';
import { cacheDir } from '../../src/system/cache.ts';
import { findTool } from '../../src/system/tools.ts';
import { compileScripts, scriptCompiler } from '../../src/toolchain/bytecode.ts';
import { hostCompiler } from '../../src/toolchain/compiler.ts';
import { engine, engineSource } from '../../src/toolchain/engine.ts';
import { type BuiltHelper, buildHelper, type HelperOptions } from '../../src/toolchain/helper.ts';
import { placesOf } from '../../src/toolchain/places.ts';
import { bundleScript } from '../../src/toolchain/script.ts';
import type { Architecture } from '../../src/toolchain/targets.ts';
import { failsWith, withEnvironment } from '../support/building.ts';
import { copyPackage } from '../support/package-copy.ts';

let scratch = '';
let source = '';
test.before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ovl-build-'));
  source = await engineSource(process.env.OVL_QUICKJS_SOURCE);
  await buildHelper({ arch: 'x86_64', engineSource: source, fromSource: true });
  // A cache without a helper in it, but with what takes long to make.
  await mkdir(join(scratch, 'cache'));
  for (const name of ['qjsc', 'quickjs', 'quickjs-objects']) {
    await symlink(join(cacheDir(), name), join(scratch, 'cache', name));
  }
});
test.after.always(() => rm(scratch, { recursive: true, force: true }));

/** A build whose helper is not in the cache yet. */
async function build(options: Partial<HelperOptions>): Promise<BuiltHelper> {
  return withEnvironment({ OVL_CACHE: join(scratch, 'cache') }, () =>
    buildHelper({ arch: 'x86_64', engineSource: source, fromSource: true, ...options }),
  );
}

/** A program that plays a compiler: `body` is shell text. */
async function shellCompiler(name: string, body: string): Promise<string> {
  const folder = join(scratch, `compiler-${name}`);
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'fake-gcc');
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path.slice(0, -'gcc'.length);
}

/** One that says what it is, and does something else when it is to compile. */
async function fakeCompiler(name: string, machine: string, body: string): Promise<string> {
  const answers = `-dumpmachine) echo ${machine}; exit;; --version) echo fake ${name}; exit;; -E) exit;;`;
  return shellCompiler(name, `case "$1" in ${answers} esac\n${body}`);
}

/** The real one, but for what it does when it links; there `real` is its path. */
async function misleadingLinker(name: string, body: string): Promise<string> {
  const real = findTool('musl-gcc');
  const linking = 'link=no; for word; do case $word in -static) link=yes;; esac; done';
  return shellCompiler(
    name,
    `real=${real}\n${linking}\nif [ $link = yes ]; then ${body}; fi\nexec $real "$@"`,
  );
}

test.serial(
  'the same bytes in another folder, with a fresh cache; and only what changed is built again',
  async (t) => {
    const stages: string[] = [];
    const here = await buildHelper({
      arch: 'x86_64',
      fromSource: true,
      progress: (line) => stages.push(line),
    });
    t.log(`overlay_helper x86_64: ${here.bytes} bytes, SHA-256 ${here.sha256}`);
    t.true(here.bytes > 100_000 && here.bytes < 400_000, `${here.bytes}`);
    t.is((await readFile(here.path)).length, here.bytes);
    const copy = await copyPackage();
    t.teardown(copy.remove);
    const module = `import { buildHelper } from './src/toolchain/helper.ts';
    console.log(JSON.stringify(await buildHelper({ arch: 'x86_64' })));`;
    const environment = { OVL_QUICKJS_SOURCE: source };
    const there = JSON.parse(await copy.run(module, environment)) as BuiltHelper;
    t.is(there.sha256, here.sha256);
    t.true(there.path.startsWith(copy.folder));
    t.false((await readFile(here.path)).includes(dirname(here.path)), 'the folder is not in the program');

    t.deepEqual(
      JSON.parse(await copy.run(module, { OVL_QUICKJS_SOURCE: '/nowhere' })),
      there,
      'from the cache',
    );
    await appendFile(join(copy.folder, 'src/helper/native/sys.c'), '/* changed */\n');
    const changed = JSON.parse(await copy.run(module, environment)) as BuiltHelper;
    t.not(changed.path, there.path);
    t.is(changed.sha256, there.sha256, 'a comment changes no byte');
  },
);

test.serial('without esbuild', async (t) => {
  const copy = await copyPackage('esbuild');
  t.teardown(copy.remove);
  const said = await copy.run(`import { buildHelper } from './src/toolchain/helper.ts';
    await buildHelper({ arch: 'x86_64' }).catch(({ diagnostics: [{ code, message, fix }] }) => console.log(code, message, fix));`);
  t.is(said, 'OVL456 esbuild is not installed npm install esbuild, or: ovl build --no-helper');
});

test('an architecture that is not supported', async (t) => {
  for (const arch of ['powerpc', 'constructor', ''] as Architecture[]) {
    await failsWith(t, 'OVL450', /cannot be built for .*\n.*x86_64/, () => buildHelper({ arch }));
  }
});

test.serial('no compiler', async (t) => {
  t.not(findTool('musl-gcc'), undefined);
  await withEnvironment({ PATH: scratch }, async () => {
    await failsWith(t, 'OVL451', /"musl-gcc" is not installed/, () =>
      buildHelper({ arch: 'x86_64', fromSource: true }),
    );
    await failsWith(t, 'OVL451', /"mips-linux-gnu-gcc" is not installed\n.*mips/, () =>
      buildHelper({ arch: 'mips', fromSource: true }),
    );
  });
});

test.serial('a compiler that is not there, is no compiler, or is one for another machine', async (t) => {
  await failsWith(t, 'OVL451', /is not a C compiler that runs here/, () =>
    build({ crossCompile: join(scratch, 'missing-') }),
  );
  await withEnvironment({ CROSS_COMPILE: join(scratch, 'missing-') }, () =>
    failsWith(t, 'OVL451', /missing-gcc" is not a C compiler/, () => buildHelper({ arch: 'x86_64' })),
  );
  const other = await fakeCompiler('mips', 'mips-openwrt-linux-musl', 'exit 0');
  await failsWith(t, 'OVL451', /does not compile for x86_64\n.*mips-openwrt/, () =>
    build({ crossCompile: other }),
  );
});

test.serial('a compiler that fails is quoted', async (t) => {
  const broken = await fakeCompiler(
    'broken',
    'x86_64-linux-musl',
    'echo "fatal error: no sense of humour" >&2; exit 1',
  );
  await failsWith(t, 'OVL455', /failed to compile engine\.c\nfatal error: no sense of humour/, () =>
    build({ crossCompile: broken }),
  );
  const silent = await fakeCompiler('silent', 'x86_64-linux-musl', 'kill -9 $$');
  await failsWith(t, 'OVL455', /SIGKILL/, () => build({ crossCompile: silent }));
});

/** What is wrong with the program that comes out, how it comes about, and what is said. */
const misleading: readonly (readonly [string, string, RegExp])[] = [
  [
    'dynamic',
    'n=$#; while [ $n -gt 0 ]; do w=$1; shift; [ "$w" = -static ] || set -- "$@" "$w"; n=$((n-1)); done',
    /needs a dynamic loader/,
  ],
  ['text', 'echo hello >overlay_helper; exit', /not an ELF program/],
  [
    'foreign',
    '$real "$@" && printf \'\\050\' | dd of=overlay_helper bs=1 seek=18 conv=notrunc 2>/dev/null; exit',
    /for another machine: 64 bit, little endian, ELF machine 40/,
  ],
  [
    'mute',
    "echo 'int main(void){return 3;}' >mute.c; exec $real -static -o overlay_helper mute.c",
    /"overlay_helper version" does not work/,
  ],
];

for (const [name, body, expected] of misleading) {
  test.serial(`what is linked is looked at: ${name}`, async (t) => {
    const compiler = await misleadingLinker(name, body);
    await failsWith(t, 'OVL457', expected, () => build({ crossCompile: compiler }));
    t.deepEqual(await readdir(join(scratch, 'cache', 'helper', 'x86_64')), [], 'nothing half-built stays');
  });
}

test.serial('no mirror that answers', async (t) => {
  const sources = join(scratch, 'sources.list');
  await writeFile(sources, 'deb file:/nowhere/debian trixie main\n');
  const words = { OVL_APT_SOURCES: sources, OVL_CACHE: join(scratch, 'offline') };
  await withEnvironment(words, () =>
    failsWith(t, 'OVL452', /"quickjs" 2025\.04\.26-1\) cannot be fetched/, () => engineSource()),
  );
});

test.serial('a source that is another one, cut short, or not all there', async (t) => {
  const folder = (name: string) => join(scratch, `source-${name}`);
  const named = (name: string) =>
    withEnvironment({ OVL_CACHE: join(scratch, 'fresh') }, () => engineSource(folder(name)));
  for (const name of ['noise', 'empty', 'nothing']) await mkdir(folder(name));
  await writeFile(join(folder('noise'), engine.tarball), 'noise');
  await failsWith(
    t,
    'OVL453',
    /is not the source of QuickJS 2025-04-26, or not all of it\n.*\(5 bytes\)/,
    () => named('noise'),
  );
  await writeFile(join(folder('empty'), engine.tarball), '');
  await failsWith(t, 'OVL453', /\(0 bytes\)/, () => named('empty'));
  await failsWith(t, 'OVL454', /18 of the 18 files .* are missing: quickjs\.c,/, () => named('nothing'));
  await failsWith(t, 'OVL454', /no source of the script engine/, () => named('not-even-a-folder'));

  await cp(source, folder('tree'), { recursive: true });
  t.is(await named('tree'), folder('tree'));
  await truncate(join(folder('tree'), 'quickjs.c'), 100_000);
  await failsWith(t, 'OVL453', /the digest over its sources is/, () => named('tree'));
  await rm(join(folder('tree'), 'dtoa.h'));
  await failsWith(t, 'OVL454', /1 of the 18 files .*: dtoa\.h/, () => named('tree'));
});

test.serial('a compiler without link-time optimisation, with a C library and flags of its own', async (t) => {
  const real = findTool('musl-gcc');
  const body = `for word; do case $word in -flto*) echo "LTO support has not been enabled" >&2; exit 1;; --sysroot=/nowhere) echo sysroot >>"$0.seen";; -fno-strict-aliasing) echo flag >>"$0.seen";; esac; done\nexec ${real} "$@"`;
  const compiler = await shellCompiler('no-lto', body);
  const helper = await build({
    crossCompile: compiler,
    sysroot: '/nowhere',
    flags: ['-fno-strict-aliasing'],
  });
  t.true(helper.bytes > 100_000);
  t.regex(await readFile(`${compiler}gcc.seen`, 'utf8'), /sysroot\nflag/);
});

test.serial('a script that is not one', async (t) => {
  const entry = join(scratch, 'broken.ts');
  await writeFile(entry, 'const = ;\n');
  await failsWith(t, 'OVL456', /cannot be bundled\n.*Expected identifier/s, () => bundleScript(entry, {}));
  const qjsc = await scriptCompiler(source, await hostCompiler());
  await failsWith(t, 'OVL455', /refused the helper\n.*SyntaxError/s, () =>
    compileScripts(qjsc, { boot: '', board: 'const = ;' }, scratch),
  );
});

test.serial('a compiler of scripts that cannot be started, or takes none', async (t) => {
  const place = join(scratch, 'qjsc of elsewhere');
  await mkdir(place);
  const scripts = { boot: '', board: '' };
  const bundled = { script: '', map: '{"version":3,"sources":[],"mappings":""}' };
  const both = async (qjsc: string, said: RegExp): Promise<void> => {
    await failsWith(t, 'OVL455', said, () => compileScripts(qjsc, scripts, scratch));
    await failsWith(t, 'OVL455', said, () => placesOf(qjsc, bundled));
  };
  await both(join(place, 'missing'), /cannot be started\n.*ENOENT/s);
  await writeFile(join(place, 'plain'), 'noise');
  await both(join(place, 'plain'), /cannot be started\n.*EACCES/s);
  // As of a machine with another processor, or without the loader that it was linked for.
  await writeFile(join(place, 'foreign'), `#!${join(place, 'no-loader')}\n`, { mode: 0o755 });
  await both(join(place, 'foreign'), /cannot be started\n.*ENOENT/s);
  await writeFile(join(place, 'failing'), '#!/bin/sh\necho "no such symbol" >&2; exit 127\n', {
    mode: 0o755,
  });
  await both(join(place, 'failing'), /refused the helper\nno such symbol/);
  const failure = await t.throwsAsync(() => placesOf(join(place, 'plain'), bundled));
  t.regex(
    (failure as Failure).diagnostics[0]?.fix ?? '',
    /^rm -r '.*qjsc of elsewhere', and it is built anew/,
  );
});
