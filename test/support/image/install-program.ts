/** Run as another user by the tests: installs their bundle into the image of the first argument, into the second. */
import { installBundle } from '../../../src/image/index.ts';
import { installRequest } from './request.ts';

const [, , image, out] = process.argv;
if (image === undefined || out === undefined) throw new Error('IMAGE and OUT are needed');
await installBundle(installRequest(image, out));
