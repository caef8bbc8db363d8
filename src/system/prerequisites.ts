/** What `npm test` and `npm run demo` need on a machine: installed where that is possible, named in one line where not. */
import { rm, writeFile } from 'node:fs/promises';
import { Failure } from '../diagnostics/diagnostic.ts';
import { runTool } from './process.ts';
import { findTool, type ToolName, tools } from './tools.ts';

/**
 * As root on Debian or Ubuntu, installs what is missing with apt; quick where nothing is.
 *
 * @param say gets a line of progress
 * @throws Failure OVL402 with one line to copy where nothing can be installed from here; OVL405 when apt fails
 */
export async function installPrerequisites(
  names: readonly ToolName[],
  say: (line: string) => void,
): Promise<void> {
  const packages = missingPackages(names);
  if (packages.length === 0) return;
  if (process.getuid?.() !== 0 || findTool('apt-get') === undefined) {
    throw cannotInstall(
      names,
      `sudo sh -c 'apt-get update && apt-get ${install.join(' ')} ${packages.join(' ')}'`,
    );
  }
  say(`installing ${packages.join(', ')}`);
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' } };
  // Another apt may be at work, as on a machine that has just started; it is waited for, at most this many seconds.
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  await runTool('apt-get', [...wait, 'update'], options);
  await withoutStarting(() => runTool('apt-get', [...wait, ...install, ...packages], options));
  if (missingPackages(names).length > 0) throw cannotInstall(names);
}

/** Asked by Debian's packages before they start a service; 101 is "no". */
const policy = '/usr/sbin/policy-rc.d';

/** Installs without starting what was installed: openssh-server would else listen on all of this machine's addresses. */
async function withoutStarting(work: () => Promise<unknown>): Promise<void> {
  const isOurs = await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' }).then(
    () => true,
    () => false,
  );
  try {
    await work();
  } finally {
    if (isOurs) await rm(policy, { force: true });
  }
}

const install = ['install', '--yes', '--no-install-recommends'];

/** Packages that bring the tools which are not there. */
export function missingPackages(names: readonly ToolName[]): readonly string[] {
  return [...new Set(missing(names).flatMap((name) => tools[name].package.split(' ')))].toSorted();
}

function missing(names: readonly ToolName[]): readonly ToolName[] {
  return names.filter((name) => findTool(name) === undefined);
}

function cannotInstall(names: readonly ToolName[], fix?: string): Failure {
  return new Failure({
    code: 'OVL402',
    severity: 'error',
    message: `missing: ${missing(names).join(', ')}`,
    because: missing(names)
      .map((name) => `${name} ${tools[name].reason}`)
      .join('\n'),
    ...(fix === undefined ? {} : { fix }),
  });
}
