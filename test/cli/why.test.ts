/** `why` over the wire, as a person runs it. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { whyResult } from '../../lib/cli/whyResult.ts';
import { idOf, tinyUser } from '../tenant/tiny.ts';
import { type DeskRig, deletedMailUser, deskRig, softDeletedMailUser } from './rig.ts';

/** A process is started for each test; a busy machine takes its time. */
jest.setTimeout(60_000);

const DN =
  '/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=00112233445566778899aabbccddeeff-Kim Vale';
const HOSTILE = 'Eve\u001b[2J\u001b]0;owned\u0007\u009b31m\u202Egnp.exe\r\nSigned in as root';
const KIM = 'kim.vale@partner.example';
const BOUNCE = 'test/cli/fixtures/bounce-imceaex.SYNTHETIC.eml';

let rig: DeskRig;
beforeAll(async () => {
  rig = await deskRig(
    [
      tinyUser(2, { mail: 'lee@partner.example', proxyAddresses: ['SMTP:lee@partner.example'] }),
      tinyUser(3, { mail: 'guest@partner.example', proxyAddresses: [], userType: 'Guest' }),
      tinyUser(4, { proxyAddresses: ['SMTP:user4@partner.com', `x500:${DN.replace('Kim', 'Lee')}`] }),
    ],
    [
      deletedMailUser(11, 'Kim Vale', 16),
      deletedMailUser(12, 'Eve Evil', 16, { displayName: HOSTILE }),
      deletedMailUser(13, 'Young Leaver', 1),
    ],
  );
});
afterAll(() => rig.close());
afterEach(() => {
  rig.servers.faults.clear();
  rig.exchange.faults.clear();
  rig.softDeleted.length = 0;
  rig.policy();
});

const why = (...args: readonly string[]) => rig.json(whyResult, 'why', ...args);
const answerTo = async (...args: readonly string[]) => (await why(...args)).answer;

