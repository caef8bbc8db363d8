/** The line of the lab shell: QEMU connects to our socket when it starts. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Console } from '../console.ts';

export class ShellLine {
  readonly console: Console;
  readonly #server: Server = createServer((socket) => this.#connected(socket));
  #socket: Socket | undefined;

  /** @param quoted what diagnostics quote of the board: this line says nothing of a panic */
  constructor(quoted: () => string) {
    this.console = new Console((text) => this.#socket?.write(text), quoted);
  }

  async listen(path: string): Promise<void> {
    this.#server.listen(path);
    await once(this.#server, 'listening');
  }

  /** Lets go of the socket; the waits on this line end with console.end(). */
  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }

  #connected(socket: Socket): void {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.console.feed(bytes));
    socket.on('error', () => undefined);
    this.#server.close();
  }
}
