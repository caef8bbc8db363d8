/** Puts the files of a release on the board, beside where it will be. Files that an interrupted deployment left whole stay. */

import { quote } from '../../render/quote.ts';
import { type DeployStep, releaseFolder } from '../deployment.ts';
import { originalRelease } from '../preflight.ts';
import { digestOnBoard } from './digest.ts';
import { checked, counted, type Doing } from './step.ts';

const cannotWrite = 'a file cannot be written on the board';

export async function stage(what: Doing, step: Extract<DeployStep, { kind: 'stage' }>): Promise<void> {
  const folder = `${releaseFolder(what.root, step.release)}.partial`;
  for (const { name, mode, sha256 } of step.files) {
    const content = what.files.find((file) => file.name === name)?.content;
    if (content === undefined) throw new Error(`no content for ${name}`);
    const path = `${folder}/${name}`;
    if ((await digestOnBoard(what, path)) === sha256) continue;
    await checked(what, 'put', [path, mode.toString(8)], cannotWrite, counted(content, name, what.progress));
  }
  await checked(what, 'put', [`${folder}/previous`, '644'], cannotWrite, Buffer.from(`${step.previous}\n`));
  // What a failed attempt of the same release has left would count against this one.
  await checked(what, 'unmark', [folder], cannotWrite);
}

/** What the kernel executed before there was an overlay_init, as a release to go back to. */
export async function keepOriginal(
  what: Doing,
  step: Extract<DeployStep, { kind: 'keep-original' }>,
): Promise<void> {
  const folder = releaseFolder(what.root, originalRelease);
  const text = Buffer.from(originalScript(step.init));
  await checked(what, 'put', [`${folder}.partial/overlay_init`, '755'], cannotWrite, text);
  await checked(what, 'put', [`${folder}.partial/confirmed`, '644'], cannotWrite, Buffer.from('confirmed\n'));
  await checked(what, 'publish', [folder], cannotWrite);
}

/** The kernel's own order, after the init that it was told. */
export function originalScript(init?: string): string {
  const candidates = [
    ...(init === undefined ? [] : [init]),
    '/sbin/init',
    '/etc/init',
    '/bin/init',
    '/bin/sh',
  ];
  return `#!/bin/sh
# The board without overlaykit, written by ovl deploy: executes what the kernel would have executed.
for init in ${candidates.map(quote).join(' ')}; do
  [ ! -x "$init" ] || exec "$init" "$@"
done
`;
}
