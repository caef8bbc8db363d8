/** Looks at a board: facts, releases, boot loaders. Reads, and changes nothing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Device, type Outcome, program, type RunOptions, script, succeeded } from '../device/device.ts';
import { knownValue } from '../device/facts/facts.ts';
import { probe } from '../device/facts/probe.ts';
import { Failure } from '../diagnostics/diagnostic.ts';
import { parseLibrary, usedFunctions } from '../render/library.ts';
import { quote } from '../render/quote.ts';
import { packageRoot } from '../system/package-root.ts';
import { grubCfg, isBehind } from './loaders/grub.ts';
import { loaders } from './loaders/index.ts';
import type { Loader } from './loaders/loader.ts';
import { environmentWords } from './loaders/u-boot.ts';
import { baseRoot, type FoundLoader, type Look, mountAt, readLook, type Scene } from './scene.ts';
import type { Wants } from './wants.ts';

/** Bytes of a boot loader's configuration; Debian's grub.cfg has 10 KiB. */
const loaderLimit = 1 << 20;

/** @throws Failure OVL601 where the board cannot be asked, and those of Device.run */
export async function lookAt(device: Device, wants: Wants, signal?: AbortSignal): Promise<Scene> {
  const facts = await probe(device, {
    paths: [...wants.requires.mountPoints, wants.requires.init],
    ...(signal === undefined ? {} : { signal }),
  });
  const root = baseRoot(facts);
  const look = await lookAgain(device, root, signal);
  const programs = new Set((knownValue(facts.programs.found) ?? []).map(({ name }) => name));
  const found: FoundLoader[] = [];
  for (const loader of loaders) {
    const one = await findLoader(device, loader, {
      ...(wants.bootLoader?.type === loader.kind && wants.bootLoader.file !== undefined
        ? { file: wants.bootLoader.file }
        : {}),
      programs,
      // What is mounted on its own is where it is; the rest lies in the root under the union.
      place: (path) =>
        isMountedApart(path, (target) => mountAt(facts, target) !== undefined) ? path : `${root}${path}`,
      ...(signal === undefined ? {} : { signal }),
    });
    if (one !== undefined) found.push(one);
  }
  return { ...look, facts, root, loaders: found };
}

/** Only what changes from boot to boot. */
export async function lookAgain(device: Device, root: string, signal?: AbortSignal): Promise<Look> {
  const outcome = await runDeploy(device, 'look', [root], reading(signal));
  const look = readLook(outcome.stdout.toString('utf8'));
  if (look !== undefined) return look;
  throw new Failure({
    code: 'OVL601',
    severity: 'error',
    message: 'the board does not say what is deployed on it',
    because: outcome.stderr.toString('utf8').trim().slice(0, 200) || 'its shell gave no answer',
    boardState: 'unchanged',
  });
}

/** Runs one function of rootfs-scripts/deploy.sh on the board. */
export async function runDeploy(
  device: Device,
  verb: string,
  words: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return device.run(script(await deployScript(verb), ...words), options);
}

/** What is called, and nothing else: a board reads each script byte by byte where it is too long for a command. */
async function deployScript(verb: string): Promise<string> {
  const text = await readFile(join(packageRoot(), 'rootfs-scripts', 'deploy.sh'), 'utf8');
  const call = `deploy_${quote(verb)} "$@"`;
  const used = usedFunctions(parseLibrary([{ name: 'deploy.sh', text }]), call);
  const code = used.map((one) => one.text.replace(/^ *#.*\n/gm, ''));
  return [...code, call, ''].join('\n');
}

interface Finding {
  /** The only place to look at. */
  readonly file?: string;
  readonly programs: ReadonlySet<string>;
  readonly place: (path: string) => string;
  readonly signal?: AbortSignal;
}

async function findLoader(device: Device, loader: Loader, how: Finding): Promise<FoundLoader | undefined> {
  if (loader.kind === 'u-boot') {
    if (!how.programs.has('fw_setenv') || !how.programs.has('fw_printenv')) return undefined;
    const path = how.file ?? 'fw_setenv';
    const text = await output(device, ['fw_printenv', ...environmentWords(path)], how.signal);
    return text === undefined ? undefined : { kind: loader.kind, path, text };
  }
  if (loader.kind === 'grub-d') {
    if (!how.programs.has('update-grub')) return undefined;
    const path = how.place(how.file ?? loader.paths[0] ?? '');
    const text = (await output(device, ['cat', path], how.signal)) ?? '';
    const made = await output(device, ['cat', how.place(grubCfg.paths[0] ?? '')], how.signal);
    return { kind: loader.kind, path, text, isBehind: isBehind(text, made) };
  }
  const paths = how.file === undefined ? loader.paths : [how.file];
  for (const path of paths.map(how.place)) {
    const text = await output(device, ['cat', path], how.signal);
    if (text !== undefined) return { kind: loader.kind, path, text };
  }
  return undefined;
}

async function output(
  device: Device,
  words: readonly [string, ...string[]],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const outcome = await device.run(program(...words), { ...reading(signal), limit: loaderLimit });
  return succeeded(outcome) ? outcome.stdout.toString('utf8') : undefined;
}

function isMountedApart(path: string, isMounted: (target: string) => boolean): boolean {
  const parts = path.split('/').slice(1, -1);
  return parts.some((_, index) => isMounted(`/${parts.slice(0, index + 1).join('/')}`));
}

function reading(signal: AbortSignal | undefined): RunOptions {
  return { boardState: 'unchanged', ...(signal === undefined ? {} : { signal }) };
}
