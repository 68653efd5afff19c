import { createServer } from 'node:http';
import { ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CommandForbidden, createAdminApi, READS, type Read } from '../../lib/exchange/adminApi.ts';
import { createIdentity, IDENTITY_PATH } from '../tenant/identity.ts';
import { listen, listener } from '../tenant/wire.ts';
import {
  credential,
  mailbox,
  mailUser,
  refusalOf,
  setUp,
  sleepyClock,
  TENANT,
  tearDown,
} from './exchangeKit.ts';

afterEach(tearDown);

const MAIL_USERS = /Get-MailUser Soft/;

describe('What is sent', () => {
  test('four reads, each the body that the module would send, routed to the system mailbox', async () => {
    const { exchange, admin, calls, signal } = await setUp();
    await exchange.softDeletedRecipients(signal);
    expect(admin.log.map(({ cmdlet, parameters }) => ({ cmdlet, parameters }))).toEqual([
      { cmdlet: 'Get-MailUser', parameters: { SoftDeletedMailUser: true, ResultSize: 'Unlimited' } },
      {
        cmdlet: 'Get-MailUser',
        parameters: { HVEAccount: true, SoftDeletedMailUser: true, ResultSize: 'Unlimited' },
      },
      { cmdlet: 'Get-Mailbox', parameters: { SoftDeletedMailbox: true, ResultSize: 'Unlimited' } },
      { cmdlet: 'Get-OrganizationConfig', parameters: {} },
    ]);
    expect(admin.log[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      prefer: 'odata.maxpagesize=1000',
      'x-anchormailbox': `APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@${TENANT}`,
    });
    expect(calls.map(({ cmdlet, reception }) => [cmdlet, reception])).toEqual([
      ['Get-MailUser', 200],
      ['Get-MailUser', 200],
      ['Get-Mailbox', 200],
      ['Get-OrganizationConfig', 200],
    ]);
  });

  test.each([
    { CmdletName: 'Remove-MailUser', Parameters: { Identity: 'user@partner.com', PermanentlyDelete: true } },
    { CmdletName: 'Remove-MailUser', Parameters: { SoftDeletedMailUser: true, ResultSize: 'Unlimited' } },
    { CmdletName: 'Set-Mailbox', Parameters: { SoftDeletedMailbox: true, ResultSize: 'Unlimited' } },
    { CmdletName: 'Get-MailUser; Remove-MailUser', Parameters: READS.softDeletedMailUsers.Parameters },
    { CmdletName: 'Get-User', Parameters: { ResultSize: 'Unlimited' } },
    { CmdletName: 'get-mailuser', Parameters: READS.softDeletedMailUsers.Parameters },
    { CmdletName: 'Get-MailUser', Parameters: { ...READS.softDeletedMailUsers.Parameters, Filter: 'x' } },
    { CmdletName: 'Get-MailUser', Parameters: READS.softDeletedMailUsers.Parameters, Extra: true },
    { CmdletName: 'Get-MailUser' },
    { toJSON: () => ({ CmdletName: 'Remove-Mailbox', Parameters: {} }), ...READS.softDeletedMailboxes },
    'Remove-MailUser',
  ])('never %j', async (command) => {
    const { admin, signal } = await setUp();
    const read = command as unknown as Read;
    const asked: string[] = [];
    const api = createAdminApi({
      root: admin.root,
      tenantId: TENANT,
      credential: {
        getToken: async (scope) => {
          asked.push(String(scope));
          return credential.getToken(scope);
        },
      },
      clock: sleepyClock(),
      timeoutMs: 5_000,
      onCall: () => {},
    });
    await expect(api.pages(read, signal).next()).rejects.toThrow(CommandForbidden);
    expect(admin.log).toEqual([]);
    expect(asked).toEqual([]);
  });

  test('with the token that a managed identity gets for Exchange Online', async () => {
    const { admin, signal } = await setUp();
    const identity = createIdentity({
      tenantId: TENANT,
      clientId: '6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10',
      roles: () => [],
      graphRoot: () => 'https://graph.microsoft.com',
      tokenLifetime: 3_600,
    });
    const answer = async (call: Parameters<typeof identity.answer>[0]) => identity.answer(call);
    const server = createServer(listener({ answer, now: Date.now, latency: 0 }));
    const port = await listen(server);
    const before = { ...process.env };
    Object.assign(process.env, {
      IDENTITY_ENDPOINT: `http://127.0.0.1:${port}${IDENTITY_PATH}`,
      IDENTITY_HEADER: identity.header,
    });
    try {
      const api = createAdminApi({
        root: admin.root,
        tenantId: TENANT,
        credential: new ManagedIdentityCredential(),
        clock: sleepyClock(),
        timeoutMs: 5_000,
        onCall: () => {},
      });
      expect(await api.pages(READS.softDeletedMailboxes, signal).next()).toEqual({
        done: false,
        value: { objects: [], warnings: [] },
      });
    } finally {
      process.env = before;
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('Access denied', () => {
  test.each(['unreadable', 'words'] as const)('without a role in Exchange (%s)', async (refusal) => {
    const setting = await setUp({ grants: ['Exchange.ManageAsApp'], refusal });
    const { name, words } = await refusalOf(setting);
    expect(name).toBe('accessDenied');
    expect(words).toMatch(
      /does not let this app run Get-MailUser \(403.*View-Only Recipients.*grant\.sh --exchange/,
    );
    if (refusal === 'words') expect(words).toContain("isn't supported in this scenario");
    expect(setting.clock.slept).toEqual([]);
  });

  test('without Exchange.ManageAsApp', async () => {
    const { name, words } = await refusalOf(await setUp({ grants: ['View-Only Recipients'] }));
    expect(name).toBe('accessDenied');
    expect(words).toContain('401: User is not allowed to call Get-MailUser');
  });

  test('with a token for something else', async () => {
    const graph: TokenCredential = {
      getToken: () => credential.getToken('https://graph.microsoft.com/.default'),
    };
    expect((await refusalOf(await setUp({ credential: graph }))).name).toBe('accessDenied');
  });

  test.each([
    ['none', async () => null],
    [
      'an error',
      async () => Promise.reject(new Error('ManagedIdentityCredential: no identity. Bearer eyJhbGciOi')),
    ],
  ])('where the identity gives %s instead of a token', async (_, getToken) => {
    const setting = await setUp({ credential: { getToken } });
    const { name, words } = await refusalOf(setting);
    expect(name).toBe('accessDenied');
    expect(words).toContain(`${setting.admin.root}/.default`);
    expect(words).not.toContain('eyJ');
    expect(setting.admin.log).toEqual([]);
  });
});

describe('What passes', () => {
  test.each([
    { kind: 'status', status: 429 },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503, body: 'html' },
    { kind: 'status', status: 200, body: 'html' },
    { kind: 'status', status: 200, body: 'empty' },
    { kind: 'drop' },
    { kind: 'cutOff' },
    { kind: 'cutShort' },
    { kind: 'stall' },
  ] as const)('%j, twice', async (fault) => {
    const { exchange, admin, clock, mailUsers, signal } = await setUp({ timeoutMs: 250 });
    mailUsers.push(mailUser(1));
    admin.faults.add({ ...fault, match: MAIL_USERS, times: 2 });
    expect((await exchange.softDeletedRecipients(signal)).byId.size).toBe(1);
    expect(clock.slept).toHaveLength(2);
    expect(Math.max(...clock.slept)).toBeLessThanOrEqual(2_000);
  });

  test.each([
    ['seconds', '90', 90_000],
    ['a date', 'Fri, 20 Nov 2026 02:01:00 GMT', 60_000],
    ['nonsense', 'soon', 500],
  ])('with Retry-After in %s, no sooner than asked', async (_, header, wait) => {
    const { exchange, admin, clock, signal } = await setUp();
    admin.faults.add({ kind: 'status', status: 429, headers: { 'Retry-After': header }, match: MAIL_USERS });
    await exchange.softDeletedRecipients(signal);
    expect(clock.slept).toHaveLength(1);
    expect(clock.slept[0]).toBeGreaterThanOrEqual(wait);
    expect(clock.slept[0]).toBeLessThanOrEqual(Math.max(wait, 1_000));
  });

  test('throttling between pages', async () => {
    const { exchange, admin, mailUsers, signal } = await setUp({
      maxPageSize: 2,
      throttle: { requests: 4, windowMs: 60_000 },
    });
    mailUsers.push(...Array.from({ length: 20 }, (_, n) => mailUser(n)));
    expect((await exchange.softDeletedRecipients(signal)).byId.size).toBe(20);
    expect(admin.log.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
  });
});

describe('What does not pass refuses the read', () => {
  test.each([
    [{ kind: 'status', status: 503 }, '503'],
    [{ kind: 'status', status: 200, body: 'html' }, 'malformed'],
    [{ kind: 'drop' }, 'dropped'],
    [{ kind: 'stall' }, 'timeout'],
  ] as const)('%j after six attempts', async (fault, word) => {
    const setting = await setUp({ timeoutMs: 100 });
    setting.admin.faults.add({ ...fault, match: /Get-Mailbox/, times: 99 });
    const { name, words } = await refusalOf(setting);
    expect(name).toBe('sourceIncomplete');
    expect(words).toContain(`failed 6 times, the last time with ${word}`);
    expect(words).toMatch(/Get-Mailbox.*nobody is purged where its word is required/);
  });

  test('a Retry-After of hours, at once', async () => {
    const setting = await setUp();
    setting.admin.faults.add({
      kind: 'status',
      status: 429,
      headers: { 'Retry-After': '7200' },
      match: MAIL_USERS,
    });
    expect((await refusalOf(setting)).words).toContain('failed 1 times, the last time with 429');
    expect(setting.clock.slept).toEqual([]);
  });

  test.each([204, 302, 400, 404, 409])('%d, at once', async (status) => {
    const setting = await setUp();
    const headers = { Location: 'https://elsewhere.example/' };
    setting.admin.faults.add({ kind: 'status', status, body: 'empty', headers, match: MAIL_USERS });
    const { name, words } = await refusalOf(setting);
    expect(name).toBe('sourceIncomplete');
    expect(words).toContain(`it answered ${status}`);
    expect(setting.admin.log).toHaveLength(1);
  });

  test("an error in Exchange's own words", async () => {
    const setting = await setUp();
    setting.admin.faults.add({
      kind: 'transform',
      match: MAIL_USERS,
      transform: () => ({ error: { code: 'InternalServerError', message: 'Error executing cmdlet' } }),
    });
    expect((await refusalOf(setting)).words).toContain('the answer is no page of results');
  });

  test('the tenant id of another tenant', async () => {
    const setting = await setUp({ tenantId: '00000000-1111-4222-8333-444444444444' });
    const { name, words } = await refusalOf(setting);
    expect(name).toBe('sourceIncomplete');
    expect(words).toContain('404: Not found.');
  });

  test.each<[string, (body: Record<string, unknown>) => unknown]>([
    ['no value', ({ value: _, ...body }) => body],
    ['value null', (body) => ({ ...body, value: null })],
    ['value an object', (body) => ({ ...body, value: {} })],
    ['texts for objects', (body) => ({ ...body, value: ['user@partner.com'] })],
    ['a list', (body) => [body]],
    ['null', () => null],
    ['a nextLink that is no text', (body) => ({ ...body, '@odata.nextLink': true })],
    ['a nextLink that is empty', (body) => ({ ...body, '@odata.nextLink': '' })],
    ['a count that is no number', (body) => ({ ...body, '@odata.count': '1' })],
    ['another count', (body) => ({ ...body, '@odata.count': 7 })],
    ['a warning', (body) => ({ ...body, '@adminapi.warnings': ['The object has been corrupted.'] })],
    ['a warning that is no list', (body) => ({ ...body, '@adminapi.warnings': 'Corrupted.' })],
    [
      'a warning of more, and no way there',
      (body) => ({ ...body, '@adminapi.warnings': ['Use ResultSize.'] }),
    ],
  ])('%s', async (_, transform) => {
    const setting = await setUp();
    setting.mailUsers.push(mailUser(1));
    setting.admin.faults.add({
      kind: 'transform',
      match: MAIL_USERS,
      transform: (body) => transform(body as Record<string, unknown>),
    });
    const { name, words } = await refusalOf(setting);
    expect(name).toBe('sourceIncomplete');
    expect(words).toContain('answered unexpectedly at its undocumented admin API. Asked with Get-MailUser');
    expect(setting.clock.slept).toEqual([]);
  });

  test('a count that is right is not held against it', async () => {
    const setting = await setUp({ maxPageSize: 1 });
    setting.mailUsers.push(mailUser(1), mailUser(2));
    setting.admin.faults.add({
      kind: 'transform',
      match: MAIL_USERS,
      transform: (body) => ({ ...(body as object), '@odata.count': 2 }),
    });
    expect((await setting.exchange.softDeletedRecipients(setting.signal)).byId.size).toBe(2);
  });

  test.each([
    ['another host', (root: string) => root.replace('127.0.0.1', '127.0.0.2')],
    [
      'another scheme',
      (root: string) => `${root.replace('https', 'http')}/adminapi/beta/${TENANT}/InvokeCommand?a=1`,
    ],
    ['another path', (root: string) => `${root}/adminapi/beta/${TENANT}/Mailbox?a=1`],
    [
      'a host with a user',
      (root: string) => `${root}@elsewhere.example/adminapi/beta/${TENANT}/InvokeCommand`,
    ],
    ['nowhere', () => 'https://'],
  ])('a next page at %s', async (_, link) => {
    const setting = await setUp({ maxPageSize: 1 });
    setting.mailboxes.push(mailbox(1), mailbox(2));
    setting.admin.faults.add({ kind: 'nextLink', link: link(setting.admin.root), match: /Get-Mailbox/ });
    expect((await refusalOf(setting)).words).toContain('its next page is said to be somewhere else');
    expect(setting.admin.log).toHaveLength(3);
  });

  test.each(['repeatPage', 'loopPages'] as const)('pages that go round (%s)', async (kind) => {
    const setting = await setUp({ maxPageSize: 1 });
    setting.mailUsers.push(mailUser(1), mailUser(2), mailUser(3));
    setting.admin.faults.add({ kind, match: MAIL_USERS, times: 99 });
    const { name, words } = await refusalOf(setting);
    expect(name).toBe('sourceIncomplete');
    expect(words).toContain('lead back');
  });

  test('the end of the night', async () => {
    const night = new AbortController();
    const setting = await setUp({ signal: night.signal });
    setting.admin.faults.add({ kind: 'stall', match: MAIL_USERS, before: () => night.abort() });
    const { name, words } = await refusalOf(setting);
    expect(name).toBe('sourceIncomplete');
    expect(words).toContain('cut off because the night had to end');
    expect(setting.calls).toHaveLength(1);
  });
});
