/**
 * One connection to one domain controller: opened once, bound once, and of no more use once anything went wrong
 * with it. ldapts reconnects by itself after a drop, but without binding again (and without StartTLS), so that
 * the next search would be an anonymous one: here it never gets that far.
 */
import { isIP } from 'node:net';
import { Client, Control, type Entry, type SearchOptions } from 'ldapts';
import { within } from '../azure/timeout.ts';
import { DirectoryFailed, directoryFailed, isHidden } from './ldapErrors.ts';

export interface LdapServer {
  /** `ldaps://dc1.corp.contoso.com` or, with `startTls`, `ldap://…`. */
  readonly url: string;
  readonly startTls: boolean;
  /** PEM; the machine's own certificate authorities where absent. */
  readonly ca: string | undefined;
  /** For each single step: connecting, binding, one search, one page. */
  readonly timeoutMs: number;
}

/** What is asked of a search; ldapts's own words. */
export type LdapSearch = Pick<SearchOptions, 'scope' | 'filter' | 'attributes' | 'explicitBufferAttributes'>;

/** LDAP_SERVER_SHOW_DELETED_OID ([MS-ADTS] 3.1.1.3.4.1.14). */
const SHOW_DELETED = '1.2.840.113556.1.4.417';
/** Time for a goodbye; after it the socket is simply closed. */
const GOODBYE_MS = 1000;

export class LdapConnection {
  readonly #client: Client;
  readonly #server: LdapServer;
  readonly #signal: AbortSignal;
  #bound = false;
  #broken = false;

  private constructor(server: LdapServer, signal: AbortSignal) {
    this.#server = server;
    this.#signal = signal;
    this.#client = new Client({
      url: server.url,
      timeout: server.timeoutMs,
      connectTimeout: server.timeoutMs,
      // With tlsOptions ldapts would speak TLS at once on ldap:// too.
      ...(!server.startTls && { tlsOptions: tlsOptions(server) }),
    });
  }

  /** Connects over TLS; does not bind. @throws DirectoryFailed */
  static async open(server: LdapServer, signal: AbortSignal): Promise<LdapConnection> {
    const connection = new LdapConnection(server, signal);
    try {
      if (server.startTls) await connection.#run(() => connection.#client.startTLS(tlsOptions(server)));
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** A simple bind. @throws DirectoryFailed */
  async bind(username: string, password: string): Promise<void> {
    // A bind without a password succeeds as nobody (RFC 4513, 5.1.2), and nobody finds nothing.
    if (username.trim() === '' || password === '') {
      throw new DirectoryFailed(
        'accessDenied',
        'it was to be asked without a user name or a password',
        'final',
      );
    }
    await this.#run(() =>
      this.#client.bind(username, password).catch((error: Error) => {
        // A server may say back what it was sent.
        error.message = error.message.replaceAll(password, '(password)');
        throw error;
      }),
    );
    this.#bound = true;
  }

  /**
   * Everything that matches. Without paging the server answers completely or says that it did not: it has a
   * limit for entries and for time. @throws DirectoryFailed
   */
  async search(base: string, search: LdapSearch): Promise<readonly Entry[]> {
    const { searchEntries } = await this.#run(() => this.#client.search(base, search));
    return searchEntries;
  }

  /**
   * Everything that matches, a page at a time; with `deleted`, deleted objects too, and none where the account
   * may not see them. ldapts takes an empty page for the last one, though a server may send one in between and
   * go on: the caller is told by a last page without entries. @throws DirectoryFailed
   */
  async *pages(
    base: string,
    search: LdapSearch,
    pageSize: number,
    deleted?: 'deleted',
  ): AsyncGenerator<readonly Entry[]> {
    const controls = deleted === undefined ? [] : [new Control(SHOW_DELETED, { critical: true })];
    const pages = this.#client.searchPaginated(base, { ...search, paged: { pageSize } }, controls);
    const next = () =>
      pages.next().catch((error: unknown) => {
        if (deleted !== undefined && isHidden(error)) return { done: true, value: undefined } as const;
        throw error;
      });
    let page = await this.#run(next);
    while (!page.done) {
      yield page.value.searchEntries;
      page = await this.#run(next);
    }
  }

  /** Takes leave and closes the socket, whatever state it is in. Never throws. */
  async close(): Promise<void> {
    this.#broken = true;
    const goodbye = this.#client.unbind().catch(() => undefined);
    await within(GOODBYE_MS, goodbye);
  }

  /** One step: within its time, on the connection that was bound, and none after the first that failed. */
  async #run<T>(step: () => Promise<T>): Promise<T> {
    if (this.#broken || (this.#bound && !this.#client.isBound)) {
      this.#broken = true;
      throw new DirectoryFailed('sourceIncomplete', 'the connection was lost');
    }
    try {
      return await answerTo(step, this.#server.timeoutMs, this.#signal);
    } catch (error) {
      this.#broken = true;
      throw directoryFailed(error);
    }
  }
}

function tlsOptions({ url, ca }: LdapServer) {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return {
    // StartTLS begins on a socket that has forgotten the name, which the certificate must be for.
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    minVersion: 'TLSv1.2' as const,
  };
}

/** ldapts has no timeout for a TLS handshake after StartTLS, and no way to be interrupted. */
async function answerTo<T>(step: () => Promise<T>, milliseconds: number, signal: AbortSignal): Promise<T> {
  const answer = signal.aborted ? 'stopped' : await within(milliseconds, step(), signal);
  if (answer === 'stopped') {
    throw new DirectoryFailed('sourceIncomplete', 'the night is being stopped', 'final');
  }
  if (answer === 'late') {
    throw new DirectoryFailed('sourceIncomplete', `no answer within ${milliseconds / 1000} s`);
  }
  return answer.done;
}
