/** What keeps a text from being a well-formed XML document of elements, attributes and text; undefined where nothing does. */
export function flaw(xml: string): string | undefined {
  const token =
    /<(\/?)([a-zA-Z]+)((?: [\w:-]+="(?:[^"<&]|&(?:amp|lt|gt|quot|#39);)*")*)(\/?)>|(?:[^<>&]|&(?:amp|lt|gt|quot|#39);)+/y;
  const open: string[] = [];
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const [, closing, name, , empty] = token.exec(xml) ?? [];
    if (token.lastIndex <= at) return `at ${at}: ${xml.slice(at, at + 40)}`;
    if (name === undefined || empty === '/') continue;
    if (closing === '') open.push(name);
    else if (open.pop() !== name) return `at ${at}: </${name}>`;
  }
  return open.length === 0 ? undefined : `never closed: ${open.join(' ')}`;
}
