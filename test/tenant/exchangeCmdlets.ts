/** `Get-MailUser` and `Get-Mailbox`, as far as they list soft-deleted recipients, in pages; `Get-OrganizationConfig`. */
import { createHash } from 'node:crypto';
import type { Page } from './answer.ts';

/** `CmdletInput` */
export interface Command {
  readonly cmdlet: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A soft-deleted recipient, as Exchange Online holds it. */
export interface AdminRecipient {
  /** The Entra object id, or empty where there is none. */
  readonly id: string;
  readonly displayName: string;
  readonly recipientTypeDetails: string;
  /** Without `SMTP:`. Null for a mailbox. */
  readonly externalEmailAddress: string | null;
  readonly emailAddresses: readonly string[];
  readonly primarySmtpAddress: string;
  readonly whenSoftDeleted: string | null;
  /** Kept for its hold alone. */
  readonly isInactive: boolean;
  readonly inPlaceHolds: readonly string[];
  readonly litigationHoldEnabled: boolean;
  readonly highVolumeEmail?: boolean;
  /** Made up where absent. */
  readonly legacyExchangeDN?: string;
}

/** Exchange Online's recipients. The server asks; the world answers, however far its provisioning lags. */
export interface ExchangeDirectory {
  softDeletedMailUsers(): readonly AdminRecipient[];
  softDeletedMailboxes(): readonly AdminRecipient[];
  /** Retention policies of the whole organisation; none, unless told. */
  organizationHolds?(): readonly string[];
}

/** The directory in any store of recipients, live ones included. */
export function directoryOf(store: { recipients(): Iterable<AdminRecipient> }): ExchangeDirectory {
  const softDeleted = (mailbox: boolean) =>
    [...store.recipients()].filter(
      ({ whenSoftDeleted, recipientTypeDetails }) =>
        whenSoftDeleted !== null && recipientTypeDetails.endsWith('Mailbox') === mailbox,
    );
  return {
    softDeletedMailUsers: () => softDeleted(false),
    softDeletedMailboxes: () => softDeleted(true),
  };
}

/** An answer other than success. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: readonly object[] | undefined;

  constructor(status: number, code: string, message: string, details?: readonly object[]) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export interface CmdletsOptions {
  readonly directory: ExchangeDirectory;
  /** Of InvokeCommand. */
  readonly address: () => string;
  readonly maxPageSize: number;
}

type Cmdlets = (
  command: Command,
  search: URLSearchParams,
  preferredSize: number,
) => { readonly page: Page; readonly body: object };

/** @throws Refused */
export function createCmdlets({ directory, address, maxPageSize }: CmdletsOptions): Cmdlets {
  return (command, search, preferredSize) => {
    const all = listed(command, directory);
    const limited = command.parameters['ResultSize'] === 'Unlimited' ? all : all.slice(0, 1_000);
    const size = Math.min(Math.max(1, preferredSize), maxPageSize);
    const offset = offsetIn(search.get('$skiptoken'), command);
    const slice = limited.slice(offset, offset + size);
    const following = offset + slice.length;
    const link = (to: number) =>
      `${address()}?%24skiptoken=${Buffer.from(`${command.cmdlet} ${to}`).toString('base64url')}`;
    const body = {
      '@odata.context': `${address().replace(/InvokeCommand$/, '')}$metadata#Collection(Exchange.GenericHashTable)`,
      'adminapi.warnings@odata.type': '#Collection(String)',
      '@adminapi.warnings': limited.length < all.length ? [TRUNCATED] : [],
      ...(following < limited.length && { '@odata.nextLink': link(following) }),
      value: slice,
    };
    return { page: { offset, size, total: limited.length, link }, body };
  };
}

const TRUNCATED =
  'There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.';

