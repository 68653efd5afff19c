/** The export script against a stand-in domain controller: what it writes, and what it says when it cannot. */
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, jest, test } from '@jest/globals';
import { describeWithPowerShell } from './describe.ts';
import { createExportKit, type ExportKit } from './exportRun.ts';
import { type LdapServer, type LdapServerOptions, startLdapServer } from './ldapServer.ts';
import { DOMAIN, ldapTombstone, ldapUser, ldapUsers, sidBytes, sidText } from './ldapUsers.ts';
import { exportIn } from './wholeExport.ts';

jest.setTimeout(120_000);

describeWithPowerShell('Export-OnPremUsers.ps1', () => {
  const kits: ExportKit[] = [];
  const servers: LdapServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  afterAll(() => {
    for (const kit of kits) kit.remove();
  });

  async function kitFor(options: Partial<LdapServerOptions>, others: Record<string, string> = {}) {
    const server = await startLdapServer({ domain: DOMAIN, users: ldapUsers(3), ...options });
    servers.push(server);
    const kit = createExportKit({ [DOMAIN]: server.address, ...others });
    kits.push(kit);
    const out = join(kit.folder, 'out');
    mkdirSync(out);
    return { kit, out, args: ['-Domain', DOMAIN, '-Folder', out] };
  }

  test('writes users, tombstones and containers exactly as the directory holds them', async () => {
    const hostile = ldapUser(7, {
      'mS-DS-ConsistencyGuid': undefined,
      proxyAddresses: ['SMTP:a"b@partner.example', 'smtp:x;y@partner.example', 'sip:a@partner.example'],
      mail: ['=1+1,"\r\n\u00e4\u{1f600}'],
      sIDHistory: [sidBytes(5), sidBytes(6)],
      userAccountControl: ['514'],
      department: ['Sales', 'Board'],
    });
    const odd = { ...ldapUser(8, { 'mS-DS-ConsistencyGuid': [Buffer.from('ff00', 'hex')] }) };
    const escaped = { ...odd, dn: `CN=Smith\\, John\\\\,OU=A\\,B,DC=corp,DC=contoso,DC=test` };
    const { kit, out, args } = await kitFor({
      users: [ldapUser(1), hostile, escaped],
      tombstones: [ldapTombstone(9)],
    });
    const { code, stderr } = await kit.run([...args, '-Attribute', 'department']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { manifest, of } = exportIn(out, DOMAIN);
    expect(manifest).toMatchObject({
      ...{ formatVersion: 2, domain: DOMAIN, sourceAnchor: 'auto', domainController: `dc1.${DOMAIN}` },
      ...{ invocationId: '33221100-5544-7766-8899-aabbccddeeff', highestUsn: '123456' },
      ...{ rows: 7, users: 3, tombstones: 1, containers: 3, tombstonesReadable: true },
      ...{ usersWithAnchor: 2, leftOut: [], duplicateAnchors: 0, duplicates: [] },
    });
    expect(of('user')[1]).toEqual({
      ...{
        kind: 'user',
        lastKnownParent: '',
        deletedAt: '',
        objects: '',
        leftOut: '',
        'attribute:department': '["Sales","Board"]',
      },
      immutableId: '',
      objectGuid: Buffer.from(hostile.attributes['objectGUID']?.[0] as Buffer).toString('base64'),
      objectSid: sidText(7),
      sidHistory: `${sidText(5)};${sidText(6)}`,
      userPrincipalName: `user7@${DOMAIN}`,
      mail: '=1+1,"\r\n\u00e4\u{1f600}',
      proxyAddresses: 'SMTP:a"b@partner.example',
      targetAddress: 'SMTP:user7@partner.example',
      recipientTypeDetails: '128',
      disabled: 'true',
      distinguishedName: hostile.dn,
    });
    expect(of('user')[2]).toMatchObject({ immutableId: '/wA=', disabled: 'false' });
    expect(of('tombstone')).toEqual([
      expect.objectContaining({
        ...{
          immutableId: '',
          objectSid: sidText(9),
          lastKnownParent: 'OU=Team 9,DC=corp,DC=contoso,DC=test',
        },
        ...{ deletedAt: '2026-01-04T12:00:00.000Z', disabled: 'true' },
      }),
    ]);
    expect(of('container').map((row) => [row['distinguishedName'], row['objects']])).toContainEqual([
      'OU=A\\,B,DC=corp,DC=contoso,DC=test',
      '1',
    ]);
  });

  test('reports an anchor held twice and one of zeros, and is an export all the same', async () => {
    const twice = ldapUser(1).attributes['mS-DS-ConsistencyGuid'] as readonly Buffer[];
    const zeros = [Buffer.alloc(16)];
    const users = [
      ldapUser(1),
      ldapUser(2, { 'mS-DS-ConsistencyGuid': twice }),
      ldapUser(3, { 'mS-DS-ConsistencyGuid': zeros }),
      ldapUser(4, { objectGUID: undefined }),
    ];
    const { kit, out, args } = await kitFor({ users });
    expect((await kit.run(args)).code).toBe(0);
    const { manifest, of } = exportIn(out, DOMAIN);
    expect(of('container').map(({ objects, leftOut }) => [objects, leftOut])).toEqual([
      ['0', '1'],
      ['1', '0'],
      ['1', '0'],
      ['1', '0'],
    ]);
    expect(manifest).toMatchObject({
      users: 3,
      tombstonesReadable: false,
      leftOut: [{ why: 'objectGuidUnreadable', kind: 'user', objects: 1 }],
      duplicateAnchors: 2,
      duplicates: [
        {
          ...{ immutableId: twice[0]?.toString('base64'), users: 2 },
          distinguishedNames: [users[0]?.dn, users[1]?.dn],
        },
        { immutableId: 'AAAAAAAAAAAAAAAAAAAAAA==', users: 1, distinguishedNames: [users[2]?.dn] },
      ],
    });
  });

  test('writes a user without the text anchor, with an empty immutable id', async () => {
    const users = [ldapUser(1, { employeeID: ['\u00c4 1'] }), ldapUser(2)];
    const { kit, out, args } = await kitFor({ users });
    expect((await kit.run([...args, '-SourceAnchor', 'employeeID'])).code).toBe(0);
    expect(
      exportIn(out, DOMAIN)
        .of('user')
        .map((row) => row['immutableId']),
    ).toEqual(['\u00c4 1', '']);
  });

  test('follows an attribute that comes in ranges to its end', async () => {
    const addresses = Array.from({ length: 25 }, (_, number) => `smtp:a${number}@partner.example`);
    const { kit, out, args } = await kitFor({
      users: [ldapUser(1, { proxyAddresses: addresses })],
      maxValues: 10,
    });
    expect((await kit.run(args)).code).toBe(0);
    expect(exportIn(out, DOMAIN).of('user')[0]?.['proxyAddresses']).toBe(addresses.join(';'));
  });

  test.each([
    ['the connection is cut', { onPage: (from: number) => (from > 0 ? 'drop' : undefined) }, /./],
    ['the server fails in the midst', { failsAt: { user: 1_500, code: 11 } }, /./],
    ['the server cuts a search short', { failsAt: { user: 1_500, code: 4 } }, /./],
    ['the server ends with an empty page', { givesUpAfter: 2_000 }, /empty page after 2000 users/],
    ['nobody is to be seen', { users: [] }, /not one user/],
  ] as const)('keeps the export of before where %s', async (_, fault, reason) => {
    const { kit, out, args } = await kitFor({ users: ldapUsers(2_500), ...fault });
    mkdirSync(join(out, DOMAIN));
    writeFileSync(join(out, DOMAIN, 'manifest.json'), 'old');
    const { code, stderr } = await kit.run(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stderr).toContain(`The export of ${DOMAIN} failed: `);
    expect(stderr).toContain('Nothing was replaced');
    expect(readdirSync(join(out, DOMAIN))).toEqual(['manifest.json']);
    expect(kit.log()).toContain(' Error The export of ');
    expect(kit.events()).toMatch(/^3 Error The export of /);
  });

  test('exports one domain where the domain controller of another does not answer', async () => {
    const { kit, out } = await kitFor({}, { 'fabrikam.test': '127.0.0.1:9' });
    const { code, stderr } = await kit.run([
      '-Domain',
      `fabrikam.test, ${DOMAIN}, nowhere.test`,
      '-Folder',
      out,
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /export of fabrikam\.test failed: .*\n.*export of nowhere\.test failed: No domain/,
    );
    expect(exportIn(out, DOMAIN).manifest.rows).toBe(6);
    expect(readdirSync(out)).toEqual([DOMAIN]);
  });

  test('refuses the domain controller of another domain, and an attribute that the forest has not', async () => {
    const { kit, out, args } = await kitFor({ domain: 'fabrikam.test' });
    expect((await kit.run(args)).stderr).toContain(`domain controller of fabrikam.test, not of ${DOMAIN}`);
    const other = await kitFor({});
    const { code, stderr } = await other.kit.run([...other.args, '-Attribute', 'department,noSuchThing']);
    expect(code).toBe(1);
    expect(stderr).toContain('has no attribute noSuchThing');
    expect([readdirSync(out), readdirSync(other.out)]).toEqual([[], []]);
  });

  test('says with -WhatIf what it would write, and writes nothing', async () => {
    const { kit, out, args } = await kitFor({});
    const { code, stdout } = await kit.run([...args, '-WhatIf']);
    expect(code).toBe(0);
    expect(stdout).toContain('Write an export of 3 users');
    expect([readdirSync(out), kit.log(), kit.events()]).toEqual([[], '', '']);
  });

  test('takes a relative folder from where it was started', async () => {
    const { kit, out } = await kitFor({});
    const { code } = await kit.run(['-Domain', DOMAIN, '-Folder', '.'], { cwd: out });
    expect(code).toBe(0);
    expect(exportIn(out, DOMAIN).manifest.rows).toBe(6);
  });

  test('removes old files and what a killed run left, and nothing younger than a day', async () => {
    const { kit, out, args } = await kitFor({});
    const folder = join(out, DOMAIN);
    mkdirSync(folder);
    const names = [1, 2, 3].map((day) => `users-2026010${day}T000000Z.csv.gz`);
    for (const name of [...names, 'users-old.csv.gz', 'a.partial', 'b.partial'])
      writeFileSync(join(folder, name), '');
    utimesSync(join(folder, 'a.partial'), 1, 1);
    expect((await kit.run([...args, '-KeepFiles', '2'])).code).toBe(0);
    const left = readdirSync(folder);
    expect(left).toEqual([
      'b.partial',
      'manifest.json',
      names[2],
      exportIn(out, DOMAIN).manifest.file,
      'users-old.csv.gz',
    ]);
    expect(kit.log()).toContain('a.partial was removed');
    expect((await kit.run([...args, '-KeepFiles', '1'])).code).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('users-2')).length).toBe(2);
  });

  test('goes on without a log where the folder for it cannot be made', async () => {
    const { kit, out, args } = await kitFor({});
    writeFileSync(join(kit.folder, 'log'), '');
    const { code, stderr } = await kit.run(args, { env: { TEST_EVENTS: '' } });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^The log in .* cannot be written: .* The export goes on without it\.\n$/);
    expect(exportIn(out, DOMAIN).manifest.rows).toBe(6);
  });

  test('begins a new log where the old one is large, and keeps that one', async () => {
    const { kit, args } = await kitFor({});
    mkdirSync(join(kit.folder, 'log'));
    writeFileSync(join(kit.folder, 'log', 'export.log'), 'x'.repeat(1_100_000));
    await kit.run(args);
    expect(kit.log()).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(readFileSync(join(kit.folder, 'log', 'export.log.old'), 'utf8')).toHaveLength(1_100_000);
    expect(kit.events()).toMatch(/^1 Information The export of .* is in place/);
  });

  test('says why where nothing can be read at all', async () => {
    const { kit, args } = await kitFor({});
    const { code, stderr } = await kit.run([...args.slice(0, 3), join(kit.folder, 'missing')]);
    expect(code).toBe(1);
    expect(stderr).toContain('failed before anything was read');
    expect(kit.events()).toContain('3 Error');
  });
});
