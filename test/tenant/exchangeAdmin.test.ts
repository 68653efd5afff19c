import { afterEach, describe, expect, test } from '@jest/globals';
import { seedBlogTest } from './blogTest.ts';
import { HOUR_MS, manualClock } from './clock.ts';
import { type ExchangeAdmin, type ExchangeAdminOptions, startExchangeAdmin } from './exchangeAdmin.ts';
import { directoryOf } from './exchangeCmdlets.ts';
import { immutableIdOf } from './onPrem.ts';
import { trustedCertificates } from './trust.ts';
import { createWorld, TENANT_ID } from './world.ts';

const started: ExchangeAdmin[] = [];
afterEach(() => Promise.all(started.splice(0).map((admin) => admin.close())));

async function tenant(options: Partial<ExchangeAdminOptions> = {}) {
  const world = createWorld({ clock: manualClock('2026-11-23T12:00:00Z') });
  const user = seedBlogTest(world);
  world.sync.syncNow();
  world.advance(HOUR_MS);
  const id = world.entra.holderOf(immutableIdOf(user)) ?? '';
  const admin = await startExchangeAdmin({
    certificates: await trustedCertificates(),
    directory: directoryOf(world.exchange),
    tenantId: TENANT_ID,
    now: () => world.clock.now(),
    ...options,
  });
  started.push(admin);
  const removeOnPrem = () => {
    world.onPrem.delete(user);
    world.sync.syncNow();
  };
  return { world, admin, id, removeOnPrem };
}

const MAIL_USERS = {
  CmdletName: 'Get-MailUser',
  Parameters: { SoftDeletedMailUser: true, ResultSize: 'Unlimited' },
};

const tokenFor = (aud: string, exp = Date.now() / 1_000 + 60) =>
  `e30.${Buffer.from(JSON.stringify({ aud, exp })).toString('base64url')}.c2lnbmVk`;

function ask(admin: ExchangeAdmin, input: unknown, changes: Record<string, string> = {}, url?: string) {
  return fetch(url ?? `${admin.root}/adminapi/beta/${TENANT_ID}/InvokeCommand`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${tokenFor(admin.root)}`,
      'X-AnchorMailbox': `APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@${TENANT_ID}`,
      ...changes,
    },
    body: JSON.stringify({ CmdletInput: input }),
  });
}

async function idsIn(admin: ExchangeAdmin, input: unknown = MAIL_USERS): Promise<unknown[]> {
  const { value } = (await (await ask(admin, input)).json()) as { value: Record<string, unknown>[] };
  return value.map((object) => object['ExternalDirectoryObjectId']);
}

describe('the story, as Exchange tells it', () => {
  test('soft-deleted once provisioning has caught up, gone some time after the Entra object', async () => {
    const { world, admin, id, removeOnPrem } = await tenant();
    removeOnPrem();
    expect(await idsIn(admin)).toEqual([]);
    world.advance(HOUR_MS);
    expect(await idsIn(admin)).toEqual([id]);
    world.entra.hardDelete(id, 'tool');
    expect(await idsIn(admin)).toEqual([id]);
    world.advance(48 * HOUR_MS);
    expect(await idsIn(admin)).toEqual([]);
  });

  test('with its holds and its leftovers', async () => {
    const { world, admin, id, removeOnPrem } = await tenant();
    world.exchange.placeHold(id, { inPlaceHolds: ['UniH1'], litigationHoldEnabled: true });
    removeOnPrem();
    world.advance(HOUR_MS);
    const { value } = (await (await ask(admin, MAIL_USERS)).json()) as { value: object[] };
    expect(value[0]).toMatchObject({
      RecipientTypeDetails: 'MailUser',
      ExternalEmailAddress: 'SMTP:user@microsoft.com',
      InPlaceHolds: ['UniH1'],
      LitigationHoldEnabled: true,
      IsInactiveMailbox: false,
    });
    world.entra.hardDelete(id, 'tool');
    world.advance(48 * HOUR_MS);
    expect(await idsIn(admin)).toEqual([id]);
  });
});

describe('strictly', () => {
  test.each([
    ['an unknown cmdlet', { CmdletName: 'Get-Everything', Parameters: {} }],
    ['a cmdlet that changes something', { CmdletName: 'Remove-MailUser', Parameters: { Identity: 'x' } }],
  ])('%s: 403, and a body that cannot be read', async (_, input) => {
    const { admin } = await tenant();
    const response = await ask(admin, input);
    expect(response.status).toBe(403);
    await expect(response.text()).rejects.toThrow();
  });

  test.each([
    [
      'an unknown parameter',
      { Everything: true },
      "A parameter cannot be found that matches parameter name 'Everything'.",
    ],
    ['a switch that is no switch', { SoftDeletedMailUser: 'yes' }, "on parameter 'SoftDeletedMailUser'"],
  ])('%s: 400, with the reason in the details', async (_, Parameters, words) => {
    const { admin } = await tenant();
    const response = await ask(admin, { CmdletName: 'Get-MailUser', Parameters });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(words);
  });

  test('a token for something else, too old, or none: 401', async () => {
    const { admin } = await tenant();
    for (const Authorization of [
      '',
      `Bearer ${tokenFor('https://graph.microsoft.com')}`,
      `Bearer ${tokenFor(admin.root, Date.now() / 1_000 - 1)}`,
    ]) {
      expect((await ask(admin, MAIL_USERS, { Authorization })).status).toBe(401);
    }
  });

  test('another path, no anchor, no command: 404, 400, 400', async () => {
    const { admin } = await tenant();
    expect((await ask(admin, MAIL_USERS, {}, `${admin.root}/adminapi/v1.0/x/InvokeCommand`)).status).toBe(
      404,
    );
    expect((await ask(admin, MAIL_USERS, { 'X-AnchorMailbox': '' })).status).toBe(400);
    expect((await ask(admin, 'Get-MailUser')).status).toBe(400);
  });

  test('a page token of another cmdlet: 400', async () => {
    const { admin } = await tenant();
    const token = Buffer.from('Get-Mailbox 0').toString('base64url');
    const url = `${admin.root}/adminapi/beta/${TENANT_ID}/InvokeCommand?%24skiptoken=${token}`;
    expect((await ask(admin, MAIL_USERS, {}, url)).status).toBe(400);
  });

  test('too many requests: 429 until the window has passed', async () => {
    const { world, admin } = await tenant({ throttle: { requests: 1, windowMs: 30_000 } });
    expect((await ask(admin, MAIL_USERS)).status).toBe(200);
    const throttled = await ask(admin, MAIL_USERS);
    expect(throttled.status).toBe(429);
    const wait = Number(throttled.headers.get('Retry-After'));
    world.advance(wait * 1_000);
    expect((await ask(admin, MAIL_USERS)).status).toBe(200);
  });
});
