/**
 * An SSH server for the lab's busybox root: dropbear, as small boards have it, without SFTP. It asks for a key, never for a
 * password.
 *
 * In: who may log in, and the server's own key. Out: RootFiles for busyboxRoot().
 */
import { requireTool } from '../../system/tools.ts';
import { programFiles } from './program.ts';
import { directory, file, type RootFile } from './root-file.ts';

/** The line on the console by which the server is known to listen, at port 22. */
export const sshIsUp = 'lab: dropbear listens';

const hostKeyPath = '/etc/dropbear/host_key';

export interface SshServerOptions {
  /** Content of root's authorized_keys. */
  readonly authorizedKeys: string;
  /** In dropbear's own form, as `dropbearkey -f` writes it. */
  readonly hostKey: Uint8Array;
}

/** @throws Failure OVL401 when dropbear is not installed */
export async function sshServer({ authorizedKeys, hostKey }: SshServerOptions): Promise<readonly RootFile[]> {
  return [
    ...(await programFiles(requireTool('dropbear'), '/usr/sbin/dropbear')),
    directory('/etc/dropbear', 0o700),
    file(hostKeyPath, hostKey, 0o600),
    directory('/root', 0o700),
    directory('/root/.ssh', 0o700),
    file('/root/.ssh/authorized_keys', authorizedKeys, 0o600),
    file('/etc/init.d/S50dropbear', service, 0o755),
  ];
}

/** The address is the one that QEMU's network gives a board; the server goes to the background when it listens. */
const service = `#!/bin/sh
[ "$1" = start ] || exit 0
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
dropbear -r ${hostKeyPath} -s -P /run/dropbear.pid -p 22 && echo '${sshIsUp}'
`;
