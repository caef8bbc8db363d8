import type { CodeEntry } from './entry.ts';

/** OVL3xx: Bundles and root images. */
export const bundleCodes = {
  OVL301: {
    title: 'a bundle cannot be read as a tar archive',
    explanation: `The file is no tar archive, is damaged, or ends too early: a broken download, a full disk while it was copied, or the
wrong file. A compressed bundle has to be unpacked first. Nothing was done with what could still be read of it.`,
  },
  OVL302: {
    title: 'a bundle has no valid manifest',
    explanation: `The first entry of every bundle is etc/overlaykit/manifest.json. It names the board, the plan, and each file with its
mode, size and SHA-256; without it nothing in the archive can be trusted. It is missing, not first, or not in the
form of schema overlaykit.bundle/1. A bundle of a newer overlaykit may have a newer schema: use that version to read it.`,
  },
  OVL303: {
    title: 'a bundle names an unsafe path',
    explanation: `Paths in a bundle are relative to the root of the board and go straight down: no leading slash, no "..", no "." and no
control characters. ovl build never writes anything else, so somebody has made this archive by other means. Do not
extract it by hand either.`,
  },
  OVL304: {
    title: 'a bundle holds something other than plain files',
    explanation: `A symbolic link in an archive can send the entries that come after it to any place of the file system, and a device node
gives whoever opens it the device. ovl build packs plain files only, so this archive was made by other means.`,
  },
  OVL305: {
    title: 'a file of a bundle differs from its manifest',
    explanation: `Size, mode or SHA-256 of a file are not those that the manifest gives. The bundle was damaged on its way or changed by
hand. Change the board file and build again instead: overlay_init runs as process 1 of the board, and the digests are
how ovl status later knows that it is still the script that was tested.`,
  },
  OVL306: {
    title: 'the files of a bundle are not those of its manifest',
    explanation: `Every file of a bundle stands in its manifest exactly once, and nothing else is in the archive. A file that is missing was
lost; one that is too many, or there twice, was added later: of two entries with one name tar keeps the last, which
need not be the one that was checked.`,
  },
  OVL307: {
    title: 'a bundle is not packed the way ovl build packs',
    explanation: `All files of the archive are intact, but the archive itself is not the one that ovl build writes from them: other owners
or times, other padding, a second archive behind its end. Programs that read tar differ in what they make of such
things, so what a board extracts need not be what was verified. Use the bundle.tar that ovl build wrote, unchanged.`,
  },
  OVL308: {
    title: 'a bundle is too large',
    explanation: `At most 256 MiB of a bundle are read. The boards that bundles are for have less storage than that, so it is most likely
the wrong file: a whole disk image, for example.`,
  },
} as const satisfies Record<string, CodeEntry>;