describe('a deleted user', () => {
  test('is found by its address, with verdict, facts, due date and cure', async () => {
    rig.softDeleted.push(softDeletedMailUser(idOf(11), KIM));
    const { answer, holders, verdicts, cures, notRead } = await why(KIM.toUpperCase());
    expect([answer, notRead]).toEqual(['deletedUser', []]);
    expect(holders).toMatchObject([{ kind: 'deletedUser', id: idOf(11), inExchange: 'yes', holds: [KIM] }]);
    expect(verdicts).toMatchObject([
      { verdict: 'keep', reason: 'notAbsentLongEnough', nightsAbsent: 1, from: 'thisDesk' },
    ]);
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    expect(verdicts[0]?.dueAt?.slice(0, 10)).toBe(inTwoDays);
    expect(verdicts[0]?.facts).toContainEqual({
      fact: 'mailUser',
      value: 'yes',
      origin: 'the primary address is outside the tenant, in partner.example',
    });
    const lines = cures.flatMap(({ commands }) => commands.map(({ line }) => line));
    expect(lines).toEqual([
      `az rest --method delete --url '${rig.servers.graphRoot}/v1.0/directory/deletedItems/${idOf(11)}'`,
      `Remove-MgDirectoryDeletedItem -DirectoryObjectId '${idOf(11)}'`,
    ]);
  });

  test.each([
    ['its former UPN', 'kim.vale@contoso.com'],
    ['its UPN as the portal shows it', `${idOf(11).replaceAll('-', '')}kim.vale@contoso.com`],
    ['its object id', idOf(11).toUpperCase()],
    ['a bounce that names it only in the original headers', BOUNCE],
  ])('is found by %s', async (_, what) => {
    const { answer, holders } = await why(what);
    expect(answer).toBe('deletedUser');
    expect(holders).toMatchObject([{ id: idOf(11) }]);
  });

  test('is found by the bounce’s legacyExchangeDN alone, which only Exchange knows', async () => {
    rig.softDeleted.push(softDeletedMailUser(idOf(13), 'x@partner.example', { legacyExchangeDN: DN }));
    expect((await why(DN)).holders).toMatchObject([{ kind: 'deletedUser', id: idOf(13), holds: [DN] }]);
  });

  test('is due when its grace period ends', async () => {
    const [verdict] = (await why('young.leaver@partner.example')).verdicts;
    expect(verdict?.reason).toBe('withinGracePeriod');
    const graceEnds =
      Date.parse(rig.directory.deleted.get(idOf(13))?.deletedDateTime ?? '') + 14 * 86_400_000;
    expect(Date.parse(verdict?.dueAt ?? '')).toBe(graceEnds);
  });

  test('is named without its control characters, and the account stands first', async () => {
    const { code, stdout, stderr } = await rig.run(['why', 'eve.evil@partner.example']);
    expect(code).toBe(1);
    expect(stderr.split('\n')[0]).toBe(
      `Signed in as ${rig.servers.clientId}, tenant ${rig.directory.organization().id}.`,
    );
    expect(stdout).toContain(
      'Eve\\u001b[2J\\u001b]0;owned\\u0007\\u009b31m\\u202egnp.exe\\u000d\\u000aSigned in',
    );
    expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]|[\u202A-\u202E\u2066-\u2069]/u);
    const json = (await rig.run(['why', '--json', 'eve.evil@partner.example'])).stdout;
    expect(json).not.toMatch(/[^\P{Cc}\n]|[\u202A-\u202E\u2066-\u2069]/u);
    expect(whyResult.parse(JSON.parse(json)).holders).toMatchObject([{ displayName: HOSTILE }]);
  });

  test('has no verdict where the night would be refused, and is told all the same', async () => {
    rig.policy({ tenantId: 'ffffffff-0000-4000-8000-000000000000' });
    const { answer, verdicts, noVerdict } = await why(KIM);
    expect([answer, verdicts]).toEqual(['deletedUser', []]);
    expect(noVerdict).toMatch(/This is tenant .*, and the policy is for ffffffff/);
  });
});

describe('somebody else, or nobody', () => {
  test('a live user', async () => {
    expect(await why('LEE@partner.example')).toMatchObject({
      answer: 'liveUser',
      holders: [{ kind: 'liveUser', id: idOf(2) }],
      verdicts: [],
      cures: [],
    });
    expect((await rig.run(['why', idOf(2)])).code).toBe(0);
  });
  test('a guest', async () =>
    expect((await why('guest@partner.example')).holders).toMatchObject([{ kind: 'guest', id: idOf(3) }]));
  test('nobody, and then it names other causes', async () => {
    const { answer, otherCauses, cures } = await why("o'neil@partner.example");
    expect(answer).toBe('nobody');
    expect(otherCauses.length).toBeGreaterThan(2);
    expect(cures[0]?.commands[0]?.line).toContain("smtp:o''neil@partner.example");
  });
  test('an orphan in Exchange Online, with the command that removes it', async () => {
    rig.softDeleted.push(softDeletedMailUser('', 'orphan@partner.example'));
    const { answer, holders, cures } = await why('orphan@partner.example');
    expect([answer, holders.length]).toEqual(['softDeletedRecipient', 1]);
    expect(holders[0]).not.toHaveProperty('id');
    expect(cures[0]?.commands[0]?.line).toMatch(
      /^Get-MailUser -SoftDeletedMailUser -Identity '[0-9a-f-]{36}' \| /,
    );
  });
  test('one that lingers in Exchange Online after its user was purged', async () => {
    rig.softDeleted.push(softDeletedMailUser(idOf(99), 'late@partner.example'));
    expect(await why('late@partner.example')).toMatchObject({
      answer: 'softDeletedRecipient',
      holders: [{ id: idOf(99) }],
      cures: [{ commands: [] }],
    });
  });
  test('a stale X.500 address, although a live user has the SMTP address', async () => {
    const bounce = readFileSync(BOUNCE, 'utf8').replace(KIM, 'lee@partner.example');
    expect(await answerTo(rig.write('stale.eml', bounce))).toBe('staleX500');
  });
  test('an X.500 address that a live user has', async () =>
    expect(await answerTo(DN.replace('Kim', 'Lee'))).toBe('liveUser'));
});

