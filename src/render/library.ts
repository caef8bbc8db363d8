/**
 * The shell functions of rootfs-scripts/ as data, so that a script carries those it calls and no others.
 *
 * In: the texts of the files. Out: functions by name, each with its comment, the programs it calls and the functions it
 * needs. The form is that of shfmt: a function begins with `name() {` and ends with `}` at the left margin; the comment
 * directly above belongs to it; `applets:` in the comment lists the programs, and `every boot` says that a boot without
 * trouble calls it.
 */
export interface ShellFunction {
  readonly name: string;
  /** Comment and body, without a final newline. */
  readonly text: string;
  readonly applets: readonly string[];
  /** Whether a boot in which nothing is wrong and nothing is asked for calls it. */
  readonly everyBoot: boolean;
}

export interface ShellLibrary {
  readonly functions: readonly ShellFunction[];
  /** Assignments that every script begins with (state.sh). */
  readonly state: string;
}

/** Reads the library. Files come in the order in which their functions are to appear. */
export function parseLibrary(
  files: readonly { readonly name: string; readonly text: string }[],
): ShellLibrary {
  const state = files.find(({ name }) => name === 'state.sh');
  return {
    state: (state?.text ?? '')
      .split('\n')
      .filter((line) => line.startsWith('ovl_'))
      .join('\n'),
    functions: files.flatMap(({ text }) => parseFunctions(text)),
  };
}

function parseFunctions(text: string): readonly ShellFunction[] {
  const functions: ShellFunction[] = [];
  let comment: string[] = [];
  let body: string[] | undefined;
  for (const line of text.split('\n')) {
    if (body !== undefined) {
      body.push(line);
      if (line !== '}') continue;
      functions.push(shellFunction(comment, body));
      comment = [];
      body = undefined;
    } else if (/^[a-z_]+\(\) \{$/.test(line)) {
      body = [line];
    } else {
      comment = line.startsWith('#') ? [...comment, line] : [];
    }
  }
  return functions;
}

function shellFunction(comment: readonly string[], body: readonly string[]): ShellFunction {
  const isApplets = (line: string): boolean => line.startsWith('# applets: ');
  const isMark = (line: string): boolean => line === '# every boot';
  return {
    name: (body[0] ?? '').replace('() {', ''),
    text: [...comment.filter((line) => !isApplets(line) && !isMark(line)), ...body].join('\n'),
    applets: comment.filter(isApplets).flatMap((line) => line.slice('# applets: '.length).split(' ')),
    everyBoot: comment.some(isMark),
  };
}

/** The functions that `script` calls, directly or through others, in the order of the library. */
export function usedFunctions(library: ShellLibrary, script: string): readonly ShellFunction[] {
  const used = new Set<ShellFunction>();
  const visit = (text: string): void => {
    for (const one of library.functions) {
      if (used.has(one) || !calls(text, one.name)) continue;
      used.add(one);
      visit(one.text);
    }
  };
  visit(script);
  return library.functions.filter((one) => used.has(one));
}

/** Whether a line of code, not of comment, has the name as a word. */
export function calls(text: string, name: string): boolean {
  const word = new RegExp(`(^|[^A-Za-z0-9_-])${name}([^A-Za-z0-9_-]|$)`);
  return text.split('\n').some((line) => word.test(line.replace(/(^|\s)#\s.*$/, '')));
}

/** The files of rootfs-scripts/ that make up the library, in the order in which a reader wants their functions. */
export const libraryFiles = [
  'state.sh',
  'boot.sh',
  'plain.sh',
  'release.sh',
  'mounts.sh',
  'make.sh',
  'repair.sh',
  'storage.sh',
  'generations.sh',
  'afterwards.sh',
  'slots.sh',
  'keep.sh',
  'identity.sh',
  'reset-env.sh',
  'reset-button.sh',
  'base.sh',
  'enter.sh',
  'helper.sh',
  'watch.sh',
  'committed.sh',
] as const;
