/** Opens a root image of any format that overlaykit knows, for as long as `use` takes. */
import { cramfs } from './cramfs/index.ts';
import { detect } from './detect.ts';
import type { ImageFormat, OpenImage } from './format.ts';
import { type ImageSource, openSource } from './source.ts';
import { squashfs } from './squashfs/index.ts';

/** Every root image format. One that is to come (erofs, ext4, romfs) is a folder and a row here. */
const formats: readonly ImageFormat[] = [squashfs, cramfs];

/** @throws Failure OVL350 to OVL354 */
export async function withImage<T>(
  path: string,
  use: (image: OpenImage, source: ImageSource) => Promise<T>,
): Promise<T> {
  const source = await openSource(path);
  try {
    const format = await detect(source, formats);
    return await use(await format.open(source), source);
  } finally {
    await source.close();
  }
}
