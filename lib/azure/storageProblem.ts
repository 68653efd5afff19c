/** What Azure Storage, or the way there, says no with, in an operator's words. */
import { AuthenticationErrorName, CredentialUnavailableErrorName } from '@azure/identity';
import { codeOf, messageOf } from '../errors.ts';

/** What a caller needs of a container, and the role that gives it. That of infra/ledger.bicep is less than Azure's own. */
const RIGHTS = {
  read: 'let the identity read blobs in the container ("Storage Blob Data Reader")',
  write:
    'let the identity read and write blobs in the container ("Storage Blob Data Contributor", or the role of infra/ledger.bicep)',
} as const;
export type Access = keyof typeof RIGHTS;

/** By the service's error code ("Common REST API error codes", "Blob Storage error codes"). */
const BY_CODE: Readonly<Record<string, string>> = {
  ContainerNotFound: 'the container does not exist; create it, or correct its URL in the settings',
  ContainerBeingDeleted: 'the container is being deleted; create it again, or name another in the settings',
  ContainerDisabled: 'the container is disabled; ask who administers the storage account',
  AccountIsDisabled: 'the storage account is disabled; ask who administers the subscription',
  BlobNotFound: 'it is not there any more; find out who removed it',
  BlobAlreadyExists: 'it exists already and is not empty',
  BlobImmutableDueToPolicy:
    'the immutability policy forbids appending; allow protected append writes for the container',
  BlockCountExceedsLimit: 'it is full (50,000 appends)',
  InvalidBlobType: 'it is not an append blob',
  InvalidAuthenticationInfo:
    'the token was not accepted; check the identity and the tenant of the storage account',
};

/** By the code of the network error. */
const BY_NETWORK: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such storage account, or its name cannot be resolved from here',
  ECONNREFUSED: 'the storage account refuses the connection',
  ECONNRESET: 'the connection to the storage account broke',
  REQUEST_SEND_ERROR: 'the storage account cannot be reached',
};

const NO_TOKEN: ReadonlySet<string> = new Set([AuthenticationErrorName, CredentialUnavailableErrorName]);
const WHOSE_TOKEN =
  "check that the function app has its managed identity, and that the client id in its settings is that identity's";
const IN_TIME: ReadonlySet<string> = new Set(['AbortError', 'TimeoutError']);

/** `error` as an Error whose message is fit for the log: what is wrong and what to do about it. */
export function storageProblem(error: unknown, access: Access): Error {
  const { code, status, name } = storageError(error);
  if (NO_TOKEN.has(name)) {
    const text = `the identity gave no token for Azure Storage; ${WHOSE_TOKEN} (${messageOf(error)})`;
    return new Error(text, { cause: error });
  }
  const said = [status, code].filter((part) => part !== undefined && part !== '').join(' ');
  const text =
    BY_CODE[code] ??
    (isDenied(error)
      ? `access denied; ${RIGHTS[access]} and look whether the storage firewall lets it in`
      : undefined) ??
    BY_NETWORK[code] ??
    (IN_TIME.has(name) ? 'the storage account did not answer in time' : undefined) ??
    (status !== undefined && status >= 500
      ? 'the storage account answers with an error; try again later'
      : undefined) ??
    messageOf(error).replace(/\s*RequestId:.*$/, '');
  return new Error(said === '' ? text : `${text} (${said})`, { cause: error });
}

/** Does the service refuse this identity, rather than this request? */
export function isDenied(error: unknown): boolean {
  const { status } = storageError(error);
  return status === 401 || status === 403;
}

/** What the errors of the storage SDK carry; `code` and `name` are empty where they do not. */
export function storageError(error: unknown): {
  readonly code: string;
  readonly status: number | undefined;
  readonly name: string;
} {
  const { statusCode, name } = Object(error) as Record<string, unknown>;
  return {
    code: codeOf(error),
    status: typeof statusCode === 'number' ? statusCode : undefined,
    name: typeof name === 'string' ? name : '',
  };
}
