/** An export of format 2 of a made-up domain, with one of everything that a reader has to understand. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createExportKit, type ExportKit } from './exportRun.ts';
import { startLdapServer } from './ldapServer.ts';
import { DOMAIN, ldapTombstone, ldapUser, sidBytes } from './ldapUsers.ts';

/** Synthetic, and committed, so that the reader's tests need no PowerShell. */
export const EXAMPLE = 'test/onprem/format2';

/** The export is in `out` of the kit's folder. */
export async function writeExample(): Promise<ExportKit> {
  const twice = ldapUser(3).attributes['mS-DS-ConsistencyGuid'];
  const server = await startLdapServer({
    domain: DOMAIN,
    users: [
      ldapUser(1, { sIDHistory: [sidBytes(901), sidBytes(902)] }),
      // Without a source anchor; parked.
      ldapUser(2, {
        'mS-DS-ConsistencyGuid': undefined,
        userAccountControl: ['514'],
        department: ['Sales; Board'],
      }),
      ldapUser(3),
      ldapUser(4, { 'mS-DS-ConsistencyGuid': twice }),
      ldapUser(5, { 'mS-DS-ConsistencyGuid': [Buffer.alloc(16)] }),
      // An anchor of odd length; a name that has to be escaped.
      {
        ...ldapUser(6, {
          'mS-DS-ConsistencyGuid': [Buffer.from('ff00', 'hex')],
          mail: ['"\u00e4"@x.example'],
        }),
        dn: 'CN=Smith\\, John,OU=A\\,B,DC=corp,DC=contoso,DC=test',
      },
      ldapUser(7, { objectGUID: undefined }),
    ],
    tombstones: [
      ldapTombstone(8),
      // As a recycle bin keeps it.
      {
        ...ldapTombstone(9),
        attributes: { ...ldapUser(9).attributes, ...ldapTombstone(9).attributes },
      },
    ],
  });
  const kit = createExportKit({ [DOMAIN]: server.address });
  const out = join(kit.folder, 'out');
  mkdirSync(out);
  const { code, stderr } = await kit.run(['-Domain', DOMAIN, '-Folder', out, '-Attribute', 'department']);
  await server.close();
  if (code !== 0) throw new Error(stderr);
  return kit;
}
