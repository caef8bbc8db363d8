/** The programs of this machine, by what a person wants to do. */
import { architectures } from '../board/schema.ts';
import type { Diagnostic, Severity } from '../diagnostics/diagnostic.ts';
import { emulated, rowOf, x86_64 } from '../lab/hardware.ts';
import { findTool, type ToolName, tools } from '../system/tools.ts';
import { targets } from '../toolchain/targets.ts';

export const purposes = ['build', 'image', 'lab', 'deploy'] as const;
export type Purpose = (typeof purposes)[number];

/** What is called for each purpose; the tests of overlaykit itself need more. */
const needed: Readonly<Record<Purpose, readonly ToolName[]>> = {
  build: ['gcc', 'musl-gcc', 'apt-get', 'xz', 'tar'],
  image: ['mksquashfs', 'unsquashfs', 'mkfs.cramfs'],
  lab: [
    ...([
      'qemu-system-x86_64',
      'setpriv',
      'busybox',
      'sqfstar',
      'cpio',
      'depmod',
      'dpkg-deb',
      'apt-get',
    ] as const),
    ...([
      'apt-cache',
      'xz',
      'zstd',
      'mkfs.jffs2',
      'mkfs.ext4',
      'unshare',
      'nsenter',
      'losetup',
      'script',
    ] as const),
    ...(['dropbear', 'dropbearkey'] as const),
  ],
  deploy: ['ssh'],
};

export interface HostTool {
  readonly purpose: Purpose;
  readonly name: ToolName;
  readonly reason: string;
  readonly package: string;
  /** Absent where it is not installed. */
  readonly path?: string;
}

export function hostTools(purpose?: Purpose): readonly HostTool[] {
  return purposes
    .filter((one) => purpose === undefined || one === purpose)
    .flatMap((one) =>
      needed[one].map((name) => {
        const path = findTool(name);
        const { reason, package: debianPackage } = tools[name];
        return {
          purpose: one,
          name,
          reason,
          package: debianPackage,
          ...(path === undefined ? {} : { path }),
        };
      }),
    );
}

/** A line a program, a part a purpose; then what plays each architecture in the lab, and what compiles the helper for it. */
export function hostToolsWords(list: readonly HostTool[]): string {
  const parts = purposes.flatMap((purpose) => {
    const rows = list.filter((tool) => tool.purpose === purpose);
    if (rows.length === 0) return [];
    const lines = rows.map(
      ({ name, path, reason }) => `  ${name.padEnd(20)}${path ?? 'missing'}: ${reason}\n`,
    );
    return [`${purpose}\n${lines.join('')}`];
  });
  const played = list.some(({ purpose }) => purpose === 'lab') ? [processorWords()] : [];
  return [...parts, ...played, helperWords()].join('\n');
}

function processorWords(): string {
  const lines = architectures.map((arch) => {
    const { qemu } = emulated.includes(arch) ? rowOf(arch) : x86_64;
    const found = findTool(qemu) ?? `missing: apt-get install ${tools[qemu].package}`;
    const own = emulated.includes(arch) ? '' : ", where the board's own programs do not run";
    return `  ${arch.padEnd(20)}played by ${qemu}, ${found}${own}\n`;
  });
  return `virtual boards\n${lines.join('')}`;
}

function helperWords(): string {
  const lines = architectures.map((arch) => {
    const target = targets[arch];
    if (target === undefined) return `  ${arch.padEnd(20)}without: the script does its work\n`;
    const found = findTool(target.compiler) ?? `missing: apt-get install ${tools[target.compiler].package}`;
    return `  ${arch.padEnd(20)}compiled by ${target.compiler}, ${found}\n`;
  });
  return `overlay_helper\n${lines.join('')}`;
}

/** What is missing, once for each program. */
export function missingTools(list: readonly HostTool[], severity: Severity): readonly Diagnostic[] {
  const missing = list.filter(({ path }) => path === undefined);
  const names = [...new Set(missing.map(({ name }) => name))];
  return names.map((name) => ({
    code: 'OVL401',
    severity,
    message: `"${name}" is not installed`,
    because: `it ${tools[name].reason}`,
    fix: `apt-get install ${tools[name].package}`,
  }));
}
