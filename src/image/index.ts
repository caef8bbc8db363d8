/**
 * Root images: a bundle goes into a squashfs or cramfs image without mounting or unpacking it, and without being root.
 *
 * In: the path of an image, and a bundle's files. Out: a new image in which everything that was there is as it was, or a
 * Failure that names everything that is wrong, with nothing written. This directory imports no ssh2, no `process`, and of
 * what lies below it only the host's mksquashfs (squashfs/pack.ts), which packs what is new.
 */
export { bundleRequest } from './bundle-request.ts';
export { type CramfsEntry, type CramfsOptions, writeCramfs } from './cramfs/build.ts';
export type { ImageMake, ImageType } from './format.ts';
export { type ImageFacts, type ImageLookup, inspectImage, readImageFile } from './inspect.ts';
export { type ImageReport, type InstallRequest, installBundle } from './install.ts';
