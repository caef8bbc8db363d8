/** Puts the files of a release on the board, beside where it will be: what another release has is copied there, the rest is sent. */
import { sha256 } from '../../bundle/digest.ts';
import { stageBeside } from '../../device/upload/beside.ts';
import type { UploadEntry } from '../../device/upload/tree.ts';
import { quote } from '../../render/quote.ts';
import { type DeployStep, releaseFolder } from '../deployment.ts';
import { originalRelease } from '../preflight.ts';
import { size } from '../words.ts';
import { checked, type Doing, slowMs } from './step.ts';

/**
 * @returns what was sent, for people
 * @throws Failure OVL540 to OVL544 where the files do not come to lie there
 */
export async function stage(what: Doing, step: Extract<DeployStep, { kind: 'stage' }>): Promise<string> {
  const files = step.files.map(({ name, mode }) => {
    const content = what.files.find((file) => file.name === name)?.content;
    if (content === undefined) throw new Error(`no content for ${name}`);
    return entry(name, mode, content);
  });
  // Nothing else: what a failed attempt of the same release has left would count against this one.
  const previous = entry('previous', 0o644, Buffer.from(`${step.previous}\n`));
  const { sent, had } = await put(what, step.release, [...files, previous]);
  const all = sent.files + had;
  return `${sent.files} of ${all} files were sent, ${size(sent.bytes)}${had === 0 ? '' : '; the board had the others'}`;
}

/** What the kernel executed before there was an overlay_init, as a release to go back to. */
export async function keepOriginal(
  what: Doing,
  step: Extract<DeployStep, { kind: 'keep-original' }>,
): Promise<void> {
  await put(what, originalRelease, [
    entry('overlay_init', 0o755, Buffer.from(originalScript(step.init))),
    entry('confirmed', 0o644, Buffer.from('confirmed\n')),
  ]);
  await publish(what, originalRelease);
}

/** Gives a release that was staged its name. */
export async function publish(what: Doing, release: string): Promise<void> {
  const folder = releaseFolder(what.root, release);
  await checked(what, 'publish', [stagedFolder(what, release), folder], 'the release cannot get its name');
}

/** Where a release was staged. */
export function stagedFolder({ staged }: Doing, release: string): string {
  const path = staged.get(release);
  if (path === undefined) throw new Error(`release ${release} was not staged`);
  return path;
}

async function put(
  what: Doing,
  release: string,
  entries: readonly UploadEntry[],
): ReturnType<typeof stageBeside> {
  const folder = releaseFolder(what.root, release);
  const staged = await stageBeside(
    {
      device: what.device,
      folder: folder.slice(0, -release.length - 1),
      name: release,
      silenceMs: slowMs,
      onProgress: ({ bytes, total }) => what.progress({ what: 'release', sent: bytes, total }),
      ...(what.signal === undefined ? {} : { signal: what.signal }),
    },
    entries,
  );
  what.staged.set(release, staged.path);
  return staged;
}

function entry(path: string, mode: number, content: Uint8Array): UploadEntry {
  return { kind: 'file', path, mode, size: content.length, sha256: sha256(content), content };
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
