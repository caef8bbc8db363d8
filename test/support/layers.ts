/** DESIGN.md section 1 as data: what each folder of src/ may import, and what it may not touch. */
import type { Module } from './import-graph.ts';

/** The core, in order: each may import what stands before it. */
const core = ['board', 'steps', 'union', 'plan', 'render'] as const;
const ground = ['diagnostics', 'shared'] as const;
const edges = ['device', 'deploy', 'lab', 'system', 'toolchain'] as const;
const packagesOfCore = ['zod', 'yaml'];

interface Rule {
  /** Folders of src/ beside its own. */
  readonly folders: readonly string[];
  /** Whether a package or node: module may be imported. */
  readonly packages: (name: string) => boolean;
  /** Globals that would be an effect or an accident of the machine. */
  readonly never: readonly RegExp[];
}

const clocksAndChance = [
  /\bDate\.now\b/,
  /\bnew Date\(\)/,
  /\bMath\.random\b/,
  /\bperformance\b/,
  /\bcrypto\./,
];
const effects = [
  /\bprocess\b/,
  /\bfetch\(/,
  /\bset(Timeout|Interval|Immediate)\b/,
  /\bconsole\b/,
  /\bglobalThis\b/,
  /\brequire\(/,
  /\beval\(/,
  /\.toLocale\w+\(/,
  /\blocaleCompare\b/,
  /\bIntl\b/,
];

const pure = { never: [...clocksAndChance, ...effects] } as const;

export const rules: Readonly<Record<string, Rule>> = {
  diagnostics: { folders: [], packages: () => false, ...pure },
  shared: { folders: [], packages: () => false, ...pure },
  ...Object.fromEntries(
    core.map((name, index) => [
      name,
      {
        folders: [...ground, ...core.slice(0, index)],
        packages: (one) => packagesOfCore.includes(one),
        ...pure,
      },
    ]),
  ),
  bundle: {
    folders: [...ground, ...core],
    packages: (name) =>
      [...packagesOfCore, 'tar-stream', 'node:crypto', 'node:stream', 'node:stream/consumers'].includes(name),
    ...pure,
  },
  // Images are read and written with the host's tools, which only system knows how to find and run.
  image: {
    folders: [...ground, ...core, 'bundle', 'system'],
    packages: (name) => name !== 'ssh2',
    never: [/\bprocess\b/],
  },
  layers: {
    folders: [...ground, ...core, 'bundle', 'system'],
    packages: (name) => name !== 'ssh2',
    never: [/\bprocess\b/],
  },
  helper: { folders: ['shared'], packages: () => false, never: [/\bprocess\b/, /\brequire\(/] },
  ...Object.fromEntries(
    edges.map((name) => [
      name,
      {
        folders: [...ground, ...core, 'bundle', 'image', 'layers', ...edges],
        packages: () => true,
        never: name === 'system' || name === 'toolchain' ? [] : [/\bprocess\.(exit|argv|stdout)\b/],
      },
    ]),
  ),
  cli: {
    folders: [...ground, ...core, 'bundle', 'image', 'layers', ...edges],
    packages: () => true,
    never: [],
  },
};

/** What a module does against the rule of its folder, a sentence each. */
export function violations(module: Module, code: string = module.code): readonly string[] {
  const folder = folderOf(module.path);
  const rule = rules[folder];
  if (rule === undefined) return [`${module.path} is in a folder that DESIGN.md does not know`];
  return [
    ...module.imports
      .filter((name) => !allowed(name, folder, rule))
      .map((name) => `${module.path} imports ${name}`),
    ...rule.never.filter((word) => word.test(code)).map((word) => `${module.path} has ${word.source}`),
  ];
}

function allowed(name: string, folder: string, rule: Rule): boolean {
  if (!name.startsWith('src/')) return !name.includes('/src/') && rule.packages(name);
  return folderOf(name) === folder || rule.folders.includes(folderOf(name));
}

function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}
