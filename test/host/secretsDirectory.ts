/** A domain controller that tells who it is, and answers a bind with what it was sent. LDAP as in RFC 4511, by hand. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';

const [SEQUENCE, SET, OCTETS, ENUMERATED] = [0x30, 0x31, 0x04, 0x0a];
const [BIND, BIND_RESPONSE, SEARCH, SEARCH_ENTRY, SEARCH_DONE] = [0x60, 0x61, 0x63, 0x64, 0x65];

export interface TalkativeDirectory {
  readonly url: string;
  /** Binds that it was sent. */
  readonly binds: string[];
  close(): Promise<void>;
}

/** `resultCode` of every bind: 49 is invalidCredentials, 53 unwillingToPerform. */
export async function startTalkativeDirectory(
  pems: { readonly cert: string; readonly key: string },
  resultCode: () => number,
): Promise<TalkativeDirectory> {
  const binds: string[] = [];
  const sockets = new Set<TLSSocket>();
  const server = createServer(pems, (socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', (message) => {
      // Messages of less than 128 bytes, one at a time: length and message id take a byte each.
      const start = message[1] === undefined || message[1] < 128 ? 2 : 2 + (message[1] & 0x7f);
      const id = message.subarray(start, start + 3);
      const op = message[start + 3];
      if (op === SEARCH)
        socket.write(Buffer.concat([tlv(SEQUENCE, id, rootEntry()), tlv(SEQUENCE, id, done())]));
      if (op !== BIND) return;
      binds.push(message.toString('latin1'));
      const said = tlv(
        OCTETS,
        Buffer.from(`you sent ${message.toString('latin1').replaceAll(/[^ -~]/g, ' ')}`),
      );
      const code = tlv(ENUMERATED, Buffer.from([resultCode()]));
      socket.write(tlv(SEQUENCE, id, tlv(BIND_RESPONSE, code, tlv(OCTETS), said)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ldaps://127.0.0.1:${(server.address() as AddressInfo).port}`,
    binds,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const tlv = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const value = Buffer.concat(parts);
  const length = value.length < 128 ? [value.length] : [0x82, value.length >> 8, value.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
};
const octets = (text: string) => tlv(OCTETS, Buffer.from(text));

const rootEntry = () => {
  const attributes = { defaultNamingContext: 'DC=corp,DC=example', isSynchronized: 'TRUE' };
  const list = Object.entries(attributes).map(([name, value]) =>
    tlv(SEQUENCE, octets(name), tlv(SET, octets(value))),
  );
  return tlv(SEARCH_ENTRY, octets(''), tlv(SEQUENCE, ...list));
};
const done = () => tlv(SEARCH_DONE, tlv(ENUMERATED, Buffer.from([0])), octets(''), octets(''));
