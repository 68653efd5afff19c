/** Whole nights of the built bundle, among friends and not: no secret of theirs is printed, sent or stored anywhere. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startTalkativeDirectory } from './secretsDirectory.ts';
import { leaksIn } from './secretsSearch.ts';
import { allBut, LEAVERS, type Night, PASSWORD, type Stage, setStage } from './secretsStage.ts';
import { type LoopbackServer, type Retort, startRetorting } from './secretsWire.ts';

/** A process is started for each test; a busy machine takes its time. */
jest.setTimeout(120_000);

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

/** The part of `night` that was said to whoever listens at `origin`. */
const saidTo = (origin: string, { received }: Night) =>
  received.filter(({ port }) => port === Number(new URL(origin).port));

const claimsIn = (authorization = '') =>
  JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString() || '{}') as {
    aud?: string;
  };

/** Who was shown a token, and for what: each audience once, without the slashes at its end. */
const audiencesAt = (origin: string, night: Night) => [
  ...new Set(
    saidTo(origin, night).map(({ headers }) => claimsIn(headers['authorization']).aud?.replace(/\/+$/, '')),
  ),
];

const STORAGE = 'https://storage.azure.com';
const TELEMETRY = 'https://monitor.azure.com';

let purging: Promise<Night> | undefined;
const nightThatPurges = () => {
  purging ??= stage.night({}, { protect: allBut(0) });
  return purging;
};

test('a night that purges, records and tells: every token goes to whom it is for, and nowhere else', async () => {
  const night = await nightThatPurges();
  expect(night).toMatchObject({ code: 0, stderr: '', leaks: [] });
  expect(stage.world.truth.hardDeletes).toHaveLength(LEAVERS);
  // What is not searched cannot leak.
  const places = night.traces.map(({ where }) => where).join('\n');
  for (const place of ['log/000001.ndjson', 'html', '/v2.1/track', 'InvokeCommand', '$batch', 'stdout']) {
    expect(places).toContain(place);
  }
  const { servers, exchange, storage, ingestion } = stage;
  expect(audiencesAt(servers.graphRoot, night)).toEqual([servers.graphRoot]);
  expect(audiencesAt(exchange.root, night)).toEqual([exchange.root]);
  expect(audiencesAt(storage.origin, night)).toEqual([STORAGE]);
  expect(audiencesAt(ingestion.url, night)).toEqual([TELEMETRY]);
  expect(saidTo(servers.identityEndpoint, night).map(({ headers }) => headers['authorization'])).toEqual(
    night.tokens.map(() => undefined),
  );
});

test('a night that somebody looks into, with every library told to say all', async () => {
  const night = await stage.night({
    AZURE_LOG_LEVEL: 'verbose',
    OTEL_LOG_LEVEL: 'verbose',
    APPLICATIONINSIGHTS_INSTRUMENTATION_LOGGING_LEVEL: 'VERBOSE',
    APPLICATIONINSIGHTS_LOG_DESTINATION: 'file+console',
    DEBUG: '*',
  });
  expect(night).toMatchObject({ code: 0, leaks: [] });
  expect(night.stderr).toContain('"authorization": "REDACTED"');
});

/** "Permissions for blob service operations" (Authorize with Microsoft Entra ID, Azure Storage REST). */
function rightFor({ method, url, headers }: Night['received'][number]): string {
  const { searchParams } = new URL(url, 'https://storage');
  if (method === 'GET' || method === 'HEAD') return 'blobs/read';
  if (method !== 'PUT') return `${method} ${url}`;
  if (searchParams.get('comp') === 'lease') return 'blobs/write';
  if (searchParams.get('comp') === 'appendblock') return 'blobs/add/action';
  const isNew = headers['x-ms-blob-type'] !== undefined && headers['if-none-match'] === '*';
  return isNew && !searchParams.has('comp') ? 'blobs/add/action' : `${method} ${url}`;
}

test('of storage it asks what the role in ledger.bicep allows, and the role allows no more', async () => {
  const night = await nightThatPurges();
  const used = new Set(saidTo(stage.storage.origin, night).map(rightFor));
  const role = /dataActions: \[([^\]]*)\]/.exec(readFileSync('infra/ledger.bicep', 'utf8'))?.[1] ?? '';
  const allowed = [
    ...role.matchAll(/'Microsoft\.Storage\/storageAccounts\/blobServices\/containers\/(.*)'/g),
  ];
  expect([...used].sort()).toEqual(allowed.map(([, right]) => right).sort());
});

