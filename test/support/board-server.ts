/**
 * The SSH server of a board in the sandbox. The board has a network of its own, in which nobody is; so a port of loopback is
 * listened at here, and every connection becomes the board's own dropbear inside its namespaces, whichever boot runs.
 */
import { spawn } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { requireTool } from '../../src/system/tools.ts';

const hostKeyPath = '/etc/dropbear/host_key';

export interface BoardServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** @param init number of the board's first process; undefined while it is off: then connections are closed */
export async function boardServer(init: () => number | undefined): Promise<BoardServer> {
  // Bytes that came before dropbear has the socket would be read here and lost.
  const server = createServer({ pauseOnConnect: true }, (socket) => answer(socket, init()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: portOf(server), close: async () => closed(server) };
}

function answer(socket: Socket, pid: number | undefined): void {
  socket.on('error', () => undefined);
  if (pid === undefined) {
    socket.destroy();
    return;
  }
  const namespaces = ['--mount', '--pid', '--net', '--uts', '--ipc', '--root', '--wd'];
  const dropbear = ['/usr/sbin/dropbear', '-i', '-s', '-r', hostKeyPath];
  const child = spawn(requireTool('nsenter'), ['--target', String(pid), ...namespaces, '--', ...dropbear], {
    stdio: [socket, socket, 'ignore'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  // A board that goes off while somebody logs in.
  child.on('error', () => undefined);
  // The board has the connection now; as long as it is held here too, its end would not be seen.
  socket.destroy();
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function closed(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
