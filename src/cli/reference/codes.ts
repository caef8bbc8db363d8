/** docs/reference/codes.md, from the code table. */
import { codes } from '../../diagnostics/codes/index.ts';

/** The first digit of a code, and what its group is about. */
const groups: Readonly<Record<string, string>> = {
  '0': 'The command line',
  '1': 'Board files',
  '2': 'Plans, union systems and storage',
  '3': 'Bundles and root images',
  '4': 'This machine and the lab',
  '5': 'Reaching a board and logging in',
  '6': 'Unsuitable boards',
  '7': 'Deployments',
  '8': 'Layers',
};

export function codesReference(): string {
  const entries = Object.entries(codes).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const sections = Object.entries(groups).flatMap(([digit, title]) => {
    const own = entries.filter(([code]) => code[3] === digit);
    if (own.length === 0) return [];
    return [
      `## ${title}`,
      ...own.map(([code, entry]) => `### ${code}: ${entry.title}\n\n${escaped(entry.explanation)}`),
    ];
  });
  return `${[
    '# Diagnostics',
    '<!-- Generated from src/diagnostics/codes/ by `npm run generate`. Do not edit. -->',
    'Codes are stable: a number never gets a second meaning. `ovl explain CODE` prints the same texts.',
    ...sections,
  ].join('\n\n')}\n`;
}

/** The explanations are plain text; what Markdown would take for its own is kept as it is. */
function escaped(text: string): string {
  return text.replaceAll(/[<*_]/g, '\\$&');
}
