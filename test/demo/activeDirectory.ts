/** Active Directory itself: a Samba domain controller that holds the company's on-premises users. */
import { startRelay } from '../onprem/relay.ts';
import { baseOf, DOMAIN_SID, ouLdif, PASSWORD, READER } from '../onprem/sambaSeed.ts';
import { startSamba } from '../onprem/sambaServer.ts';
import { immutableIdOf, type OnPremUser } from '../tenant/onPrem.ts';
import type { World } from '../tenant/world.ts';
import { DOMAIN } from './exportFolder.ts';

/** What the policy and the app settings need to know of it. */
interface DirectoryAccess {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** PEM, on one line. */
  readonly ca: string;
}

export interface Directory {
  readonly access: DirectoryAccess;
  /** Ends it and leaves nothing behind. */
  remove(): Promise<void>;
}

/** Takes some 5 s, and 0.7 ms a user. Ends with the process at the latest. */
export async function startDirectory(world: World): Promise<Directory> {
  const users = [...world.onPrem.users()];
  const units = [...new Set(users.map(({ ou }) => ou))].map((ou) =>
    ouLdif(DOMAIN, ou.replace(`,${baseOf(DOMAIN)}`, '')),
  );
  const samba = await startSamba(DOMAIN, [...units, ...users.map(userLdif)].join(''));
  process.once('exit', () => samba.kill());
  const relay = await startRelay(samba.address, 636);
  return {
    access: {
      url: `ldaps://127.0.0.1:${relay.port}`,
      username: `${READER}@${DOMAIN}`,
      password: PASSWORD,
      ca: samba.ca.replaceAll('\n', '\\n'),
    },
    remove: async () => {
      await relay.close();
      await samba.remove();
    },
  };
}

/** Named by account, since LDIF wants names beyond ASCII in base64. */
function userLdif(user: OnPremUser): string {
  const lines = [
    `dn: CN=${user.samAccountName},${user.ou}`,
    'objectClass: user',
    `sAMAccountName: ${user.samAccountName}`,
    `objectSid: ${DOMAIN_SID}-${20_000 + user.relativeId}`,
    `userPrincipalName: ${user.userPrincipalName}`,
    `mS-DS-ConsistencyGuid:: ${immutableIdOf(user)}`,
    ...(user.mail === null ? [] : [`mail: ${user.mail}`]),
    ...user.proxyAddresses.map((address) => `proxyAddresses: ${address}`),
    ...(user.targetAddress === null ? [] : [`targetAddress: ${user.targetAddress}`]),
    ...(user.msExchRecipientTypeDetails === null
      ? []
      : [`msExchRecipientTypeDetails: ${user.msExchRecipientTypeDetails}`]),
  ];
  return `${lines.join('\n')}\n\n`;
}
