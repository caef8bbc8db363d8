/** The sections of the probing script → Facts. Pure. Never throws: what cannot be read is unknown, with the reason. */
import { type Fact, type Facts, factsSchemaName, known, knownValue, unknown } from './facts.ts';
import { architecture, clock, filesystems, loadedModules, memory, uptime } from './kernel.ts';
import { deviceTreeStrings, firstLine, lines, wholeNumber } from './lines.ts';
import { factOf, type Section } from './sections.ts';
import * as software from './software.ts';
import { labels, mounts, mtdPartitions, partitions } from './storage.ts';

export interface Asked {
  /** The paths that the script was asked for. */
  readonly paths: readonly string[];
  /** This machine's clock at that moment, in seconds since 1970. */
  readonly hostSeconds: number;
}

export function readFacts(sections: ReadonlyMap<string, Section>, asked: Asked): Facts {
  const read = <T>(name: string, parse: (text: string, bytes: Uint8Array) => T | undefined): Fact<T> =>
    factOf(sections.get(name), parse);
  const textOf = (name: string): string => knownValue(read(name, (text) => text)) ?? '';
  return {
    schema: factsSchemaName,
    kernel: {
      release: read('release', firstLine),
      banner: read('banner', firstLine),
      cmdline: read('cmdline', (text) => text.trim()),
      filesystems: read('filesystems', filesystems),
      loaded: read('loaded', loadedModules),
      modules: read('modules', lines),
    },
    machine: {
      name: read('machine', firstLine),
      arch: archOf(
        read('elf', (_, bytes) => architecture(bytes)),
        read('machine', firstLine),
      ),
      model: read('model', (text) => deviceTreeStrings(text)[0]),
      compatible: read('compatible', deviceTreeStrings),
      memory: read('memory', memory),
      clock: read('clock', (text) => clock(text, asked.hostSeconds)),
      uptime: read('uptime', uptime),
    },
    os: read('os-release', software.osRelease),
    user: read('user', (text) => wholeNumber(text.trim())),
    storage: {
      mtd: read('mtd', (text) => mtdPartitions(text, textOf('mtd-kinds'))),
      partitions: read('partitions', partitions),
      labels: read('block-ids', labels),
      mounts: mountsOf(sections, textOf('room')),
    },
    programs: { found: read('programs', software.programs), busybox: read('busybox', lines) },
    paths: read('paths', (text) => software.pathKindsOf(text, asked.paths)),
    init: initOf(read('pid1-name', firstLine), read('pid1-program', firstLine)),
    boot: {
      files: read('boot-files', lines),
      extlinux: read('extlinux', (text) => text),
      cmdlineTxt: read('cmdline-txt', (text) => text),
      environment: read('uboot-environment', software.ubootEnvironment),
    },
    overlaykit: {
      status: read('status', software.bootStatus),
      manifest: read('manifest', software.manifestFacts),
      helper: read('helper', firstLine),
    },
    scratch: read('scratch', software.scratchResults),
  };
}

/** `uname -m` will do where its answer can mean one thing only. */
const oneMeaning = { i686: 'i386', i586: 'i386', riscv64: 'riscv64', ppc: 'powerpc' } as const;

function archOf(elf: Facts['machine']['arch'], machine: Fact<string>): Facts['machine']['arch'] {
  if (elf.kind === 'known') return elf;
  const name = knownValue(machine);
  if (name !== undefined && Object.hasOwn(oneMeaning, name)) {
    return known(oneMeaning[name as keyof typeof oneMeaning]);
  }
  return name === undefined ? elf : unknown(`${elf.because}, and "${name}" can mean more than one`);
}

function mountsOf(sections: ReadonlyMap<string, Section>, room: string): Facts['storage']['mounts'] {
  const table = factOf(sections.get('mountinfo'), (text) => mounts(text, room));
  if (table.kind === 'known' || !sections.has('mounts')) return table;
  return factOf(sections.get('mounts'), (text) => mounts(text, room));
}

function initOf(name: Fact<string>, program: Fact<string>): Facts['init'] {
  const init = software.initSystem(knownValue(name), knownValue(program));
  if (init !== undefined) return known(init);
  return unknown(name.kind === 'unknown' ? name.because : 'process 1 has no name');
}
