/** What Exchange Online says beside its lists: errors, warnings, orphans, retention of the whole organisation. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { idOf, mailbox, mailUser, refusalOf, type Setting, setUp, tearDown } from './exchangeKit.ts';

afterEach(tearDown);

const MAIL_USERS = /Get-MailUser Soft/;
const beside = (setting: Setting, name: string, value: unknown, match = MAIL_USERS) =>
  setting.admin.faults.add({
    kind: 'transform',
    match,
    transform: (body) => ({ ...(body as object), [name]: value }),
  });
const told = async ({ exchange, signal }: Setting) => exchange.softDeletedRecipients(signal);

describe('An answer with more beside it than a list', () => {
  test.each([
    ['@adminapi.errors', ['The server could not be reached.']],
    ['@adminapi.errors', 'Broken'],
    ['@adminapi.errors', [{ code: 'X' }]],
    ['@adminapi.partial', true],
    ['@adminapi.partial', []],
  ])('does not count where %s is %j', async (name, value) => {
    const setting = await setUp();
    setting.mailUsers.push(mailUser(1));
    beside(setting, name, value);
    const refusal = await refusalOf(setting);
    expect(refusal.name).toBe('sourceIncomplete');
    expect(refusal.words).toContain(name === '@adminapi.errors' ? 'it had an error beside its answer' : name);
  });

  test.each([[[]], [null], ['']])('counts where @adminapi.errors is %j', async (value) => {
    const setting = await setUp();
    setting.mailUsers.push(mailUser(1));
    beside(setting, '@adminapi.errors', value);
    expect((await told(setting)).byId.size).toBe(1);
  });
});

describe('A warning about one object', () => {
  const corrupted = (name: string) =>
    `The object contoso.onmicrosoft.com/Soft Deleted Objects/${name} has been corrupted, and it's in an inconsistent state.`;

  test('makes that object doubtful and leaves the others as they are', async () => {
    const setting = await setUp();
    setting.mailUsers.push(
      mailUser(1),
      mailUser(2, { displayName: 'Mail user two' }),
      mailUser(3, { inPlaceHolds: ['a'] }),
    );
    beside(setting, '@adminapi.warnings', [corrupted('mail USER two'), corrupted(idOf(3))]);
    const { byId, doubts } = await told(setting);
    expect(byId.get(idOf(1))).toMatchObject({ recipientType: 'MailUser', onHold: { value: 'no' } });
    expect(byId.get(idOf(2))).toMatchObject({ recipientType: undefined, onHold: { value: 'unknown' } });
    expect(byId.get(idOf(2))?.onHold.origin).toContain('Exchange warned of it: The object contoso');
    expect(byId.get(idOf(3))).toMatchObject({ recipientType: undefined, onHold: { value: 'yes' } });
    expect(doubts).toEqual([]);
  });

  test('is handed on where the object is not in the list', async () => {
    const setting = await setUp();
    setting.mailUsers.push(mailUser(1));
    beside(setting, '@adminapi.warnings', [corrupted('Somebody Else')]);
    const { byId, doubts } = await told(setting);
    expect(byId.get(idOf(1))).toMatchObject({ recipientType: 'MailUser', onHold: { value: 'no' } });
    expect(doubts).toEqual([corrupted('Somebody Else')]);
  });

  test('is found though the object stands on another page', async () => {
    const setting = await setUp({ maxPageSize: 1 });
    setting.mailUsers.push(mailUser(1), mailUser(2, { displayName: 'Mail user two' }));
    beside(setting, '@adminapi.warnings', [corrupted('Mail user two')]);
    const { byId, doubts } = await told(setting);
    expect([byId.get(idOf(2))?.recipientType, doubts]).toEqual([undefined, []]);
  });

  test.each([
    'Access to the address list service failed.',
    'There are more results available. Use the ResultSize parameter to see user1@partner.com.',
    'A short name such as Bob proves nothing.',
  ])('and any other refuses the read: %s', async (warning) => {
    const setting = await setUp();
    setting.mailUsers.push(mailUser(1, { displayName: 'Bob' }));
    beside(setting, '@adminapi.warnings', [warning]);
    expect((await refusalOf(setting)).words).toContain(`it warned: ${warning}`);
  });
});

describe('A recipient without an Entra object', () => {
  test.each(['', '00000000-0000-0000-0000-000000000000'])('is an orphan (id "%s")', async (id) => {
    const setting = await setUp();
    setting.mailUsers.push(mailUser(1, { id, inPlaceHolds: ['UniH1'] }), mailUser(2));
    setting.mailboxes.push(mailbox(3, { id }));
    const { byId, orphans } = await told(setting);
    expect([...byId.keys()]).toEqual([idOf(2)]);
    expect(orphans).toEqual([
      expect.objectContaining({
        recipientType: 'MailUser',
        externalAddress: 'user1@partner.com',
        onHold: { value: 'yes', origin: 'Exchange: InPlaceHolds (1)' },
      }),
      expect.objectContaining({ recipientType: 'UserMailbox' }),
    ]);
  });

  test('keeps the keys that it had with one', async () => {
    const setting = await setUp();
    setting.mailUsers.push(mailUser(1));
    const before = (await told(setting)).byId.get(idOf(1));
    setting.mailUsers.splice(0, 1, mailUser(1, { id: '' }));
    const [after] = (await told(setting)).orphans;
    const { guid, exchangeGuid, legacyExchangeDN } = after ?? {};
    expect({ guid, exchangeGuid, legacyExchangeDN }).toEqual({
      guid: before?.guid,
      exchangeGuid: before?.exchangeGuid,
      legacyExchangeDN: before?.legacyExchangeDN,
    });
    expect([guid, exchangeGuid]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), expect.any(String)]);
    expect(legacyExchangeDN).toMatch(/^\/o=ExchangeLabs\//);
  });

  test('has none of the keys that two recipients of one id do not share', async () => {
    const setting = await setUp();
    setting.mailUsers.push(mailUser(1));
    setting.mailboxes.push(mailbox(1, { displayName: 'Other' }));
    expect((await told(setting)).byId.get(idOf(1))).toMatchObject({
      recipientType: 'conflict',
      guid: undefined,
      exchangeGuid: undefined,
      legacyExchangeDN: undefined,
    });
  });
});

describe('Retention of the whole organisation', () => {
  const ID = '7cfb30345d454ac0a989ab3041051209';
  test.each<readonly [readonly unknown[], 'yes' | 'no']>([
    [[], 'no'],
    [[`mbx${ID}:1`, `skp${ID}:1`], 'no'],
    [[`grp${ID}:3`], 'no'],
    [[`mbx${ID}:1`, `mbx${ID}:2`], 'yes'],
    [[`mbx${ID}:3`], 'yes'],
    [[`mbx${ID}`], 'yes'],
    [[`skp${ID}:3`], 'yes'],
    [['UniH1'], 'yes'],
    [[7], 'yes'],
  ])('%j holds recipients: %s', async (InPlaceHolds, value) => {
    const setting = await setUp();
    beside(setting, 'value', [{ InPlaceHolds }], /Get-OrganizationConfig/);
    const { organizationHolds } = await told(setting);
    expect(organizationHolds.value).toBe(value);
    expect(setting.admin.log.at(-1)).toMatchObject({ cmdlet: 'Get-OrganizationConfig', parameters: {} });
  });

  test.each([
    ['no list', [{ InPlaceHolds: null }]],
    ['no organisation', []],
    ['two organisations', [{ InPlaceHolds: [] }, { InPlaceHolds: [] }]],
  ])('is not known where Exchange gives %s', async (_, value) => {
    const setting = await setUp();
    beside(setting, 'value', value, /Get-OrganizationConfig/);
    expect((await told(setting)).organizationHolds.value).toBe('unknown');
  });

  test('is not known where the role does not allow the question, and the rest stands', async () => {
    const setting = await setUp({ grants: ['Exchange.ManageAsApp', 'View-Only Recipients'] });
    setting.mailUsers.push(mailUser(1));
    const { byId, organizationHolds } = await told(setting);
    expect([byId.size, organizationHolds.value]).toEqual([1, 'unknown']);
  });

  test('refuses the read where the question fails', async () => {
    const setting = await setUp();
    setting.admin.faults.add({ kind: 'status', status: 503, match: /Get-OrganizationConfig/, times: 9 });
    expect((await refusalOf(setting)).words).toContain('Get-OrganizationConfig failed 6 times');
  });
});