describe('what was searched would have shown it', () => {
  const token = `${'eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9'}.${'A1b2'.repeat(60)}.${'Zy9-'.repeat(11)}`;
  const half = token.slice(90, 150);
  test.each([
    ['as it is', `Authorization: Bearer ${token}`],
    ['the signature alone', token.split('.')[2]],
    ['cut off', `Bearer ${token.slice(0, 60)}…`],
    ['from the middle', half],
    ['in a URL', `?access_token=${encodeURIComponent(token)}`],
    ['in base64', Buffer.from(`{"header":"Bearer ${token}"}`).toString('base64')],
    ['in base64, a character on', Buffer.from(`x{"header":"Bearer ${token}"}`).toString('base64url')],
    ['in base64, two on', Buffer.from(`xy${half}`).toString('base64')],
    ['in hex', Buffer.from(half).toString('hex')],
    ['in UTF-16', Buffer.from(token, 'utf16le')],
  ])('%s', (_, content = '') => {
    const secrets = { 'a token': [token] };
    expect(leaksIn([{ where: 'a file', content }], secrets)).toEqual([
      expect.stringMatching(/a file holds a token/),
    ]);
    expect(leaksIn([{ where: 'a file', content: 'eyJ is how they begin' }], secrets)).toEqual([]);
  });
  test('a password, also as JSON, as HTML and in a URL', () => {
    const secret = 'p"a<s&s/w0rd';
    for (const content of [
      JSON.stringify({ secret }),
      'p&quot;a&lt;s&amp;s/w0rd',
      encodeURIComponent(secret),
    ]) {
      expect(leaksIn([{ where: 'it', content }], { 'the password': [secret] })).toHaveLength(1);
    }
  });
});

/** What a service may say back that shows what it was sent. */
const echoes = (authorization: string) =>
  `Refused. Authorization: ${authorization}; ${encodeURIComponent(authorization)}; {"Authorization":"${authorization}"}`;

