/** A line to a server on loopback that tells of everything that passes. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface WireTap {
  readonly port: number;
  close(): Promise<void>;
}

/** What becomes of a piece, either way: it is passed on once that is known, or swallowed. */
export type Passes = () => boolean | Promise<boolean>;

export async function tapWire(port: number, passes: Passes): Promise<WireTap> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      let last = Promise.resolve();
      socket.on('data', (piece) => {
        const asked = passes();
        last = last.then(async () => {
          if (await asked) other.write(piece);
        });
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
