/** The kernel that runs, against the one that the board file tells of. Pure. */
import { likelyUnion } from '../../board/checks/likely-union.ts';
import { atLeast } from '../../board/version.ts';
import { type Facts, knownValue } from './facts.ts';
import { type Comparison, type Finding, unseen } from './suitable-finding.ts';

export function suitableKernel(comparison: Comparison): readonly Finding[] {
  return [...version(comparison), ...drivers(comparison)];
}

function version({ facts: { kernel }, checked: { board } }: Comparison): readonly Finding[] {
  const path = ['kernel', 'version'];
  if (kernel.release.kind === 'unknown')
    return [unseen(path, 'the version of the kernel', kernel.release.because)];
  const release = /^\d+\.\d+(\.\d+)?/.exec(kernel.release.value)?.[0];
  if (release === undefined) return [unseen(path, 'the version of the kernel', 'its release has no number')];
  const [series, wanted] = [release, board.kernel.version].map((text) =>
    text.split('.').slice(0, 2).join('.'),
  );
  if (series === wanted) return [];
  const older = !atLeast(release, board.kernel.version);
  return [
    {
      code: 'OVL604',
      path,
      severity: older ? 'error' : 'warning',
      message: `the board runs Linux ${release}, the file says ${board.kernel.version}`,
      because: older
        ? 'the plan may use what the older kernel does not have, and mount answers EINVAL then'
        : 'plan and checks are made for the older kernel; they hold for the newer one in all that is known',
      fix: `version: "${release}"`,
    },
  ];
}

interface Driver {
  readonly name: string;
  readonly path: readonly (string | number)[];
  readonly why: string;
}

function neededDrivers({ checked: { board } }: Comparison): readonly Driver[] {
  const union = likelyUnion(board);
  const onStorage = board.storage.type === 'file' ? [] : [board.storage.type];
  return [
    ...onStorage.map((name) => ({ name, path: ['storage', 'type'], why: 'the storage is mounted with it' })),
    ...(union === undefined || !['overlay', 'overlayfs', 'mini_fo', 'unionfs', 'aufs'].includes(union)
      ? []
      : [{ name: union, path: ['union', 'system'], why: 'it is the union system' }]),
    ...board.layers.map(({ type }, index) => ({
      name: type,
      path: ['layers', index, 'type'],
      why: 'a layer is mounted with it',
    })),
    ...board.kernel.filesystems.map((name, index) => ({
      name,
      path: ['kernel', 'filesystems', index],
      why: 'the board file counts on it',
    })),
  ];
}

function drivers(comparison: Comparison): readonly Finding[] {
  const { kernel } = comparison.facts;
  if (kernel.filesystems.kind === 'unknown')
    return [unseen(['kernel', 'filesystems'], 'file systems', kernel.filesystems.because)];
  const said = new Set<string>();
  return neededDrivers(comparison).flatMap((driver) => {
    if (said.has(driver.name)) return [];
    said.add(driver.name);
    return driverFinding(driver, comparison, kernel);
  });
}

function driverFinding(
  { name, path, why }: Driver,
  { checked: { board } }: Comparison,
  kernel: Facts['kernel'],
): readonly Finding[] {
  const listed = knownValue(kernel.filesystems) ?? [];
  const isModule = knownValue(kernel.modules)?.includes(name) === true;
  const isLoadedByPlan = board.kernel.modules.some((module) => module.name === name);
  if (listed.includes(name) && !isModule) return [];
  if (isModule && isLoadedByPlan) return [];
  if (isModule)
    return [
      {
        code: 'OVL605',
        path,
        message: `the kernel has "${name}" only as a module, and kernel.modules does not load it`,
        because: `${why}; nothing loads modules by itself that early in the boot, and mount answers ENODEV`,
        fix: `kernel.modules: [{ name: ${name} }]`,
      },
    ];
  return [
    {
      code: 'OVL605',
      path,
      message: `the kernel of the board has no "${name}"`,
      because: `${why}; it is neither in /proc/filesystems nor a module of this kernel, so mount answers ENODEV`,
      fix: 'use another one that the board has (ovl probe lists them), or build the kernel with it',
    },
  ];
}
