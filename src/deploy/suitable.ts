/** Whether a board is one that a bundle is for: every reason why it is not, at once. Pure. */

import { type Facts, knownValue } from '../device/facts/facts.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { visible } from '../diagnostics/escape.ts';
import type { Wants } from './wants.ts';

/** e_machine and the byte order of an ELF program, for the architectures of board files. */
const machines: Readonly<Record<string, readonly (readonly [machine: number, big: boolean])[]>> = {
  x86_64: [[62, false]],
  i386: [[3, false]],
  aarch64: [[183, false]],
  armhf: [[40, false]],
  armel: [[40, false]],
  mips: [[8, true]],
  mipsel: [[8, false]],
  riscv64: [[243, false]],
  powerpc: [[20, true]],
};

/** Everything but how it is to be written. */
export function checkSuitable(facts: Facts, wants: Wants): readonly Diagnostic[] {
  return [
    ...checkUser(facts),
    ...checkCompatible(facts, wants),
    ...checkArchitecture(facts, wants),
    ...checkFilesystems(facts, wants),
    ...checkApplets(facts, wants),
    ...checkInit(facts, wants),
    ...checkStorage(facts, wants),
  ];
}

export function unsuitable(
  code: Diagnostic['code'],
  message: string,
  because: string,
  fix?: string,
): Diagnostic {
  return {
    code,
    severity: 'error',
    message,
    because,
    ...(fix === undefined ? {} : { fix }),
    boardState: 'unchanged',
  };
}

function checkUser(facts: Facts): readonly Diagnostic[] {
  const user = knownValue(facts.user);
  if (user === undefined || user === 0) return [];
  return [
    unsuitable(
      'OVL611',
      `the login on the board is user ${user}`,
      'only root can mount, and write what the board boots',
      'log in as root: ovl deploy BUNDLE root@HOST',
    ),
  ];
}

function checkCompatible(facts: Facts, wants: Wants): readonly Diagnostic[] {
  if (wants.compatible.length === 0) return [];
  const has = knownValue(facts.machine.compatible);
  const wanted = wants.compatible.map(visible).join(', ');
  if (has === undefined) {
    return [
      unsuitable(
        'OVL603',
        `the bundle is for ${wanted}, and the board does not say what it is`,
        facts.machine.compatible.kind === 'unknown' ? facts.machine.compatible.because : 'it says nothing',
        'take "compatible" out of the board file where the board has no device tree',
      ),
    ];
  }
  if (has.some((one) => wants.compatible.includes(one))) return [];
  return [
    unsuitable(
      'OVL603',
      'the bundle is for another board',
      `it is for ${wanted}; this board is ${has.map(visible).join(', ') || 'nothing that it would say'}`,
      'deploy the bundle of this board, or add the string to "compatible" of the board file',
    ),
  ];
}

function checkArchitecture(facts: Facts, wants: Wants): readonly Diagnostic[] {
  const arch = knownValue(facts.machine.arch);
  const head = wants.helperHead;
  if (arch === undefined || head === undefined || head.length < 20) return [];
  const big = head[5] === 2;
  const machine = big ? ((head[18] ?? 0) << 8) | (head[19] ?? 0) : ((head[19] ?? 0) << 8) | (head[18] ?? 0);
  if ((machines[arch] ?? []).some(([number, order]) => number === machine && order === big)) return [];
  return [
    unsuitable(
      'OVL602',
      `overlay_helper in the bundle is not for ${arch}`,
      `its ELF header says machine ${machine}, ${big ? 'big' : 'little'} endian`,
      'set "arch" in the board file, and build again',
    ),
  ];
}

function checkFilesystems(facts: Facts, wants: Wants): readonly Diagnostic[] {
  const has = knownValue(facts.kernel.filesystems);
  if (has === undefined) return [];
  const modules = knownValue(facts.kernel.modules) ?? [];
  const missing = wants.filesystems.filter((type) => !has.includes(type) && !modules.includes(type));
  if (missing.length === 0) return [];
  return [
    unsuitable(
      'OVL605',
      `the kernel of the board has no ${missing.map(visible).join(', ')}`,
      `/proc/filesystems does not list ${missing.length === 1 ? 'it' : 'them'}, and no module of that name was found`,
      'choose another union or storage in the board file: ovl doctor HOST BOARD',
    ),
  ];
}

