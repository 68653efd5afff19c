import { afterEach, describe, expect, test } from '@jest/globals';
import { idOf, mailbox, mailUser, refusalOf, setUp, tearDown } from './exchangeKit.ts';

afterEach(tearDown);

const transform = (change: (object: Record<string, unknown>) => void, match = /Get-MailUser Soft/) => ({
  kind: 'transform' as const,
  match,
  transform(body: unknown) {
    for (const object of (body as { value: Record<string, unknown>[] }).value) change(object);
    return body;
  },
});

describe('What Exchange Online tells', () => {
  test('a soft-deleted mail user, with its external address and without a hold', async () => {
    const { exchange, mailUsers, signal } = await setUp();
    mailUsers.push(mailUser(1, { id: idOf(1).toUpperCase() }));
    const { byId: found } = await exchange.softDeletedRecipients(signal);
    expect(found.get(idOf(1))).toEqual({
      id: idOf(1),
      recipientType: 'MailUser',
      externalAddress: 'user1@partner.com',
      guid: expect.any(String),
      exchangeGuid: expect.any(String),
      legacyExchangeDN: expect.any(String),
      onHold: { value: 'no', origin: 'Exchange: no hold (Get-MailUser)' },
      highVolumeEmail: { value: 'no', origin: 'Exchange: not among the high-volume-email accounts' },
    });
  });

  test('nobody, where nobody is soft-deleted', async () => {
    const { exchange, signal } = await setUp();
    expect((await exchange.softDeletedRecipients(signal)).byId.size).toBe(0);
  });

  test('a soft-deleted mailbox, a guest, a high-volume-email account', async () => {
    const { exchange, mailUsers, mailboxes, signal } = await setUp();
    mailboxes.push(mailbox(1));
    mailUsers.push(
      mailUser(2, { recipientTypeDetails: 'GuestMailUser' }),
      mailUser(3, { highVolumeEmail: true }),
    );
    const { byId: found } = await exchange.softDeletedRecipients(signal);
    expect(found.get(idOf(1))).toMatchObject({
      recipientType: 'UserMailbox',
      highVolumeEmail: { value: 'no' },
    });
    expect(found.get(idOf(2))?.recipientType).toBe('GuestMailUser');
    expect(found.get(idOf(3))?.highVolumeEmail.value).toBe('yes');
  });

  test('every page of 2,500 mail users', async () => {
    const { exchange, admin, mailUsers, signal } = await setUp();
    mailUsers.push(...Array.from({ length: 2_500 }, (_, n) => mailUser(n)));
    const { byId: found } = await exchange.softDeletedRecipients(signal);
    expect(found.size).toBe(2_500);
    expect(admin.log).toHaveLength(6);
  });

  test('the same pages where Exchange makes them smaller than preferred, and says that there are more', async () => {
    const { exchange, admin, mailUsers, signal } = await setUp({ maxPageSize: 3 });
    mailUsers.push(...Array.from({ length: 8 }, (_, n) => mailUser(n)));
    admin.faults.add({
      kind: 'transform',
      match: /Get-MailUser Soft/,
      times: 2,
      transform: (body) => ({
        ...(body as object),
        '@adminapi.warnings': ['There are more results available. Use the ResultSize parameter.'],
      }),
    });
    expect((await exchange.softDeletedRecipients(signal)).byId.size).toBe(8);
  });
});

describe('Holds', () => {
  test.each([
    ['InPlaceHolds', ['mbx7cfb30345d454ac0a989ab3041051209:1']],
    ['InPlaceHolds', ['-mbx7cfb30345d454ac0a989ab3041051209']],
    ['LitigationHoldEnabled', true],
    ['IsInactiveMailbox', true],
    ['ComplianceTagHoldApplied', true],
    ['DelayHoldApplied', true],
    ['DelayReleaseHoldApplied', true],
  ])('%s %j is a hold', async (name, value) => {
    const setting = await setUp();
    setting.mailUsers.push(mailUser(1));
    setting.admin.faults.add(transform((object) => Object.assign(object, { [name]: value })));
    const { byId: found } = await setting.exchange.softDeletedRecipients(setting.signal);
    expect(found.get(idOf(1))?.onHold).toEqual({ value: 'yes', origin: expect.stringContaining(name) });
  });

  test.each(['InPlaceHolds', 'LitigationHoldEnabled'])(
    'without %s it is not known, nor where it is null',
    async (name) => {
      const setting = await setUp();
      setting.mailUsers.push(mailUser(1));
      setting.admin.faults.add(
        transform((object) => {
          delete object[name];
        }),
        transform((object) => {
          object[name] = null;
        }),
      );
      for (let night = 0; night < 2; night++) {
        const { byId: found } = await setting.exchange.softDeletedRecipients(setting.signal);
        expect(found.get(idOf(1))?.onHold).toEqual({ value: 'unknown', origin: `Exchange gave no ${name}` });
      }
    },
  );

  test.each(['IsInactiveMailbox', 'ComplianceTagHoldApplied', 'DelayHoldApplied', 'DelayReleaseHoldApplied'])(
    '%s, which mail users need not have, may be missing',
    async (name) => {
      const setting = await setUp();
      setting.mailUsers.push(mailUser(1));
      setting.admin.faults.add(
        transform((object) => {
          delete object[name];
        }),
      );
      const { byId: found } = await setting.exchange.softDeletedRecipients(setting.signal);
      expect(found.get(idOf(1))?.onHold.value).toBe('no');
    },
  );
});

