import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { probeFixtures } from './probe.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'probe-'));
  cpSync('test/tenant/probe', folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a synthetic probe becomes users of the simulated tenant, and answers each question', () => {
  const { deletedUsers, mailUsers, facts } = probeFixtures(folder);
  expect(
    deletedUsers.map(({ mail, onPremisesSyncEnabled }) => [mail?.split('@')[1], onPremisesSyncEnabled]),
  ).toEqual([
    ['partner.example', true],
    ['contoso.test', true],
  ]);
  expect(Object.keys(mailUsers)).toEqual(['mailusers-after-000h', 'mailusers-before']);
  expect(facts).toMatchObject({
    onPremisesSyncEnabledAfterDeletion: [true, true],
    statusOfHolderQueryWithOr: { external: 400, internal: 400 },
    statusOfDelete: { external: 204, internal: 204 },
    statusAfterDelete: { external: 404, internal: 404 },
    mailUsersAfterPurge: [{ look: 'mailusers-after-000h', left: 2, entraIds: ['', ''] }],
  });
});

test('reads what the file says: another answer is another fact', () => {
  const file = join(folder, 'deleted-external.json');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace('"onPremisesSyncEnabled": true', '"onPremisesSyncEnabled": null'),
  );
  expect(probeFixtures(folder).facts).toMatchObject({ onPremisesSyncEnabledAfterDeletion: [null, true] });
});

test('refuses a folder that is not whole', () => {
  rmSync(join(folder, 'deleted-internal.json'));
  expect(() => probeFixtures(folder)).toThrow('deleted-internal.json');
});
