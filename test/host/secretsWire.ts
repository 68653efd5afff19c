/** Everything that comes in over HTTP to the servers of this process, and servers that say back what they are sent. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, request as forward } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface Received {
  readonly port: number;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Unpacked. */
  readonly body: () => Buffer;
}

/** Begins to listen in. */
export function listenIn(): { readonly received: Received[]; stop(): void } {
  const received: Received[] = [];
  const onRequest = (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    const { method = '', url = '', headers, socket } = request;
    received.push({
      port: socket.localPort ?? 0,
      method,
      url,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      body: () => unpacked(Buffer.concat(pieces), headers['content-encoding']),
    });
  };
  subscribe('http.server.request.start', onRequest);
  return { received, stop: () => unsubscribe('http.server.request.start', onRequest) };
}

const unpacked = (body: Buffer, encoding: string | undefined) =>
  encoding === 'gzip' ? gunzipSync(body) : body;

export interface LoopbackServer {
  /** `https://127.0.0.1:1234` */
  readonly origin: string;
  readonly port: number;
  close(): Promise<void>;
}

interface PemPair {
  readonly cert: string;
  readonly key: string;
}

/** What an unfriendly service answers to somebody who shows `authorization`. */
export interface Retort {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers whatever it is asked so. */
export function startRetorting(
  pems: PemPair,
  retort: (authorization: string) => Retort,
): Promise<LoopbackServer> {
  const server = createServer(pems, (request, response) => {
    request.resume().on('end', () => {
      const { status, headers, body } = retort(request.headers.authorization ?? 'nothing');
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(body);
    });
  });
  return listening(server);
}

/** Hands everything on to `origin`, and back. */
export function startRelay(pems: PemPair, origin: string): Promise<LoopbackServer> {
  const server = createServer(pems, (request, response) => {
    const { method, url, headers } = request;
    const onward = forward(new URL(url ?? '', origin), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  return listening(server);
}

async function listening(server: ReturnType<typeof createServer>): Promise<LoopbackServer> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://127.0.0.1:${port}`,
    port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