describe('a service that says back what it is sent', () => {
  async function among(
    retort: (authorization: string) => Retort,
    settings: (origin: string) => Readonly<Record<string, string>>,
    policy: Readonly<Record<string, unknown>> = {},
  ): Promise<Night & { readonly service: LoopbackServer; readonly shown: readonly (string | undefined)[] }> {
    const service = await startRetorting(stage.certificates, retort);
    try {
      const night = await stage.night(settings(service.origin), policy);
      return { ...night, service, shown: audiencesAt(service.origin, night) };
    } finally {
      await service.close();
    }
  }
  const graphError = (status: number) => (authorization: string) => ({
    status,
    // So long that nobody waits for it.
    headers: { 'Retry-After': '3600' },
    body: JSON.stringify({ error: { code: 'Unhappy', message: echoes(authorization) } }),
  });

  test.each([401, 403, 500])('Microsoft Graph, with %i', async (status) => {
    const night = await among(graphError(status), (origin) => ({ GRAPH_ROOT: origin }));
    expect(night).toMatchObject({ code: 1, leaks: [], shown: [night.service.origin] });
    expect(night.stderr).toMatch(
      new RegExp(`answer.* ${status} Unhappy: Refused. Authorization: Bearer \\(token\\)`),
    );
  });

  test.each([
    [401, 1],
    [500, 2],
  ])('Microsoft Graph, to a DELETE, with %i', async (status, round) => {
    let said = 0;
    stage.servers.faults.add({
      match: /^POST \/\$batch/,
      kind: 'transform',
      times: Number.POSITIVE_INFINITY,
      transform: (body, call) => {
        if (!JSON.stringify(call.body).includes('DELETE')) return body;
        const { responses } = body as { responses: object[] };
        said += responses.length;
        const { body: text } = graphError(status)(call.headers['authorization'] ?? '');
        return { responses: responses.map((response) => ({ ...response, status, body: JSON.parse(text) })) };
      },
    });
    const night = await stage.night({}, { protect: allBut(round) });
    expect(said).toBeGreaterThanOrEqual(LEAVERS);
    expect(night.leaks).toEqual([]);
    const ledger = night.traces.find(({ where }) => /^the blob .*ndjson$/.test(where));
    expect(ledger?.content.toString()).toContain(`${status} Unhappy: Refused. Authorization: Bearer (token)`);
  });

  test('Exchange Online', async () => {
    const night = await among(graphError(403), (origin) => ({ EXCHANGE_ROOT: origin }), {
      exchange: { use: 'required', lingeringAfterHours: 48 },
    });
    expect(night).toMatchObject({ code: 1, leaks: [], shown: [night.service.origin] });
    expect(night.stderr).toContain('Authorization: Bearer (token)');
  });

  const storageError = (status: number, challenge?: string) => (authorization: string) => ({
    status,
    headers: { 'content-type': 'application/xml', ...(challenge && { 'WWW-Authenticate': challenge }) },
    body: `<?xml version="1.0"?><Error><Code>Unhappy</Code><Message>${echoes(authorization)}</Message></Error>`,
  });
  const ledgerAt = (origin: string) => ({
    LEDGER_CONTAINER_URL: `${origin}/account/ledger`,
    HALT_BLOB_URL: '',
  });

  test('storage', async () => {
    const night = await among(storageError(409), ledgerAt);
    expect(night).toMatchObject({ code: 1, leaks: [], shown: [STORAGE] });
    expect(night.stderr).toContain('Authorization: Bearer (token)');
  });

  test('storage, which asks for a token for Microsoft Graph, is shown none', async () => {
    const { tenantId } = stage.world;
    const challenge = `Bearer authorization_uri=https://login.microsoftonline.com/${tenantId}/oauth2/authorize resource_id=${stage.servers.graphRoot}`;
    const night = await among(storageError(401, challenge), ledgerAt);
    expect(night).toMatchObject({ code: 1, leaks: [], shown: [STORAGE] });
  });

  test('Application Insights', async () => {
    const retort = (authorization: string) => ({
      status: 400,
      body: JSON.stringify({
        itemsReceived: 1,
        itemsAccepted: 0,
        errors: [{ index: 0, statusCode: 400, message: echoes(authorization) }],
      }),
    });
    const { instrumentationKey } = stage.ingestion;
    const night = await among(retort, (origin) => ({
      APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${instrumentationKey};IngestionEndpoint=${origin}/`,
    }));
    expect(night).toMatchObject({ code: 0, leaks: [], shown: [TELEMETRY] });
    expect(night.stderr).toContain('HTTP 400');
  });
});

describe('a night that is refused', () => {
  test('for its identity', async () => {
    const night = await stage.night({ MANAGED_IDENTITY_CLIENT_ID: '11111111-2222-4333-8444-555555555555' });
    expect(night).toMatchObject({ code: 1, leaks: [], tokens: [] });
    expect(night.stderr).toContain('No User Assigned or Delegated Managed Identity found');
  });

  test('for its policy', async () => {
    const night = await stage.night({}, { protekt: PASSWORD });
    expect(night).toMatchObject({ code: 1, leaks: [] });
    expect(night.stderr).toContain('protekt');
  });

  test('for its settings', async () => {
    const sas = `sv=2024-11-04&sp=racwd&sig=${encodeURIComponent(PASSWORD)}`;
    const night = await stage.night({
      LEDGER_CONTAINER_URL: `https://x.blob.core.windows.net/ledger?${sas}`,
      APPLICATIONINSIGHTS_CONNECTION_STRING: PASSWORD,
      GRAPH_ROOT: `https://reader:${PASSWORD}@evil.example`,
    });
    expect(night).toMatchObject({ code: 1, leaks: [], received: [] });
    expect(night.stderr).toMatch(
      /GRAPH_ROOT must be.*LEDGER_CONTAINER_URL must be.*CONNECTION_STRING must be/,
    );
  });

  test.each([
    ['which refuses its password', 49, 'the account was refused'],
    ['which says no to it otherwise', 53, 'corp.example'],
  ])('by a domain controller, %s', async (_, resultCode, words) => {
    const directory = await startTalkativeDirectory(stage.certificates, () => resultCode);
    const domains = [
      {
        domain: 'corp.example',
        domainControllers: [directory.url],
        credentials: 'CORP',
        sourceAnchor: 'auto',
      },
    ];
    const onPremises = { source: 'activeDirectory', domains, maxShrinkPercent: 3, maxSliceShrinkUsers: 20 };
    const night = await stage.night({}, { onPremises });
    await directory.close();
    expect(directory.binds.join('\n')).toContain(PASSWORD);
    expect(night).toMatchObject({ code: 1, leaks: [] });
    expect(night.stderr).toContain(words);
  });
});
