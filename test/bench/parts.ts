/**
 * overlay_init with a part of it left out: what `npm run bench -- --only why` compares with the whole. Pure.
 *
 * A part is a function of the library with a body that does less, or a change of the finished script. Every one of them
 * still reaches the same init with the same mounts.
 */
import type { ShellLibrary } from '../../src/render/library.ts';

export interface Part {
  /** What is left out, for people. */
  readonly what: string;
  /** Whether the board has overlay_helper. */
  readonly helper: boolean;
  /** Functions of the library, with what they do instead. */
  readonly bodies: Readonly<Record<string, string>>;
  /** Changes the finished script. */
  readonly script?: (text: string) => string;
}

/** The mounts that the ten lines make, by the same script: nothing is looked at, counted, kept or said. */
const nothingChecked: Part['bodies'] = {
  step: 'shift 2; "$@"',
  read_switches: ':',
  look_at_mounts: "ovl_present=' / /dev /proc '",
  find_mtd: 'ovl_device=mtd0',
  choose_generation: 'ovl_generation=1',
  same_base: ':',
  verify_union: ':',
  settle: ':',
  keep_ledger: ':',
  afterwards: ':',
};

/** The first of each kind is the whole, with which the others are compared. */
export const parts: readonly Part[] = [
  { helper: false, what: 'nothing', bodies: {} },
  { helper: false, what: 'comments', bodies: {}, script: withoutComments },
  { helper: false, what: 'all calls (the script is only read)', bodies: {}, script: onlyRead },
  { helper: false, what: 'say', bodies: { say: ':' } },
  { helper: false, what: 'settle', bodies: { settle: ':' } },
  { helper: false, what: "step's labels and stderr files", bodies: { step: 'shift 2; "$@"' } },
  { helper: false, what: 'read_switches', bodies: { read_switches: ':' } },
  { helper: false, what: 'look_at_mounts', bodies: { look_at_mounts: "ovl_present=' / /dev /proc '" } },
  { helper: false, what: 'find_mtd', bodies: { find_mtd: 'ovl_device=mtd0' } },
  { helper: false, what: 'choose_generation', bodies: { choose_generation: 'ovl_generation=1' } },
  { helper: false, what: 'write_state (in choose_generation)', bodies: { write_state: ':' } },
  { helper: false, what: 'same_base', bodies: { same_base: ':' } },
  { helper: false, what: 'keep_ledger', bodies: { keep_ledger: ':' } },
  { helper: false, what: 'afterwards', bodies: { afterwards: ':' } },
  { helper: false, what: 'verify_union', bodies: { verify_union: ':' } },
  { helper: false, what: 'every check and every word about it', bodies: nothingChecked },
  { helper: true, what: 'nothing', bodies: {} },
  {
    helper: true,
    what: 'later (the background job)',
    bodies: {},
    script: (text) => text.replace(/^ {4}later \d+ \\\n/m, ''),
  },
  {
    helper: true,
    what: 'plain_boot (the script does it, and the helper verifies and enters)',
    bodies: { plain_boot: ':' },
  },
];

/**
 * The library with other bodies.
 * @throws Error where it has no function of that name, so that a renamed one is not measured as costing nothing
 */
export function withBodies(library: ShellLibrary, bodies: Part['bodies']): ShellLibrary {
  const unknown = Object.keys(bodies).filter((name) => !library.functions.some((one) => one.name === name));
  if (unknown.length > 0) throw new Error(`rootfs-scripts has no function ${unknown.join(', ')}`);
  return {
    ...library,
    functions: library.functions.map((one) => {
      const body = bodies[one.name];
      if (body === undefined) return one;
      return { ...one, text: `${one.name}() {\n  ${body}\n}` };
    }),
  };
}

/** Takes comments off lines and their ends. The scripts of the lab's boards have no " # " in any text. */
export function withoutComments(text: string): string {
  const [shebang = '', ...lines] = text.split('\n');
  return [
    shebang,
    ...lines.filter((line) => !/^\s*#/.test(line)).map((line) => line.replace(/ +# .*$/, '')),
  ].join('\n');
}

const beginning = '# --- The boot begins here. ---';

/** @throws Error where the script does not say where the boot begins */
export function onlyRead(text: string): string {
  const at = text.indexOf(beginning);
  if (at === -1) throw new Error(`overlay_init has no line "${beginning}"`);
  return `${text.slice(0, at)}begin\nexec "$init"\n`;
}
