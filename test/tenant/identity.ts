/** The managed identity endpoint that App Service and Functions give an app, and the tokens it issues. */
import { createHmac, randomBytes } from 'node:crypto';
import { type Answer, type Call, GraphError } from './answer.ts';

export interface IdentityOptions {
  readonly tenantId: string;
  /** Of the identity: what a client may ask for by `client_id`, and who Graph's audit trail names. */
  readonly clientId: string;
  /** App roles in tokens for Graph. Read anew for every token. */
  readonly roles: () => readonly string[];
  readonly graphRoot: () => string;
  /** Seconds that a token is valid, by the real clock. */
  readonly tokenLifetime: number;
}

/** What a token says. Only what something reads. */
export interface Token {
  readonly aud: string;
  readonly appid: string;
  readonly exp: number;
  readonly roles: readonly string[];
}

export interface Identity {
  /** The value of `IDENTITY_HEADER`. */
  readonly header: string;
  /** `GET /msi/token`, as in "How to use managed identities for App Service", REST endpoint reference. */
  answer(call: Call): Answer;
  /** The token in an Authorization header. @throws GraphError 401 */
  verify(authorization: string | undefined): Token;
}

export const IDENTITY_PATH = '/msi/token';

export function createIdentity(options: IdentityOptions): Identity {
  const header = randomBytes(16).toString('hex');
  const key = randomBytes(32);
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url');

  function issue(resource: string, now: number): string {
    const claims = {
      aud: resource,
      iss: `https://sts.windows.net/${options.tenantId}/`,
      iat: now,
      nbf: now - 300,
      exp: now + options.tokenLifetime,
      appid: options.clientId,
      oid: options.clientId,
      sub: options.clientId,
      tid: options.tenantId,
      idtyp: 'app',
      ver: '1.0',
      ...(sameRoot(resource, options.graphRoot()) ? { roles: [...options.roles()] } : {}),
    };
    const unsigned = [{ typ: 'JWT', alg: 'RS256', kid: 'tenant' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${unsigned}.${sign(unsigned)}`;
  }

  return {
    header,
    answer(call) {
      const query = new URLSearchParams(call.search);
      const asked = query.get('client_id');
      const resource = query.get('resource') ?? '';
      if (call.method !== 'GET' || call.path !== IDENTITY_PATH) return refusal(404, 'Not found.');
      if (call.headers['x-identity-header'] !== header) return refusal(401, 'Unauthorized.');
      if (query.get('api-version') !== '2019-08-01') return refusal(400, 'Unsupported api-version.');
      if (resource === '') return refusal(400, 'The resource parameter is missing.');
      if (asked !== null && asked !== options.clientId) {
        return refusal(400, 'No User Assigned or Delegated Managed Identity found for specified ClientId.');
      }
      const now = Math.floor(Date.now() / 1_000);
      const body = {
        access_token: issue(resource, now),
        client_id: options.clientId,
        expires_on: String(now + options.tokenLifetime),
        resource,
        token_type: 'Bearer',
      };
      return { status: 200, headers: { 'Content-Type': 'application/json; charset=utf-8' }, body };
    },
    verify(authorization) {
      const text = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
      if (text === undefined) throw unauthorized('Access token is empty.');
      const [head = '', payload = '', signature] = text.split('.');
      if (signature !== sign(`${head}.${payload}`)) {
        throw unauthorized('Access token validation failure. Invalid signature.');
      }
      const token = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Token;
      if (!sameRoot(token.aud, options.graphRoot())) {
        throw unauthorized('Access token validation failure. Invalid audience.');
      }
      if (token.exp * 1_000 <= Date.now()) {
        throw unauthorized('Lifetime validation failed, the token is expired.');
      }
      return token;
    },
  };
}

const sameRoot = (one: string, other: string) => one.replace(/\/$/, '') === other.replace(/\/$/, '');

const unauthorized = (message: string) =>
  new GraphError(401, 'InvalidAuthenticationToken', message, { 'WWW-Authenticate': 'Bearer realm=""' });

function refusal(statusCode: number, message: string): Answer {
  return {
    status: statusCode,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: { statusCode, message },
  };
}