function checkApplets(facts: Facts, wants: Wants): readonly Diagnostic[] {
  const found = knownValue(facts.programs.found);
  if (found === undefined) return [];
  const has = new Set(found.map(({ name }) => name));
  const missing = wants.requires.applets.filter((name) => !has.has(name));
  if (missing.length === 0) return [];
  return [
    unsuitable(
      'OVL606',
      `the board lacks ${missing.join(', ')}`,
      'overlay_init calls these programs while the board boots',
      'list what the board has under "applets" of the board file, and build again',
    ),
  ];
}

/** Mount points that the board's root has not. */
export function absentMountPoints(facts: Facts, wants: Wants): readonly string[] {
  const absent = (knownValue(facts.paths) ?? [])
    .filter(({ kind }) => kind === 'absent')
    .map(({ path }) => path);
  return wants.requires.mountPoints.filter((path) => absent.includes(path));
}

function checkInit(facts: Facts, wants: Wants): readonly Diagnostic[] {
  const { init } = wants.requires;
  const kind = (knownValue(facts.paths) ?? []).find(({ path }) => path === init)?.kind;
  if (kind === undefined || kind === 'executable') return [];
  return [
    unsuitable(
      'OVL652',
      `the board has no ${init} that can be executed`,
      'overlay_init executes it in the merged root',
      'name the right one in the board file: enter: { init: ... }',
    ),
  ];
}

/** Plan and probe have to agree on the flash before anything that relies on it is put on the board. */
function checkStorage(facts: Facts, { storage }: Wants): readonly Diagnostic[] {
  const mtds = knownValue(facts.storage.mtd);
  const address = storage?.address;
  if (storage === undefined || address === undefined) return [];
  if (address.by !== 'mtd-name' && address.by !== 'mtd-number') return [];
  const what = address.by === 'mtd-name' ? `MTD ${JSON.stringify(address.name)}` : `mtd${address.number}`;
  const matching = (mtds ?? []).filter((mtd) =>
    address.by === 'mtd-name' ? mtd.name === address.name : mtd.number === address.number,
  );
  const [mtd] = matching;
  const differ = (because: string): readonly Diagnostic[] => [
    unsuitable(
      'OVL608',
      `the plan's storage, ${what}, is not what the board has`,
      because,
      'compare the board file with cat /proc/mtd on the board: ovl doctor HOST BOARD',
    ),
  ];
  if (facts.storage.mtd.kind === 'unknown') return differ(facts.storage.mtd.because);
  if (mtd === undefined || matching.length > 1) {
    return differ(
      `/proc/mtd has ${matching.length === 0 ? 'none' : matching.length} of that ${address.by === 'mtd-name' ? 'name' : 'number'}`,
    );
  }
  const wrong = [
    ...(storage.sizeBytes === undefined || storage.sizeBytes === mtd.size
      ? []
      : [`it has ${mtd.size} bytes, the plan says ${storage.sizeBytes}`]),
    ...(storage.minBytes === undefined || storage.minBytes <= mtd.size
      ? []
      : [`it has ${mtd.size} bytes, the plan wants at least ${storage.minBytes}`]),
    ...(storage.maxBytes === undefined || storage.maxBytes >= mtd.size
      ? []
      : [`it has ${mtd.size} bytes, the plan takes at most ${storage.maxBytes}`]),
    ...(storage.eraseBlockBytes === undefined || storage.eraseBlockBytes === mtd.eraseBlock
      ? []
      : [`its erase blocks have ${mtd.eraseBlock} bytes, the plan says ${storage.eraseBlockBytes}`]),
  ];
  return wrong.length === 0 ? [] : differ(wrong.join('; '));
}
