import { execa } from 'execa';
import { boardFile, ready, storageImage, vm } from '../support/shipped-boards.ts';
import { RebootingBoard, sshKeys } from '../support/ssh-board.ts';

vm('a board with dropbear is reached over its network, and comes back after a reboot', async (t) => {
  const keys = await sshKeys();
  const { prepared, image } = await ready(boardFile('lab-jffs2'), { root: { files: keys.rootFiles } });
  const board = await RebootingBoard.start({
    board: prepared.checked.board,
    rootImage: image,
    machine: 'qemu',
    storageImage: await storageImage(),
  });
  const words = ['-F', '/dev/null', '-i', keys.identity, '-p', `${board.port}`, '-o', 'BatchMode=yes'];
  const trust = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'];
  const ssh = (command: string) =>
    execa('ssh', [...words, ...trust, 'root@127.0.0.1', command], { timeout: 60_000, reject: false });
  try {
    t.like(await ssh('echo kept >/etc/kept && sync && cat /etc/hostname'), {
      exitCode: 0,
      stdout: 'factory',
    });
    await ssh('reboot -f');
    await board.boot.exited.catch(() => undefined);
    while (board.boots.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    await board.listens();
    t.is((await ssh('cat /etc/kept')).stdout, 'kept');
  } catch (error) {
    t.log(board.boot.console);
    throw error;
  } finally {
    await board.stop();
  }
});
