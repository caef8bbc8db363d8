/** A root with everything that a squashfs image can hold, made by the kernel. Needs root. */
import { chmod, chown, link, lutimes, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';

/** Fills `root`. The socket in it lives until the test is over. */
export async function makeRootTree(t: ExecutionContext, root: string): Promise<void> {
  const at = (path: string): string => join(root, path);
  const file = async (path: string, content: string | Uint8Array, mode = 0o644): Promise<void> => {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), content);
    await chmod(at(path), mode);
  };
  await file('bin/busybox', machineCode(300_000), 0o755);
  for (const applet of ['sh', 'mount', 'mkdir']) await symlink('busybox', at(`bin/${applet}`));
  await file('usr/sbin/init', '#!/bin/sh\n', 0o755);
  // The merged /usr of Debian and others.
  await symlink('usr/sbin', at('sbin'));
  await file('etc/passwd', 'root:x:0:0::/root:/bin/sh\n');
  await file('etc/shadow', 'root:*:1::::::\n', 0o600);
  await chown(at('etc/shadow'), 0, 42);
  await file('usr/bin/passwd', machineCode(70_000), 0o4755);
  await file('usr/bin/wall', machineCode(9000), 0o2755);
  await chown(at('usr/bin/wall'), 0, 65535);
  await mkdir(at('tmp'));
  await chmod(at('tmp'), 0o1777);
  await mkdir(at('dev'));
  await execa('mknod', [at('dev/console'), 'c', '5', '1']);
  await execa('mknod', [at('dev/far'), 'b', '259', '70000']);
  await execa('mkfifo', [at('dev/initctl')]);
  await listen(t, at('dev/log'));
  await file('usr/lib/a', 'linked');
  await mkdir(at('usr/lib/deep/er'), { recursive: true });
  await link(at('usr/lib/a'), at('usr/lib/deep/er/b'));
  await link(at('usr/lib/a'), at('etc/c'));
  await symlink('/nowhere', at('etc/dangling'));
  await link(at('etc/dangling'), at('etc/dangling2'));
  await file('names/ leading and trailing ', '');
  await file('names/new\nline', 'x');
  await file(`names/${'ä'.repeat(127)}`, 'long');
  await writeFile(Buffer.concat([Buffer.from(at('names/')), Buffer.of(0xff, 0xfe, 0x5c, 0x80)]), 'no UTF-8');
  await writeFile(at('sparse'), 'front');
  await truncate(at('sparse'), 3_000_000);
  await file('exact', Buffer.alloc(131072, 'exactly one block'));
  await file('owned', 'x');
  await chown(at('owned'), 4_000_000_000, 3_000_000_000);
  // Long listings have an index, and more inodes than one metadata block holds.
  for (let index = 0; index < 700; index += 1) await file(`many/file-${index}`, `content ${index % 300}`);
  for (let index = 0; index < 20; index += 1)
    await chown(at(`many/file-${index}`), 1000 + index, 2000 + index);
  await setXattrs(root);
  await lutimes(at('etc/dangling'), 1, 1);
  await lutimes(at('etc/passwd'), 4_294_967_295, 4_294_967_295);
}

/** Bytes that compress like programs do, the same every time. */
function machineCode(bytes: number): Buffer {
  const code = Buffer.alloc(bytes);
  let state = 1;
  for (let at = 0; at < bytes; at += 1) {
    state = (state * 1103515245 + 12345) % 2147483648;
    code[at] = state % 7 === 0 ? state >>> 8 : (at >>> 3) & 0x3f;
  }
  return code;
}

async function setXattrs(root: string): Promise<void> {
  const capability = '0x0100000200200000000000000000000000000000';
  const set = (path: string, name: string, value: string) =>
    execa('setfattr', ['-h', '-n', name, '-v', value, join(root, path)]);
  await set('usr/bin/passwd', 'security.capability', capability);
  await set('usr/bin/passwd', 'user.note', '0x000102ff');
  await set('usr/bin/wall', 'trusted.overlay.note', '0x79');
  await set('usr/lib/a', 'user.shared', `0x${'ab'.repeat(3000)}`);
  for (const path of ['.', 'etc', 'usr/sbin', 'many']) await set(path, 'user.folder', '0x31');
  await set('etc/dangling', 'trusted.link', '0x32');
}

async function listen(t: ExecutionContext, path: string): Promise<void> {
  // A socket's path may have 107 bytes; ours is longer than that in a test's folder.
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  t.teardown(() => server.close());
}
