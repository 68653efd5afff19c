/** The on-prem user set as the scheduled task on-premises leaves it: a gzipped CSV, then its manifest. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { distinguishedName, immutableIdOf, type OnPremUser } from '../tenant/onPrem.ts';
import type { World } from '../tenant/world.ts';

/** Of the company's Active Directory. */
export const DOMAIN = 'domain.com';

const COLUMNS = [
  'immutableId',
  'objectGuid',
  'userPrincipalName',
  'mail',
  'proxyAddresses',
  'targetAddress',
  'recipientTypeDetails',
  'distinguishedName',
];

/** Writes into `folder` and returns the number of users: everybody on-premises, in sync scope or not. */
export async function writeExport(world: World, folder: string): Promise<number> {
  const started = new Date(world.clock.now() - 90 * 60_000);
  const finished = new Date(started.getTime() + 60_000);
  const users = [...world.onPrem.users()];
  const csv = [COLUMNS, ...users.map(row)].map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('');
  const content = await promisify(gzip)(csv);
  const file = `users-${finished.toISOString().replaceAll(/[-:]|\.\d+/g, '')}.csv.gz`;
  const manifest = {
    formatVersion: 1,
    domain: DOMAIN,
    sourceAnchor: 'auto',
    domainController: `dc01.${DOMAIN}`,
    highestUsn: '481516',
    started: started.toISOString(),
    finished: finished.toISOString(),
    rows: users.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    file,
    columns: COLUMNS,
  };
  await mkdir(join(folder, DOMAIN), { recursive: true });
  await writeFile(join(folder, DOMAIN, file), content);
  await writeFile(join(folder, DOMAIN, 'manifest.json'), JSON.stringify(manifest, null, 2));
  return users.length;
}

const row = (user: OnPremUser): readonly string[] => [
  immutableIdOf(user),
  user.key,
  user.userPrincipalName,
  user.mail ?? '',
  user.proxyAddresses.join(';'),
  user.targetAddress ?? '',
  String(user.msExchRecipientTypeDetails ?? ''),
  distinguishedName(user),
];

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
