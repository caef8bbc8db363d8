/** `ovl inspect`: what a bundle holds, believed only after verifying it. */

import type { Bundle } from '../../bundle/bundle.ts';
import { bundleLimit, verifyBundle } from '../../bundle/verify.ts';
import { readInput } from '../../system/files.ts';
import type { CommandBody } from '../command.ts';

export const inspect: CommandBody = {
  examples: [
    { line: 'ovl inspect out/bundle.tar', what: 'board, plan, and every file with mode, size and digest' },
    { line: 'ovl inspect --json out/bundle.tar', what: 'the manifest for programs' },
  ],
  arguments: [{ name: 'BUNDLE', what: 'a bundle.tar of ovl build', required: true, completion: 'file' }],
  options: [],
  exits: ['invalid', 'host'],
  run: async ({ words }) => {
    const path = words[0] ?? '';
    const result = await verifyBundle(await readInput(path, bundleLimit), path);
    if (!result.ok) return { data: {}, diagnostics: result.diagnostics };
    return {
      text: describe(result.value),
      data: { manifest: result.value.manifest },
      diagnostics: result.diagnostics,
    };
  },
};

function describe({ manifest }: Bundle): string {
  const width = Math.max(...manifest.files.map((file) => String(file.bytes).length));
  const lines = [
    `board       ${manifest.board.name}`,
    ...manifest.board.compatible.map((name) => `compatible  ${name}`),
    `plan        ${manifest.planDigest}`,
    `overlaykit  ${manifest.overlaykit}`,
    ...manifest.files.map(
      (file) =>
        `${file.mode}  ${String(file.bytes).padStart(width)}  ${file.sha256.slice(0, 12)}  /${file.path}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