describe('In doubt', () => {
  test('an id named twice is a conflict, and on hold if either is', async () => {
    const { exchange, mailUsers, mailboxes, signal } = await setUp();
    mailUsers.push(mailUser(1), mailUser(2), mailUser(2));
    mailboxes.push(mailbox(1, { litigationHoldEnabled: true }));
    const { byId: found } = await exchange.softDeletedRecipients(signal);
    expect(found.size).toBe(2);
    expect(found.get(idOf(1))).toMatchObject({ recipientType: 'conflict', onHold: { value: 'yes' } });
    expect(found.get(idOf(1))?.externalAddress).toBeUndefined();
    expect(found.get(idOf(2))).toMatchObject({ recipientType: 'conflict', onHold: { value: 'no' } });
  });

  test('an unknown hold weighs more than none, and a hold more than an unknown one', async () => {
    const setting = await setUp();
    setting.mailUsers.push(mailUser(1), mailUser(2, { inPlaceHolds: ['UniH1'] }));
    setting.mailboxes.push(mailbox(1), mailbox(2));
    setting.admin.faults.add(
      transform((object) => {
        delete object['LitigationHoldEnabled'];
      }, /Get-Mailbox /),
    );
    const { byId: found } = await setting.exchange.softDeletedRecipients(setting.signal);
    expect(found.get(idOf(1))?.onHold.value).toBe('unknown');
    expect(found.get(idOf(2))?.onHold.value).toBe('yes');
  });

  test('a missing recipient type stays unknown, but a mailbox stays a mailbox', async () => {
    const setting = await setUp();
    setting.mailUsers.push(mailUser(1));
    setting.mailboxes.push(mailbox(2));
    const withoutType = (object: Record<string, unknown>) => {
      delete object['RecipientTypeDetails'];
    };
    setting.admin.faults.add(transform(withoutType), transform(withoutType, /Get-Mailbox /));
    const { byId: found } = await setting.exchange.softDeletedRecipients(setting.signal);
    expect(found.get(idOf(1))?.recipientType).toBeUndefined();
    expect(found.get(idOf(2))?.recipientType).toBe('mailbox');
  });

  test('a mailbox that calls itself a mail user is a conflict', async () => {
    const { exchange, mailboxes, signal } = await setUp();
    mailboxes.push(mailbox(1, { recipientTypeDetails: 'MailUser' }));
    expect((await exchange.softDeletedRecipients(signal)).byId.get(idOf(1))?.recipientType).toBe('conflict');
  });

  test.each([400, 403])(
    'where Exchange answers %d to the question for high-volume email, it is unknown',
    async (status) => {
      const { exchange, admin, mailUsers, signal } = await setUp();
      mailUsers.push(mailUser(1));
      admin.faults.add({ kind: 'status', status, match: /HVEAccount/ });
      const { byId: found } = await exchange.softDeletedRecipients(signal);
      expect(found.get(idOf(1))?.highVolumeEmail.value).toBe('unknown');
    },
  );

  test('but where that question fails, the read is refused', async () => {
    const setting = await setUp();
    setting.admin.faults.add({ kind: 'status', status: 503, match: /HVEAccount/, times: 99 });
    expect((await refusalOf(setting)).name).toBe('sourceIncomplete');
  });

  test.each([
    ['ExternalDirectoryObjectId', 'not-a-guid'],
    ['ExternalDirectoryObjectId', 7],
    ['RecipientTypeDetails', 128],
    ['ExternalEmailAddress', { address: 'user@partner.com' }],
    ['InPlaceHolds', 'UniH1'],
    ['InPlaceHolds', {}],
    ['LitigationHoldEnabled', 'False'],
    ['IsInactiveMailbox', 0],
    ['DelayHoldApplied', 'no'],
  ])('%s of another type (%j) refuses the read', async (name, value) => {
    const setting = await setUp();
    setting.mailUsers.push(mailUser(1));
    setting.admin.faults.add(transform((object) => Object.assign(object, { [name]: value })));
    const { name: refusal, words } = await refusalOf(setting);
    expect(refusal).toBe('sourceIncomplete');
    expect(words).toMatch(/answered unexpectedly at its undocumented admin API.*Nobody is purged where/);
    expect(words).toContain(name);
  });
});
