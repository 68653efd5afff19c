/** What Azure Storage, or the way there, says no with, in an operator's words. */
import { AuthenticationErrorName, CredentialUnavailableErrorName } from '@azure/identity';
import { messageOf } from '../errors.ts';

/** The role in infra/ledger.bicep is less than Azure's own, and enough. */
const ROLE =
  'let the identity read and write blobs in the container ("Storage Blob Data Contributor", or the role of infra/ledger.bicep) and look whether the storage firewall lets it in';

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
  AuthorizationFailure: `access denied; ${ROLE}`,
  AuthorizationPermissionMismatch: `access denied; ${ROLE}`,
  InsufficientAccountPermissions: `access denied; ${ROLE}`,
  KeyBasedAuthenticationNotPermitted: `access denied; ${ROLE}`,
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

const NO_TOKEN: ReadonlySet<string | undefined> = new Set([
  AuthenticationErrorName,
  CredentialUnavailableErrorName,
]);
const WHOSE_TOKEN =
  "check that the function app has its managed identity, and that the client id in its settings is that identity's";

/** `error` as an Error whose message is fit for the log: what is wrong and what to do about it. */
export function blobProblem(error: unknown): Error {
  const { code, status, name } = fieldsOf(error);
  if (NO_TOKEN.has(name)) {
    const text = `the managed identity gave no token for Azure Storage; ${WHOSE_TOKEN} (${messageOf(error)})`;
    return new Error(text, { cause: error });
  }
  const words =
    BY_CODE[code ?? ''] ??
    (status === 401 || status === 403 ? `access denied; ${ROLE}` : undefined) ??
    BY_NETWORK[code ?? ''] ??
    (name === 'AbortError' || name === 'TimeoutError'
      ? 'the storage account did not answer in time'
      : undefined) ??
    (status !== undefined && status >= 500
      ? 'the storage account answers with an error; try again later'
      : undefined);
  const said = [status, code].filter((part) => part !== undefined).join(' ');
  const text = words ?? messageOf(error).replace(/\s*RequestId:.*$/, '');
  return new Error(said === '' ? text : `${text} (${said})`, { cause: error });
}

/** What the errors of the storage SDK carry, where they do. */
export function fieldsOf(error: unknown): { code?: string; status?: number; name?: string } {
  const { code, statusCode, name } = Object(error) as Record<string, unknown>;
  return {
    ...(typeof code === 'string' && { code }),
    ...(typeof statusCode === 'number' && { status: statusCode }),
    ...(typeof name === 'string' && { name }),
  };
}
