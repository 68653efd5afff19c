/** Between sockets and calls: reads requests, writes answers, and spoils them where a fault says so. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import type { Answer, Call } from './answer.ts';

export interface WireOptions {
  /** Answers a request. `body` is a text where the request has one. */
  readonly answer: (call: Call) => Promise<Answer>;
  /** For the Date header; milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** Milliseconds before every answer. */
  readonly latency: number;
}

export function listener({ answer, now, latency }: WireOptions): RequestListener {
  return (request, response) => {
    const serve = async () => {
      const call = await read(request);
      const reply = await answer(call);
      if (latency > 0) await setTimeout(latency);
      write(response, reply, call, now());
    };
    serve().catch(() => request.socket.destroy());
  };
}

async function read(request: IncomingMessage): Promise<Call> {
  const [path = '', ...search] = (request.url ?? '/').split('?');
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  const body = await text(request);
  return {
    method: request.method ?? 'GET',
    path,
    search: search.join('?'),
    headers: Object.fromEntries(headers),
    body: body === '' ? undefined : body,
  };
}

function write(response: ServerResponse, answer: Answer, call: Call, now: number): void {
  if (answer.wire === 'stall') return;
  if (answer.wire === 'drop') {
    response.socket?.destroy();
    return;
  }
  const { body, headers } = answer;
  const payload = Buffer.from(
    body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body),
  );
  const half = payload.subarray(0, Math.floor(payload.length / 2));
  const requestId = crypto.randomUUID();
  response.sendDate = false;
  response.writeHead(answer.status, {
    ...headers,
    ...(answer.status === 204
      ? {}
      : { 'Content-Length': answer.wire === 'cutShort' ? half.length : payload.length }),
    Date: new Date(now).toUTCString(),
    'request-id': requestId,
    'client-request-id': call.headers['client-request-id'] ?? requestId,
  });
  if (answer.wire === 'cutOff') response.write(half, () => response.socket?.destroy());
  else response.end(answer.wire === 'cutShort' ? half : payload);
}

/** Listens on a free port of the loopback, and returns it. */
export async function listen(server: Server | SecureServer): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
