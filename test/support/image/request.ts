/** The bundle that the tests of images put into them. */
import type { InstallRequest } from '../../../src/image/index.ts';

export const files = [
  { path: 'sbin/overlay_init', mode: 0o755, content: Buffer.from('#!/bin/sh\nexec /sbin/init\n') },
  { path: 'sbin/overlay_helper', mode: 0o755, content: Buffer.alloc(700_001, 'helper, in several blocks ') },
  { path: 'etc/overlaykit/plan.json', mode: 0o644, content: Buffer.from('{}\n') },
  { path: 'etc/overlaykit/empty', mode: 0o600, content: Buffer.alloc(0) },
];

export function installRequest(image: string, out: string): InstallRequest {
  return {
    image,
    out,
    files,
    mountPoints: ['/overlay', '/rom', '/tmp'],
    addMountPoints: true,
    requiredApplets: ['mount', 'mkdir'],
    init: '/sbin/init',
  };
}
