/** A command on a terminal of its own on the board (a pty), driven from here: its size, its typing. */
import type { ClientChannel, ExecOptions } from 'ssh2';
import type { TerminalOptions } from '../device.ts';

export function ptyOf(terminal: TerminalOptions | undefined): ExecOptions {
  if (terminal === undefined) return {};
  const { type, columns, rows } = terminal.size();
  return { pty: { term: type, cols: columns, rows, width: 0, height: 0, modes: {} } };
}

/** Tells the board when the window changes; ends with the channel. */
export function followSize(channel: ClientChannel, terminal: TerminalOptions | undefined): void {
  if (terminal === undefined) return;
  const stop = terminal.onResize(() => {
    const { columns, rows } = terminal.size();
    channel.setWindow(rows, columns, 0, 0);
  });
  channel.once('close', stop);
}
