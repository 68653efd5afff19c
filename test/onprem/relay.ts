/** A line to a domain controller that can be cut and held up. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Relay {
  readonly port: number;
  /** Connections made so far. */
  connections(): number;
  /** Bytes that came from the server so far, on all connections. */
  passed(): number;
  /** How much of what the server says gets through on each connection, and what happens then. */
  fault(after: number, then: 'cut' | 'stall'): void;
  /** Cuts every connection there is; new ones are welcome. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

export async function startRelay(address: string, port: 389 | 636, listenOn = '127.0.0.1'): Promise<Relay> {
  let made = 0;
  let heard = 0;
  let limit = Number.POSITIVE_INFINITY;
  let fault: 'cut' | 'stall' = 'cut';
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    made += 1;
    const far = connect(port, address);
    let passed = 0;
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    near.on('data', (data) => far.write(data));
    far.on('data', (data) => {
      const room = Math.max(0, limit - passed);
      passed += data.length;
      heard += data.length;
      if (data.length <= room) near.write(data);
      else near.write(data.subarray(0, room), () => fault === 'cut' && near.destroy());
    });
  });
  server.listen(0, listenOn);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => made,
    passed: () => heard,
    fault: (after, then) => {
      limit = after;
      fault = then;
    },
    drop: async () => {
      const closed = [...sockets].map((socket) => once(socket.destroy(), 'close'));
      await Promise.all(closed);
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