describe('after an incomplete read it cannot say', () => {
  test.each([
    ['the recycle bin', /^GET \/directory\/deletedItems/],
    ['the live users', /^GET \/users\?/],
  ])('%s', async (_, match) => {
    rig.servers.faults.add({ match, kind: 'status', status: 400, times: 99 });
    const { answer, notRead } = await why('nobody@partner.example');
    expect([answer, notRead.length]).toEqual(['cannotSay', 1]);
  });
  test('one deleted user whom Graph does not describe', async () => {
    const kim = rig.directory.deleted.get(idOf(11));
    const transform = (body: unknown) => {
      const { value, ...rest } = body as { value: { id: string }[] };
      return {
        ...rest,
        value: value.map((user) => (user.id === kim?.id ? { ...user, proxyAddresses: null } : user)),
      };
    };
    rig.servers.faults.add({
      match: /^GET \/directory\/deletedItems/,
      kind: 'transform',
      transform,
      times: 9,
    });
    expect(await answerTo('nobody@partner.example')).toBe('cannotSay');
  });
  test('Exchange Online', async () => {
    rig.exchange.grants.clear();
    const { answer, notRead } = await why('nobody@partner.example');
    rig.exchange.grants.add('Exchange.ManageAsApp').add('View-Only Recipients');
    expect([answer, notRead[0]?.what]).toEqual([
      'cannotSay',
      'the soft-deleted recipients of Exchange Online',
    ]);
  });
  test('and ends with 3 where Entra ID lets nobody in, naming the role', async () => {
    const roles = [...rig.servers.roles];
    rig.servers.roles.clear();
    const { code, stdout, stderr } = await rig.run(['why', 'nobody@partner.example']);
    for (const role of roles) rig.servers.roles.add(role);
    expect(code).toBe(3);
    expect(stdout).toContain('This cannot be said');
    expect(stderr).toMatch(/Missing role of the app .*User\.Read\.All/);
  });
});

describe('wrong usage ends with 2, before anybody is asked', () => {
  test.each<readonly string[]>([
    ['why'],
    ['why', 'a@b.example', 'c@d.example'],
    ['why', ''],
    ['why', 'no-such-file.eml'],
    ['why', '--jason', 'a@b.example'],
    ['why', '\u001b[2Jowned'],
    ['wy', 'a@b.example'],
    ['why', '--policy', '/nowhere/policy.json', 'a@b.example'],
    ['why', '--policy', '', 'a@b.example'],
    ['why', '--ledger', 'https://evil.example/ledger', 'a@b.example'],
    ['why', 'package.json'],
  ])('%j %j %j', async (...args) => {
    const before = rig.servers.log.length;
    const { code, stdout, stderr } = await rig.run(args);
    expect([code, stdout, rig.servers.log.length]).toEqual([2, '', before]);
    expect(stderr).toMatch(/\S/);
    expect(stderr).not.toMatch(/[^\P{Cc}\n]/u);
  });
  test('a bounce on stdin that names nobody', async () =>
    expect((await rig.run(['why', '-'], {}, 'Hello')).code).toBe(2));
  test('a bounce on stdin that names somebody is taken', async () =>
    expect((await rig.run(['why', '-'], {}, readFileSync(BOUNCE, 'utf8'))).code).toBe(1));
});

test('nothing that was sent to Graph in all this was a DELETE', () => {
  const sent = rig.servers.log.map((entry) => JSON.stringify(entry));
  expect(sent.length).toBeGreaterThan(50);
  expect(sent.filter((entry) => entry.includes('DELETE'))).toEqual([]);
});
