/** What went wrong with a domain controller, in an operator's words. */
import { InvalidCredentialsError, ResultCodeError } from 'ldapts';
import { codeOf, messageOf } from '../errors.ts';

export type DirectoryRefusal = 'accessDenied' | 'sourceIncomplete' | 'sourceEmpty';

/** A domain was not read completely by this domain controller. */
export class DirectoryFailed extends Error {
  override readonly name = 'DirectoryFailed';
  readonly refusal: DirectoryRefusal;
  /** `final`: another domain controller is not asked, since it would say the same or worse. */
  readonly next: 'tryAnother' | 'final';

  constructor(refusal: DirectoryRefusal, message: string, next: 'tryAnother' | 'final' = 'tryAnother') {
    super(message);
    this.refusal = refusal;
    this.next = next;
  }
}

/** The failure that `error` amounts to. */
export function directoryFailed(error: unknown): DirectoryFailed {
  if (error instanceof DirectoryFailed) return error;
  if (error instanceof InvalidCredentialsError) {
    // Asking every domain controller with a wrong password locks the account.
    return new DirectoryFailed('accessDenied', refusedLogon(error.message), 'final');
  }
  if (error instanceof ResultCodeError && error.code === INSUFFICIENT_ACCESS) {
    return new DirectoryFailed('accessDenied', `the account may not read it (${messageOf(error)})`);
  }
  return new DirectoryFailed('sourceIncomplete', NETWORK[codeOf(error)] ?? messageOf(error));
}

const INSUFFICIENT_ACCESS = 50;
const NO_SUCH_OBJECT = 32;

/** Does the server say that there is no such object, or that it is none of our business? */
export function isHidden(error: unknown): boolean {
  return error instanceof ResultCodeError && [NO_SUCH_OBJECT, INSUFFICIENT_ACCESS].includes(error.code);
}

/** The code after "data" in Active Directory's answer is a Win32 error (hexadecimal). */
const LOGON: Readonly<Record<string, string>> = {
  '525': 'there is no such account',
  '52e': 'the user name or the password is wrong',
  '530': 'the account may not log on at this time',
  '531': 'the account may not log on from here',
  '532': 'the password has expired',
  '533': 'the account is disabled',
  '701': 'the account has expired',
  '773': 'the password must be changed first',
  '775': 'the account is locked',
};

function refusedLogon(message: string): string {
  const data = /\bdata ([0-9a-f]+)/i.exec(message)?.[1]?.toLowerCase() ?? '';
  return `the account was refused: ${LOGON[data] ?? 'the user name or the password is wrong'}`;
}

const UNTRUSTED = 'its certificate is not signed by the certificate authority that was configured';
const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was lost',
  EPIPE: 'the connection was lost',
  EHOSTUNREACH: 'it cannot be reached',
  ENETUNREACH: 'it cannot be reached',
  ETIMEDOUT: 'no answer',
  ENOTFOUND: 'no such name in DNS',
  EAI_AGAIN: 'DNS did not answer',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
};
