/** Lines of the helper's source in the place of the offsets in its bytecode, which are all that a board knows. */

/** As src/helper/trace.ts says it. */
const form = / at ([\w$]+\+\d+(?: < [\w$]+\+\d+)*) in ((?:boot|board)-[0-9a-f]{8})/g;

/** The text with them, where the helper is one whose table of lines is here; else as the board said it. */
export async function withPlaces(text: string): Promise<string> {
  const scripts = new Set([...text.matchAll(form)].map(([, , script = '']) => script));
  if (scripts.size === 0) return text;
  // It comes with all that builds a helper, for the few boards that have had such trouble.
  const { findPlaces, placeIn } = await import('../toolchain/places.ts');
  const tables = new Map(
    await Promise.all([...scripts].map(async (script) => [script, await findPlaces(script)] as const)),
  );
  return text.replace(form, (said: string, names: string, script: string) => {
    const places = tables.get(script);
    if (places === undefined) return said;
    const lines = names.split(' < ').map((one) => {
      const [name = '', offset = ''] = one.split('+');
      return placeIn(places, name, Number(offset)) ?? one;
    });
    return ` at ${lines.join(' < ')}`;
  });
}
