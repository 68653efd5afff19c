import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { ForestConfig } from '../../lib/onprem/activeDirectory.ts';
import { createCertificates } from '../tenant/tls.ts';
import { wantedOf } from './asking.ts';
import { forestOf, idOf, NEVER, presenceOf, readAll, refusalOf, sourceOf } from './directoryFixture.ts';
import { type Relay, startRelay } from './relay.ts';
import { describeWithSamba, type SambaDirectory, startSamba } from './samba.ts';
import { guidOf, ouLdif, userLdif } from './sambaSeed.ts';

jest.setTimeout(120_000);

const DOMAIN = 'corp.contoso.test';
/** Three pages. */
const USERS = 2_500;
/** Far more than a test directory needs, however busy the machine. */
const PATIENT_MS = 60_000;
const HOME = { domain: DOMAIN };
/** Administrator, Guest, krbtgt, dns-dc1 and the account that reads. */
const BUILT_IN = 5;
const there = idOf(guidOf('user 7'));
const gone = idOf(guidOf('gone'));

/** Long enough for what happened on a socket to be heard of. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describeWithSamba('a domain controller that fails', () => {
  let samba: SambaDirectory;
  let relay: Relay;
  let other: Relay;
  let relays: Relay[] = [];

  beforeAll(async () => {
    const users = Array.from({ length: USERS }, (_, user) =>
      userLdif(DOMAIN, {
        name: `user${user}`,
        ou: 'OU=Staff',
        consistencyGuid: guidOf(`user ${user}`),
      }),
    );
    samba = await startSamba(DOMAIN, ouLdif(DOMAIN, 'OU=Staff') + users.join(''));
  });
  afterAll(() => samba?.remove());
  const relayTo = async (port: 389 | 636, listenOn?: string) => {
    const made = await startRelay(samba.address, port, listenOn);
    relays.push(made);
    return made;
  };
  beforeEach(async () => {
    relay = await relayTo(636);
    other = await relayTo(636);
  });
  afterEach(async () => {
    await Promise.all(relays.map((made) => made.close()));
    relays = [];
  });

  const both = () => [relay, other].map(({ port }) => `ldaps://127.0.0.1:${port}`);
  const sourceWith = (changes: Partial<ForestConfig> = {}, timeoutMs = PATIENT_MS) =>
    sourceOf([forestOf(samba, relay, changes)], timeoutMs);
  const refusalWith = (changes: Partial<ForestConfig>, timeoutMs?: number) =>
    refusalOf(readAll(sourceWith(changes, timeoutMs), [there, gone]));
  /** What passes through a line that never fails, in one whole read. */
  const wholeRead = async () => {
    const before = relay.passed();
    await readAll(sourceWith(), [there, gone]);
    return relay.passed() - before;
  };

  test('refuses a wrong password, and does not try it on the next one', async () => {
    const { refusal, detail } = await refusalWith({ domainControllers: both(), password: 'Wrong-Horse-1' });
    expect(refusal).toBe('accessDenied');
    expect(detail).toMatch(/the account was refused: the user name or the password is wrong/);
    expect(detail).not.toContain('Wrong-Horse-1');
    expect([relay.connections(), other.connections()]).toEqual([1, 0]);
  });

  test('is not trusted with a certificate of another authority, nor for another name', async () => {
    const { ca } = await createCertificates();
    expect(await refusalWith({ ca })).toMatchObject({
      refusal: 'sourceIncomplete',
      detail: expect.stringContaining('not signed by the certificate authority that was configured'),
    });
    const elsewhere = await relayTo(636, '127.0.0.3');
    const domainControllers = [`ldaps://127.0.0.3:${elsewhere.port}`];
    expect(await refusalWith({ domainControllers })).toMatchObject({
      refusal: 'sourceIncomplete',
      detail: expect.stringContaining('its certificate is for another name'),
    });
  });

  test('is passed over for the next one', async () => {
    const closed = await startRelay(samba.address, 636);
    await closed.close();
    const domainControllers = [`ldaps://127.0.0.1:${closed.port}`, ...both()];
    const source = sourceWith({ domainControllers });
    expect((await readAll(source, [there, gone])).present).toEqual(new Set([there]));
    expect((await presenceOf(source, gone, HOME)).state).toBe('absent');
    expect(await refusalWith({ domainControllers: domainControllers.slice(0, 1) })).toMatchObject({
      refusal: 'sourceIncomplete',
      detail: expect.stringContaining('nothing listens there'),
    });
  });

  test('in the middle of its answer is no answer, wherever it stops', async () => {
    const whole = await wholeRead();
    for (const part of [0, 0.02, 0.3, 0.6, 0.9, 0.99]) {
      relay.fault(Math.floor(whole * part), 'cut');
      const { refusal, detail } = await refusalWith({});
      expect([part, refusal]).toEqual([part, 'sourceIncomplete']);
      expect(detail).toContain(`ldaps://127.0.0.1:${relay.port}`);
    }
    // The next one starts over, and everybody is counted once.
    const { summary, present } = await readAll(sourceWith({ domainControllers: both() }), [there, gone]);
    expect(summary.total).toBe(USERS + BUILT_IN);
    expect(present).toEqual(new Set([there]));
  });

  test('is never asked again on a new line, where it would be asked by nobody', async () => {
    const pages = sourceWith().read(wantedOf([there, gone]), NEVER);
    for (const _page of [1, 2, 3]) expect((await pages.next()).done).toBe(false);
    await relay.drop();
    await turns();
    const { refusal, detail } = await refusalOf(pages.next());
    expect([refusal, relay.connections()]).toEqual(['sourceIncomplete', 1]);
    expect(detail).toContain('the connection was lost');
  });

  test('by falling silent is given up in time', async () => {
    const whole = await wholeRead();
    for (const part of [0, 0.5]) {
      relay.fault(Math.floor(whole * part), 'stall');
      expect(await refusalWith({}, 2_000)).toMatchObject({ refusal: 'sourceIncomplete' });
    }
  });

  test('makes presence unknown when it is asked again', async () => {
    const source = sourceWith();
    await readAll(source, [there, gone]);
    expect((await presenceOf(source, gone, HOME)).state).toBe('absent');
    relay.fault(0, 'cut');
    for (const id of [there, gone]) {
      expect(await presenceOf(source, id, HOME)).toMatchObject({
        state: 'unknown',
        origin: expect.stringContaining('was not read to its end'),
      });
    }
    expect((await presenceOf(sourceWith(), gone, HOME)).state).toBe('unknown');
  });

  test('of another domain is refused before it hears the password', async () => {
    expect(await refusalWith({ domain: 'fabrikam.test', password: 'Wrong-Horse-1' })).toMatchObject({
      refusal: 'sourceIncomplete',
      detail: expect.stringContaining('it serves another domain, DC=corp,DC=contoso,DC=test'),
    });
  });

  test('with fewer users than there must be is refused', async () => {
    expect(await refusalWith({ minUsers: USERS + 100 })).toMatchObject({ refusal: 'sourceEmpty' });
    expect((await readAll(sourceWith({ minUsers: USERS }), [])).summary.total).toBeGreaterThan(USERS);
  });

  test('is left alone once the night is stopped', async () => {
    const begin = async () => {
      const stop = new AbortController();
      const pages = sourceWith({ domainControllers: both() }).read(wantedOf([gone]), stop.signal);
      await pages.next();
      return { stop, pages };
    };
    const between = await begin();
    between.stop.abort();
    const waiting = await begin();
    relay.fault(0, 'stall');
    for (const { stop, pages } of [between, waiting]) {
      const next = refusalOf(pages.next());
      await turns();
      stop.abort();
      expect((await next).detail).toMatch(/\(ldaps:\/\/127\.0\.0\.1:\d+: the night is being stopped\)/);
    }
    expect(other.connections()).toBe(0);
  });

  test('is read with StartTLS too, under the same conditions', async () => {
    const plain = await relayTo(389);
    const startTls = { startTls: true, domainControllers: [`ldap://127.0.0.1:${plain.port}`] };
    const source = sourceWith(startTls);
    expect((await readAll(source, [there, gone])).present).toEqual(new Set([there]));
    expect((await presenceOf(source, gone, HOME)).state).toBe('absent');

    const { ca } = await createCertificates();
    const { detail } = await refusalWith({ ...startTls, ca });
    expect(detail).toContain('not signed by the certificate authority that was configured');
    // Before the answer to StartTLS, in the handshake, in the bind and in the sweep.
    for (const [after, then] of [
      [10, 'stall'],
      [100, 'stall'],
      [2_000, 'cut'],
      [200_000, 'cut'],
    ] as const) {
      plain.fault(after, then);
      expect(await refusalWith(startTls, 1_000)).toMatchObject({ refusal: 'sourceIncomplete' });
    }
    const elsewhere = await relayTo(389, '127.0.0.3');
    const wrongName = { ...startTls, domainControllers: [`ldap://127.0.0.3:${elsewhere.port}`] };
    expect((await refusalWith(wrongName)).detail).toContain('its certificate is for another name');
  });

  test('by dying between two pages is no answer', async () => {
    const pages = sourceWith().read(wantedOf([there, gone]), NEVER);
    expect((await pages.next()).done).toBe(false);
    await samba.kill();
    const rest = (async () => {
      while (!(await pages.next()).done);
    })();
    expect(await refusalOf(rest)).toMatchObject({ refusal: 'sourceIncomplete' });
  });
});
