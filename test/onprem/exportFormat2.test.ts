/** Format version 2, as infra/onprem/FORMAT.md defines it: the committed example, and what a manifest must agree with. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { indexKeys } from '../../lib/core/evidence/keys.ts';
import { type ImmutableId, timestamp } from '../../lib/core/ids.ts';
import { createExportSource } from '../../lib/onprem/export.ts';
import { createFolderExportStore } from '../../lib/onprem/exportStore.ts';
import { sure } from '../core/people.ts';
import { deletedWith, presenceFor } from './asking.ts';
import { newFolder, readAll, refusalOf, SIGNAL } from './exportFixture.ts';

const DOMAIN = 'corp.contoso.test';
const BASE = 'DC=corp,DC=contoso,DC=test';
const EXAMPLE = join(import.meta.dirname, 'format2', DOMAIN);
const manifest = JSON.parse(readFileSync(join(EXAMPLE, 'manifest.json'), 'utf8'));
const csv = gunzipSync(readFileSync(join(EXAMPLE, manifest.file))).toString('utf8');
const sid = (n: number) => `S-1-5-21-1-2-3-${n}`;

/** The example's source, changed as a test says. */
async function sourceOf(change: (csv: string) => string = (same) => same, says: object = {}) {
  const folder = await newFolder();
  const stored = gzipSync(change(csv));
  const sha256 = createHash('sha256').update(stored).digest('hex');
  await mkdir(join(folder, DOMAIN));
  await writeFile(join(folder, DOMAIN, manifest.file), stored);
  await writeFile(join(folder, DOMAIN, 'manifest.json'), JSON.stringify({ ...manifest, sha256, ...says }));
  return createExportSource({
    store: createFolderExportStore(folder),
    domains: [DOMAIN],
    maxAgeHours: 26,
    clock: { now: () => sure(timestamp('2026-11-25T12:00:00Z')), sleep: async () => undefined },
  });
}

test('reads the example whole: users, tombstones, and the places that it covers', async () => {
  const { users, summary } = await readAll(await sourceOf());
  const tombstones = users.filter(({ tombstone }) => tombstone !== undefined);
  expect([users.length, tombstones.length, summary.total]).toEqual([8, 2, manifest.users]);
  expect(summary.coverage?.[DOMAIN]?.tombstones).toBe(true);
  expect(summary.coverage?.[DOMAIN]?.containers).toContain('ou=team 1,dc=corp,dc=contoso,dc=test');
  expect(users.find((user) => user.sid === sid(1))).toMatchObject({
    anchor: 'kXD6eLnUaaG+5f91t/9cFw==',
    immutableIds: ['kXD6eLnUaaG+5f91t/9cFw==', 'dZEWgyXuTlM0hmLmfd/nhw=='],
    sidHistory: [sid(901), sid(902)],
    disabled: false,
    targetAddress: 'SMTP:user1@partner.example',
    recipientTypeDetails: '128',
  });
  const second = users.find((user) => user.sid === sid(2));
  expect(second).toMatchObject({ disabled: true, attributes: { department: ['Sales; Board'] } });
  expect(second?.anchor).toBeUndefined();
  expect(second?.immutableIds).toEqual(['SNJVL+ecCbIrLrIJlLLXnQ==']);
});

describe('a deleted user', () => {
  const place = `OU=Team 1,${BASE}`;
  const presence = async (id: string, securityId: string | undefined, says: object = {}) => {
    const source = await sourceOf(undefined, says);
    const user = deletedWith(id as ImmutableId, place, { onPremisesSecurityIdentifier: securityId });
    for await (const _ of source.read(indexKeys([user]).wanted, SIGNAL));
    const found = await presenceFor(source, user);
    return found.state === 'absent' ? found.kind : found.state;
  };
  const nobody = Buffer.alloc(16, 9).toString('base64');

  test.each<readonly [string, string, string | undefined, string]>([
    ['whose cleared anchor lives on as objectGUID', 'SNJVL+ecCbIrLrIJlLLXnQ==', undefined, 'present'],
    ['whose anchor two users have', 'u0dyaNRSAJCnRB0Vy7XAmQ==', undefined, 'present'],
    ['whose SID a migrated user had', nobody, sid(902), 'present'],
    ['whose tombstone kept its anchor', 'wZAjQ4UC+l3brMKCVSiEIg==', sid(9), 'tombstone'],
    ['whose tombstone lost its anchor, by SID', nobody, sid(8), 'tombstone'],
    ['whose tombstone has another SID', 'wZAjQ4UC+l3brMKCVSiEIg==', sid(8), 'unknown'],
    ['who has no tombstone where they can be seen', nobody, sid(77), 'unknown'],
  ])('%s', async (_name, id, securityId, expected) => {
    expect(await presence(id, securityId)).toBe(expected);
  });

  test('is absent from a covered place where tombstones cannot be seen', async () => {
    const blind = { tombstonesReadable: false };
    expect(await presence(nobody, sid(77), blind)).toBe('covered');
  });
});

test('a place in which somebody was left out is not covered', async () => {
  const places = csv.split('\r\n').filter((line) => line.startsWith('"container"'));
  const { summary } = await readAll(await sourceOf());
  const covered = [...(summary.coverage?.[DOMAIN]?.containers ?? [])];
  expect(places).toHaveLength(manifest.containers);
  expect(covered.length).toBeLessThan(places.length);
});

describe('a file that is not what its manifest says is refused', () => {
  test.each<readonly [string, (text: string) => string, object, RegExp]>([
    ['other counts', (text) => text, { users: 5, tombstones: 3 }, /not the 5, 3, 7 announced/],
    ['an unknown kind', (text) => text.replace('"container"', '"contact"'), {}, /the kind "contact" in row/],
    ['no objectGuid', (text) => text.replace('dZEWgyXuTlM0hmLmfd/nhw==', ''), {}, /an objectGuid in row/],
    ['no list', (text) => text.replace('[""Sales; Board""]', 'Sales'), {}, /no JSON list of texts/],
    ['no users', (text) => text, { users: 0 }, /sourceEmpty: .*not one user/],
    ['an unknown key', (text) => text, { note: 1 }, /Unrecognized key/],
  ])('%s', async (_name, change, says, words) => {
    expect(await refusalOf(await sourceOf(change, says))).toMatch(words);
  });
});
