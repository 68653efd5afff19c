/** What administrators do to a directory, over LDAP as they would. */
import { Attribute, Change, Client, Control, EqualityFilter } from 'ldapts';
import type { SambaDirectory } from './samba.ts';
import { PASSWORD } from './sambaSeed.ts';

async function asAdministrator<T>(to: SambaDirectory, change: (client: Client) => Promise<T>): Promise<T> {
  const tlsOptions = { ca: to.ca, servername: 'localhost' };
  const client = new Client({ url: `ldaps://${to.address}`, tlsOptions, timeout: 20_000 });
  try {
    await client.bind(`administrator@${to.domain}`, PASSWORD);
    return await change(client);
  } finally {
    await client.unbind();
  }
}

export const deleteObject = (from: SambaDirectory, dn: string) =>
  asAdministrator(from, (client) => client.del(dn));

/** To another container, under another name, or both. */
export const moveObject = (within: SambaDirectory, dn: string, newDn: string) =>
  asAdministrator(within, (client) => client.modifyDN(dn, newDn));

export const setAttribute = (to: SambaDirectory, dn: string, type: string, ...values: Buffer[]) =>
  asAdministrator(to, (client) =>
    client.modify(dn, new Change({ operation: 'replace', modification: new Attribute({ type, values }) })),
  );

export async function objectGuidOf(within: SambaDirectory, dn: string): Promise<Buffer> {
  const { searchEntries } = await asAdministrator(within, (client) =>
    client.search(dn, {
      scope: 'base',
      attributes: ['objectGUID'],
      explicitBufferAttributes: ['objectGUID'],
    }),
  );
  const guid = searchEntries[0]?.['objectGUID'];
  if (!Buffer.isBuffer(guid)) throw new Error(`${dn} has no objectGUID`);
  return guid;
}

/** Brings a deleted object back to where it was, as Restore-ADObject does. */
export const restoreObject = (within: SambaDirectory, guid: Buffer, dn: string) =>
  asAdministrator(within, async (client) => {
    const filter = new EqualityFilter({ attribute: 'objectGUID', value: guid });
    const { searchEntries } = await client.search(within.base, { filter }, showDeleted());
    const undelete = new Change({
      operation: 'delete',
      modification: new Attribute({ type: 'isDeleted', values: [] }),
    });
    const rename = new Change({
      operation: 'replace',
      modification: new Attribute({ type: 'distinguishedName', values: [dn] }),
    });
    await client.modify(searchEntries[0]?.dn ?? '', [undelete, rename], showDeleted());
  });

const showDeleted = () => new Control('1.2.840.113556.1.4.417', { critical: true });
