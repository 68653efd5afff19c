/** What a test directory holds, as LDIF. */
import { createHash } from 'node:crypto';

/** Debian's names. */
export const DEBIAN_PACKAGES = ['samba-ad-dc', 'samba-ad-provision', 'samba-dsdb-modules', 'ldb-tools'];

export const PASSWORD = 'Correct-Horse-1';
export const READER = 'reader';
export const DOMAIN_SID = 'S-1-5-21-1111111111-2222222222-3333333333';

/** Security ids are dealt out here: Samba takes longer over that than over anything else about a user. */
let lastRelativeId = 20_000;

export const baseOf = (domain: string) =>
  domain
    .split('.')
    .map((label) => `DC=${label}`)
    .join(',');

const schemaOf = (domain: string) => `CN=Schema,CN=Configuration,${baseOf(domain)}`;

/** The attributes that Exchange adds to the schema, as far as anybody asks for them. */
export function attributesLdif(domain: string): string {
  const attributes = [
    ['ms-Exch-Target-Address', 'targetAddress', '1.2.840.113556.1.2.352', '2.5.5.12', 64],
    ['ms-Exch-Mail-Nickname', 'mailNickname', '1.2.840.113556.1.2.447', '2.5.5.12', 64],
    [
      'ms-Exch-Recipient-Type-Details',
      'msExchRecipientTypeDetails',
      '1.2.840.113556.1.4.7000.102.50797',
      '2.5.5.16',
      65,
    ],
  ] as const;
  return attributes
    .map(
      ([cn, name, oid, syntax, om]) =>
        `dn: CN=${cn},${schemaOf(domain)}\nobjectClass: attributeSchema\nattributeID: ${oid}\nattributeSyntax: ${syntax}\noMSyntax: ${om}\nisSingleValued: TRUE\nlDAPDisplayName: ${name}\nsearchFlags: 0\n\n`,
    )
    .join('');
}

/**
 * Lets users have those attributes. Also takes away the indexes whose entries every user shares: Samba writes
 * them anew for each user added, and 20,000 would take minutes.
 */
export function fewerIndexesLdif(domain: string): string {
  const user = `dn: CN=User,${schemaOf(domain)}\nchangetype: modify\nadd: mayContain\nmayContain: targetAddress\nmayContain: mailNickname\nmayContain: msExchRecipientTypeDetails\n\n`;
  const shared = [
    'Object-Class',
    'Object-Category',
    'Primary-Group-ID',
    'User-Account-Control',
    'SAM-Account-Type',
  ];
  const unindexed = shared.map(
    (cn) => `dn: CN=${cn},${schemaOf(domain)}\nchangetype: modify\nreplace: searchFlags\nsearchFlags: 0\n\n`,
  );
  return user + unindexed.join('');
}

/** An account that may do what any account may, and no more. */
export function readerLdif(domain: string): string {
  const password = Buffer.from(`"${PASSWORD}"`, 'utf16le').toString('base64');
  return `dn: CN=${READER},CN=Users,${baseOf(domain)}\nobjectClass: user\nsAMAccountName: ${READER}\nuserPrincipalName: ${READER}@${domain}\nuserAccountControl: 512\nunicodePwd:: ${password}\n\n`;
}

/** The optional feature's GUID: [MS-ADTS] 3.1.1.9.1. */
export const recycleBinLdif = (domain: string) =>
  `dn:\nchangetype: modify\nadd: enableOptionalFeature\nenableOptionalFeature: CN=Partitions,CN=Configuration,${baseOf(domain)}:766ddcd8-acd0-445e-f3b9-a7f9b6744f2a\n\n`;

export interface SeedUser {
  readonly name: string;
  /** Below the domain: `OU=Sales`. It must have been added before. */
  readonly ou: string;
  readonly consistencyGuid?: Buffer;
  readonly employeeId?: string;
  readonly sid?: string;
  readonly objectClass?: 'user' | 'inetOrgPerson' | 'contact';
}

export const ouLdif = (domain: string, ou: string) =>
  `dn: ${ou},${baseOf(domain)}\nobjectClass: organizationalUnit\n\n`;

export function userLdif(domain: string, user: SeedUser): string {
  const { name, ou, consistencyGuid, employeeId, sid, objectClass = 'user' } = user;
  const lines = [
    `dn: CN=${name},${ou},${baseOf(domain)}`,
    `objectClass: ${objectClass}`,
    `mail: ${name}@partner.example`,
    `proxyAddresses: SMTP:${name}@partner.example`,
    ...(objectClass === 'contact'
      ? []
      : [
          `sAMAccountName: ${name}`,
          `objectSid: ${sid ?? `${DOMAIN_SID}-${++lastRelativeId}`}`,
          `userPrincipalName: ${name}@${domain}`,
          `targetAddress: SMTP:${name}@partner.example`,
          'msExchRecipientTypeDetails: 128',
        ]),
    ...(consistencyGuid ? [`mS-DS-ConsistencyGuid:: ${consistencyGuid.toString('base64')}`] : []),
    ...(employeeId === undefined ? [] : [`employeeID: ${employeeId}`]),
  ];
  return `${lines.join('\n')}\n\n`;
}

/** 16 bytes that belong to `name` and to nobody else. */
export const guidOf = (name: string) => createHash('sha256').update(name).digest().subarray(0, 16);
