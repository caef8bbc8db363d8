/**
 * A script for the helper's engine in place of the helper: makes the calls of the native module that a file lists, and
 * prints one line of JSON for each. Bundled and linked by the tests; it runs in QuickJS, not in Node.
 */
declare const sys: Readonly<Record<string, unknown>> & {
  args(): readonly string[];
  readJson(path: string, maxBytes: number, maxDepth: number): readonly (readonly unknown[])[];
  write(fd: 1 | 2, bytes: string): boolean;
  exit(code: number): void;
};

const digits = '0123456789abcdef';
const [, list = ''] = sys.args();
const calls = sys.readJson(list, 1024 * 1024, 10);

for (const [name, ...values] of calls) {
  sys.write(1, `${json(outcome(name as string, values))}\n`);
}
sys.exit(0);

function outcome(name: string, values: readonly unknown[]): unknown {
  const call = sys[name];
  // Constants are read, functions are called.
  if (typeof call !== 'function') return { value: call };
  try {
    return { value: call(...values) };
  } catch (error) {
    const { name: kind, message, code, errno, syscall, path } = error as Record<string, unknown>;
    return { error: { kind, message, code, errno: typeof errno, syscall, path } };
  }
}

/** The engine is linked without its JSON object. Strings are bytes, so every character is below 256. */
function json(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`;
  if (typeof value !== 'object') return `${value}`;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{${entries.map(([key, one]) => `${quoted(key)}:${json(one)}`).join(',')}}`;
}

function quoted(text: string): string {
  let out = '"';
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const plain = code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c;
    out += plain ? text.charAt(index) : `\\u00${digits.charAt(code >> 4)}${digits.charAt(code & 15)}`;
  }
  return `${out}"`;
}