function listed({ cmdlet, parameters }: Command, directory: ExchangeDirectory): readonly object[] {
  const known = PARAMETERS[cmdlet];
  if (known === undefined) throw new Refused(403, 'Forbidden', 'Unknown cmdlet.');
  for (const [name, value] of Object.entries(parameters)) {
    if (!known.includes(name))
      throw parameterError(`A parameter cannot be found that matches parameter name '${name}'.`);
    const fits = name === 'ResultSize' ? value === 'Unlimited' || Number.isInteger(value) : value === true;
    if (!fits) throw parameterError(`Cannot process argument transformation on parameter '${name}'.`);
  }
  if (cmdlet === 'Get-OrganizationConfig') {
    const InPlaceHolds = directory.organizationHolds?.() ?? [];
    return [
      { Name: 'contoso.onmicrosoft.com', 'InPlaceHolds@odata.type': '#Collection(String)', InPlaceHolds },
    ];
  }
  if (cmdlet === 'Get-Mailbox' && parameters['SoftDeletedMailbox']) {
    return directory.softDeletedMailboxes().map(asObject);
  }
  if (cmdlet !== 'Get-MailUser' || !parameters['SoftDeletedMailUser']) return [];
  const mailUsers = directory.softDeletedMailUsers();
  const asked = parameters['HVEAccount']
    ? mailUsers.filter(({ highVolumeEmail }) => highVolumeEmail)
    : mailUsers;
  return asked.map(asObject);
}

const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  'Get-MailUser': ['SoftDeletedMailUser', 'HVEAccount', 'ResultSize'],
  'Get-Mailbox': ['SoftDeletedMailbox', 'ResultSize'],
  'Get-OrganizationConfig': [],
};

const parameterError = (message: string) =>
  new Refused(400, 'BadRequest', 'Error executing cmdlet', [
    {
      code: 'Client',
      target: '',
      message: `|System.Management.Automation.ParameterBindingException|${message}`,
    },
  ]);

/** A token of another cmdlet, or none of ours, is refused. */
function offsetIn(token: string | null, { cmdlet }: Command): number {
  if (token === null) return 0;
  const [of, offset] = Buffer.from(token, 'base64url').toString().split(' ');
  if (of === cmdlet && /^\d+$/.test(offset ?? '')) return Number(offset);
  throw new Refused(400, 'BadRequest', 'The skip token is invalid.');
}

function asObject(recipient: AdminRecipient): object {
  const mailbox = recipient.recipientTypeDetails.endsWith('Mailbox');
  return {
    ExternalDirectoryObjectId: recipient.id,
    Guid: guidOf(recipient, 'object'),
    ExchangeGuid: guidOf(recipient, 'exchange'),
    LegacyExchangeDN:
      recipient.legacyExchangeDN ??
      `/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=${guidOf(recipient, 'legacy').replaceAll('-', '')}`,
    DisplayName: recipient.displayName,
    RecipientType: mailbox ? 'UserMailbox' : 'MailUser',
    RecipientTypeDetails: recipient.recipientTypeDetails,
    ...(!mailbox && {
      ExternalEmailAddress:
        recipient.externalEmailAddress === null ? null : `SMTP:${recipient.externalEmailAddress}`,
    }),
    PrimarySmtpAddress: recipient.primarySmtpAddress,
    'EmailAddresses@odata.type': '#Collection(String)',
    EmailAddresses: recipient.emailAddresses.map((address) =>
      address === recipient.primarySmtpAddress ? `SMTP:${address}` : `smtp:${address}`,
    ),
    'InPlaceHolds@odata.type': '#Collection(String)',
    InPlaceHolds: recipient.inPlaceHolds,
    LitigationHoldEnabled: recipient.litigationHoldEnabled,
    LitigationHoldDuration: 'Unlimited',
    ComplianceTagHoldApplied: false,
    DelayHoldApplied: false,
    DelayReleaseHoldApplied: false,
    IsInactiveMailbox: recipient.isInactive,
    IsSoftDeletedByRemove: true,
    IsSoftDeletedByDisable: false,
    'WhenSoftDeleted@data.type': 'System.DateTime',
    WhenSoftDeleted: recipient.whenSoftDeleted,
    IsDirSynced: true,
  };
}

/** Exchange's own keys: they are the same whether or not there is an Entra object. */
function guidOf({ primarySmtpAddress, displayName }: AdminRecipient, kind: string): string {
  const hex = createHash('sha256').update(`${kind} ${primarySmtpAddress} ${displayName}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
