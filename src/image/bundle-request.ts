/** What a bundle asks of the root image that it is put into, out of its manifest. */
import { type Bundle, bundleEntries } from '../bundle/bundle.ts';
import type { InstallRequest } from './install.ts';

/** The rest of a request is whoever makes it: which image, where the new one goes, and what may be added. */
export function bundleRequest(
  bundle: Bundle,
): Pick<InstallRequest, 'files' | 'mountPoints' | 'requiredApplets' | 'init'> {
  const { mountPoints, applets, init } = bundle.manifest.requires;
  return { files: bundleEntries(bundle), mountPoints, requiredApplets: applets, init };
}
