/** SVG as text: elements, attributes, character data. Every value is escaped here, and nowhere else. */

/**
 * An element. Attributes come in the order given; children are elements already.
 * @param attributes numbers are written with at most two decimals
 */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly string[]
): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(plain(value))}"`);
  return children.length === 0
    ? `<${name}${list.join('')}/>`
    : `<${name}${list.join('')}>${children.join('')}</${name}>`;
}

/** One line of text with its baseline at y. */
export function text(x: number, y: number, look: string, content: string): string {
  return element('text', { x, y, class: look }, escapeXml(content));
}

/** A line of monospaced text, and behind it a less important one; where that begins is left to the font. */
export function textWithRemark(x: number, y: number, content: string, remark: string): string {
  const gap = content === '' ? 0 : 16;
  const behind = remark === '' ? '' : element('tspan', { dx: gap, class: 'dim' }, escapeXml(remark));
  return element('text', { x, y, class: 'mono' }, escapeXml(content), behind);
}

export function box(x: number, y: number, width: number, height: number, look: string): string {
  return element('rect', { x, y, width, height, rx: 8, class: look });
}

/** A line through points; `look` decides whether it ends in an arrow. */
export function path(look: string, ...points: readonly (readonly [number, number])[]): string {
  const d = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${plain(x)} ${plain(y)}`).join('');
  return element('path', { d, class: look });
}

/** The whole picture, with a title for those who cannot see it. */
export function picture(
  width: number,
  height: number,
  title: string,
  style: string,
  ...children: readonly string[]
): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${plain(width)} ${plain(height)}`,
    width,
    height,
    role: 'img',
  };
  const head = [element('title', {}, escapeXml(title)), element('style', {}, escapeXml(style)), arrows];
  return `${element('svg', attributes, '\n', ...[...head, ...children].map((child) => `${child}\n`))}\n`;
}

/** Heads of lines; `style` refers to them. */
const arrows = element(
  'defs',
  {},
  ...['down', 'write', 'read'].map((look) =>
    element(
      'marker',
      {
        id: look,
        viewBox: '0 0 10 10',
        refX: 8,
        refY: 5,
        markerWidth: 7,
        markerHeight: 7,
        orient: 'auto-start-reverse',
      },
      element('path', { d: 'M0 0L10 5L0 10z', class: `${look}-head` }),
    ),
  ),
);

/** XML 1.0: what would end character data or an attribute, and characters that no document may have. */
export function escapeXml(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replace(/[^\t\n -\ud7ff\ue000-\ufffd]/g, '?');
}

function plain(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;
}
