/** A domain controller that has shown that it is one of the expected domain, and that it lets us in. */
import { AndFilter, EqualityFilter } from 'ldapts';
import { LdapConnection } from './ldap.ts';
import { text, texts } from './ldapEntry.ts';
import { DirectoryFailed } from './ldapErrors.ts';
import { AUTOMATIC, CONSISTENCY_GUID, OBJECT_GUID, onlyAnchor, type SourceAnchor } from './sourceAnchor.ts';

/** One Active Directory domain. A forest of several domains needs one of these for each. */
export interface ForestConfig {
  /** DNS name: `corp.contoso.com`. The whole of it is read, so that whoever is moved within it is found. */
  readonly domain: string;
  /** `ldaps://dc1.corp.contoso.com` (or `ldap://…` with `startTls`), tried in turn. */
  readonly domainControllers: readonly string[];
  readonly startTls?: boolean;
  /** Distinguished name, `user@corp.contoso.com` or `CORP\user`. */
  readonly username: string;
  readonly password: string;
  /** PEM of the company's certificate authority; the machine's own where absent. */
  readonly ca?: string;
  /** `auto`: mS-DS-ConsistencyGuid, else objectGUID. Otherwise the attribute, binary or plain text. */
  readonly sourceAnchor: string;
  /** Fewer users than this are not believed. Default 1. */
  readonly minUsers?: number;
  /** Other domains of the forest that are known to hold no synced user. */
  readonly ignoredDomains?: readonly string[];
}

export interface DomainController {
  readonly forest: ForestConfig;
  readonly connection: Pick<LdapConnection, 'search' | 'pages' | 'close'>;
  /** Distinguished name of the domain. */
  readonly base: string;
  readonly anchor: SourceAnchor;
  /** Attributes to be read besides. */
  readonly goneAttributes: readonly string[];
}

/** `corp.contoso.com` → `DC=corp,DC=contoso,DC=com` */
const baseOf = (domain: string) =>
  domain
    .split('.')
    .map((label) => `DC=${label}`)
    .join(',');

/** Every domain that is asked, so that one that is not can be told. */
type KnownDomains = ReadonlySet<string>;

interface Opening {
  readonly known: KnownDomains;
  /** For each single step. */
  readonly timeoutMs: number;
  readonly goneAttributes: readonly string[];
}

/** @throws DirectoryFailed */
export async function openDomainController(
  forest: ForestConfig,
  url: string,
  { known, timeoutMs, goneAttributes }: Opening,
  signal: AbortSignal,
): Promise<DomainController> {
  const server = { url, startTls: forest.startTls ?? false, ca: forest.ca, timeoutMs };
  const connection = await LdapConnection.open(server, signal);
  try {
    // First who it is, which anybody may ask, and only then the password.
    const root = await readRoot(connection, forest);
    await connection.bind(forest.username, forest.password);
    await checkDomains(connection, root.configuration, forest, known);
    const anchor = await anchorFor(connection, root.schema, forest.sourceAnchor);
    return { forest, connection, base: baseOf(forest.domain), anchor, goneAttributes };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

interface Root {
  readonly configuration: string;
  readonly schema: string;
}

async function readRoot(connection: LdapConnection, { domain }: ForestConfig): Promise<Root> {
  const attributes = [
    'defaultNamingContext',
    'configurationNamingContext',
    'schemaNamingContext',
    'isSynchronized',
  ];
  const [root] = await connection.search('', { scope: 'base', filter: '(objectClass=*)', attributes });
  const base = root && text(root, 'defaultNamingContext');
  if (root === undefined || base === undefined) {
    throw new DirectoryFailed('sourceIncomplete', 'it did not say which domain it serves');
  }
  if (base.toLowerCase() !== baseOf(domain).toLowerCase()) {
    throw new DirectoryFailed('sourceIncomplete', `it serves another domain, ${base}`);
  }
  if (text(root, 'isSynchronized') !== 'TRUE') {
    throw new DirectoryFailed(
      'sourceIncomplete',
      'it has not caught up with its domain yet (isSynchronized)',
    );
  }
  return {
    configuration: text(root, 'configurationNamingContext') ?? '',
    schema: text(root, 'schemaNamingContext') ?? '',
  };
}

/** FLAG_CR_NTDS_DOMAIN ([MS-ADTS] 6.1.1.2.1.1.4): a cross-reference to a domain. */
const DOMAINS = '(&(objectClass=crossRef)(systemFlags:1.2.840.113556.1.4.803:=2))';

/** A user moved to another domain of the forest keeps the objectGUID, and is not gone. */
async function checkDomains(
  connection: LdapConnection,
  configuration: string,
  { domain, ignoredDomains = [] }: ForestConfig,
  known: KnownDomains,
): Promise<void> {
  const search = { scope: 'one', filter: DOMAINS, attributes: ['dnsRoot'] } as const;
  const partitions = await connection.search(`CN=Partitions,${configuration}`, {
    ...search,
    attributes: [...search.attributes],
  });
  const domains = partitions.flatMap((entry) => texts(entry, 'dnsRoot').map((name) => name.toLowerCase()));
  if (!domains.includes(domain.toLowerCase())) {
    throw new DirectoryFailed('accessDenied', "the account may not read the list of the forest's domains");
  }
  const ignored = new Set(ignoredDomains.map((name) => name.toLowerCase()));
  const unknown = domains.filter((name) => !known.has(name) && !ignored.has(name));
  if (unknown.length > 0) {
    throw new DirectoryFailed(
      'sourceIncomplete',
      `its forest also has ${unknown.join(', ')}, where somebody may have been moved; name every domain of the forest in the policy`,
      'final',
    );
  }
}

/** Octet string and SID ([MS-ADTS] 3.1.1.2.2.2). */
const BINARY_SYNTAXES = ['2.5.5.10', '2.5.5.17'];

async function anchorFor(connection: LdapConnection, schema: string, setting: string): Promise<SourceAnchor> {
  if (setting === 'auto') return AUTOMATIC;
  const usual = [OBJECT_GUID, CONSISTENCY_GUID].find(
    ({ name }) => name.toLowerCase() === setting.toLowerCase(),
  );
  if (usual !== undefined) return onlyAnchor(usual);
  const [attribute] = await connection.search(schema, {
    scope: 'one',
    filter: new AndFilter({
      filters: [
        new EqualityFilter({ attribute: 'objectClass', value: 'attributeSchema' }),
        new EqualityFilter({ attribute: 'lDAPDisplayName', value: setting }),
      ],
    }),
    attributes: ['lDAPDisplayName', 'attributeSyntax'],
  });
  const name = attribute && text(attribute, 'lDAPDisplayName');
  const syntax = attribute && text(attribute, 'attributeSyntax');
  if (name === undefined || syntax === undefined) {
    throw new DirectoryFailed(
      'sourceIncomplete',
      `its schema has no attribute "${setting}" to be the source anchor`,
      'final',
    );
  }
  return onlyAnchor({ name, syntax: BINARY_SYNTAXES.includes(syntax) ? 'binary' : 'text' });
}
