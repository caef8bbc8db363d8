/** Tests that need something of the machine. They never pass by skipping: in CI what is missing is a failure. */
import test, { type ImplementationFn } from 'ava';
import { findTool, type ToolName, tools } from '../../src/system/tools.ts';

type Declare = (title: string, implementation: ImplementationFn<[], unknown>) => void;

/** `test`, where the machine has all the tools; else a test that is skipped, or fails in CI, and says what is missing. */
export function testWith(...names: readonly ToolName[]): Declare {
  const missing = names.filter((name) => findTool(name) === undefined);
  const packages = missing.map((name) => tools[name].package);
  return declare(missing.length === 0, `needs ${missing.join(', ')}: apt-get install ${packages.join(' ')}`);
}

/** `test`, where we are root; else as above. */
export const testAsRoot: Declare = declare(process.getuid?.() === 0, 'needs root');

function declare(possible: boolean, reason: string): Declare {
  if (possible) return (title, implementation) => test.serial(title, implementation);
  if (process.env.CI === undefined)
    return (title, implementation) => test.skip(`${title} (${reason})`, implementation);
  return (title) => test(title, (t) => t.fail(reason));
}
