/**
 * Alerts on what no night of ours shows by itself: names that people give, what Azure and Entra ID record, and what lasts
 * longer than a rule can see.
 */
import { describe, expect, jest, test } from '@jest/globals';
import { run } from './kql/evaluate.ts';
import { queryText } from './kql/files.ts';
import { filled } from './kql/filled.ts';
import type { Row } from './kql/values.ts';
import { auditRow, blobRow, createWorkspace, type Workspace } from './kql/workspace.ts';

// Loading and warming up the parser takes seconds on a busy machine.
jest.setTimeout(60_000);

const OURS = '0f1e2d3c-0000-4000-8000-00000000a11c';
const KNOWN_APP = 'c0ffee00-0000-4000-8000-00000000ca11';
const USER = 'c0ffee00-0000-4000-8000-000000000001';
const TENANT = '22222222-2222-4222-8222-222222222222';
const NOON = Date.parse('2026-03-15T12:00:00Z');
const HOUR = 3_600_000;

function rows(name: string, workspace: Workspace, now = NOON): readonly Row[] {
  const query = filled(queryText('alerts', name), {
    principalId: OURS,
    tenantId: TENANT,
    hostAccount: 'sthost1',
    ledgerAccount: 'stledger1',
    knownInitiators: ["sean.o'brien@contoso.com", 'CONTOSO\\svc', 'a;b', KNOWN_APP],
  });
  return run(query, workspace.at(now, 48), new Date(now)).rows;
}
const alone = (table: Parameters<Workspace['add']>[0], ...all: readonly Row[]) => {
  const workspace = createWorkspace();
  for (const row of all) workspace.add(table, row, 0);
  return workspace;
};

describe('foreignPurge', () => {
  const purge = (by: Parameters<typeof auditRow>[2], at = NOON - HOUR) =>
    rows('foreignPurge', alone('AuditLogs', auditRow(at, USER, by)));

  test.each(["Sean.O'Brien@contoso.com", 'contoso\\SVC', 'A;B'])(
    'keeps silent for the known name %s',
    (person) => {
      expect(purge({ person })).toEqual([]);
    },
  );

  test.each(['a', 'b', 'sean.o', 'svc'])('fires for %s, a part of a known name', (person) => {
    expect(purge({ person })).toMatchObject([{ Initiator: person, IsOurs: 'false' }]);
  });

  test('knows an app by the object id of its service principal, not by a name alone', () => {
    expect(purge({ app: KNOWN_APP })).toEqual([]);
    expect(purge({ app: 'c0ffee00-0000-4000-8000-00000000ca12' })).toHaveLength(1);
  });

  test('fires for our identity although its name is a known one', () => {
    const row = auditRow(NOON - 4 * HOUR, USER, { app: OURS });
    const named = { ...row, InitiatedBy: { app: { displayName: 'a;b', servicePrincipalId: OURS } } };
    expect(rows('foreignPurge', alone('AuditLogs', named))).toMatchObject([{ IsOurs: 'true' }]);
  });

  test('takes a removal that nobody initiated for that of Entra ID after 30 days', () => {
    const row = { ...auditRow(NOON - HOUR, USER, { person: '' }), InitiatedBy: {} };
    expect(rows('foreignPurge', alone('AuditLogs', row))).toEqual([]);
  });

  test('tells Tuesday’s purges although Monday’s one has been told', () => {
    const by = { person: 'mallory@contoso.com' };
    const [monday, tuesday] = [auditRow(NOON - 26 * HOUR, USER, by), auditRow(NOON - 2 * HOUR, USER, by)];
    const hours = rows('foreignPurge', alone('AuditLogs', monday, tuesday)).map(({ Hour }) => Hour);
    expect(hours).toEqual(['2026-03-14 10', '2026-03-15 10']);
  });
});

describe('what Entra ID and storage record', () => {
  test('roleGranted: an app role for our identity, and not for another', () => {
    const grant = (principal: string): Row => ({
      ...auditRow(
        NOON - HOUR,
        USER,
        { person: 'ada@contoso.com' },
        'Add app role assignment to service principal',
      ),
      TargetResources: [
        {
          type: 'ServicePrincipal',
          displayName: 'Microsoft Graph',
          modifiedProperties: [{ displayName: 'ServicePrincipal.ObjectID', newValue: `"${principal}"` }],
        },
      ],
    });
    expect(
      rows('roleGranted', alone('AuditLogs', grant(OURS.toUpperCase()), grant(KNOWN_APP))),
    ).toMatchObject([
      { Initiator: 'ada@contoso.com', Operation: 'Add app role assignment to service principal' },
    ]);
  });

  const at = NOON - HOUR;
  test.each<readonly [string, Row, number]>([
    [
      'our appends',
      blobRow(at, ['stledger1', 'ledger/log/000001.ndjson'], 'AppendBlock', { requester: OURS }),
      0,
    ],
    [
      'a delete by our identity',
      blobRow(at, ['stledger1', 'ledger/log/000001.ndjson'], 'DeleteBlob', { requester: OURS }),
      1,
    ],
    [
      'a write by another',
      blobRow(at, ['stledger1', 'ledger/log/000001.ndjson'], 'PutBlob', { requester: USER }),
      1,
    ],
    ['a container deleted', blobRow(at, ['stledger1', 'ledger'], 'DeleteContainer', { requester: USER }), 1],
    [
      'a delete signed by a key',
      blobRow(at, ['stledger1', 'ledger/log/000001.ndjson'], 'DeleteBlob', { authentication: 'AccountKey' }),
      1,
    ],
    [
      'Azure’s own removal',
      blobRow(at, ['stledger1', 'ledger/log/000001.ndjson'], 'DeleteBlob', {
        authentication: 'TrustedAccess',
      }),
      0,
    ],
    ['a halt', blobRow(at, ['stledger1', 'control/halt'], 'DeleteBlob', { requester: USER }), 0],
    ['another account', blobRow(at, ['elsewhere', 'ledger/x'], 'DeleteBlob', { requester: USER }), 0],
  ])('ledgerTouched: %s', (_, row, expected) => {
    expect(rows('ledgerTouched', alone('StorageBlobLogs', row))).toHaveLength(expected);
  });

  test('packageDeployed: a package, once an hour, and not the host’s own lease', () => {
    const workspace = alone(
      'StorageBlobLogs',
      blobRow(at, ['sthost1', 'deployment/released-package.zip'], 'PutBlob', { requester: USER }),
      blobRow(at + 1000, ['sthost1', 'deployment/released-package.zip'], 'PutBlockList', { requester: USER }),
      blobRow(at, ['sthost1', 'azure-webjobs-hosts/locks/x'], 'PutBlob', { requester: OURS }),
    );
    expect(rows('packageDeployed', workspace)).toMatchObject([{ Deployer: USER, Writes: 2 }]);
  });
});

describe('nights', () => {
  let line = 0;
  const event = (
    night: string,
    hoursAgo: number,
    Name: string,
    properties: Row = {},
    measurements: Row = {},
  ): Row => {
    const at = new Date(NOON - hoursAgo * HOUR);
    line += 1;
    return {
      TimeGenerated: at,
      AppRoleName: 'mailuser-purge',
      Name,
      OperationId: night,
      Properties: { NightId: night, OccurredAt: at.toISOString(), ...properties },
      Measurements: { LedgerLine: line, ...measurements },
    };
  };
  const night = (
    id: string,
    hoursAgo: number,
    tenant: string,
    ended: Row = {},
    mode = 'purge',
    counts: Row = {},
  ) => [
    event(id, hoursAgo, 'NightStarted', { TenantId: tenant, Mode: mode }),
    event(
      id,
      hoursAgo - 0.1,
      'NightEnded',
      { Status: 'completed', Detail: 'Nobody was to be purged.', ...ended },
      { Open: 0, NotAttempted: 0, ...counts },
    ),
  ];

  test('noNight: one tenant’s night does not hide that another had none', () => {
    const workspace = alone('AppEvents', ...night('n1', 40, 'tenant-b'), ...night('n2', 2, TENANT));
    expect(rows('noNight', workspace)).toMatchObject([{ TenantId: 'tenant-b' }]);
  });

  test('notBegun: another deployment’s night does not hide a run that failed', () => {
    const workspace = alone(
      'AppEvents',
      ...night('n1', 2, TENANT).map((row) => ({ ...row, _ResourceId: '/other' })),
    );
    const run = {
      TimeGenerated: new Date(NOON - 2 * HOUR),
      Id: 'r',
      Name: 'nightlyPurge',
      DurationMs: 9,
      Success: false,
      _ResourceId: '/ours',
    };
    workspace.add('AppRequests', run, 0);
    expect(rows('notBegun', workspace)).toMatchObject([{ RunId: 'r', Detail: '' }]);
  });

  test('notBegun: fires, without a detail, where AppExceptions does not exist', () => {
    const run1 = {
      TimeGenerated: new Date(NOON - HOUR),
      Id: 'r',
      Name: 'nightlyPurge',
      DurationMs: 9,
      Success: false,
    };
    const tables = new Map(alone('AppRequests', run1).at(NOON));
    tables.delete('AppExceptions');
    tables.delete('AppEvents');
    expect(run(queryText('alerts', 'notBegun'), tables, new Date(NOON)).rows).toMatchObject([
      { RunId: 'r', Detail: '' },
    ]);
  });

  test('purgeUnverified: stays open beyond two days, until a night counts none', () => {
    const purge = event('n0', 95, 'PurgeAnnounced', {
      UserId: USER,
      DeletedDateTime: '2026-03-01T00:00:00Z',
    });
    const workspace = alone('AppEvents', purge, ...night('n3', 10, TENANT, {}, 'purge', { Open: 1 }));
    expect(rows('purgeUnverified', workspace)).toMatchObject([{ UserId: '', NightId: 'n3', Purges: 1 }]);
    for (const row of night('n4', 1, TENANT)) workspace.add('AppEvents', row, 0);
    expect(rows('purgeUnverified', workspace)).toEqual([]);
  });

  test('purgeUnverified: a night’s own open purge is not yet late, nor is one that the next night is settling', () => {
    const user = { UserId: USER, DeletedDateTime: '2026-03-01T00:00:00Z' };
    const workspace = alone(
      'AppEvents',
      event('n1', 20, 'PurgeAnnounced', user),
      ...night('n1', 20, TENANT, {}, 'purge', { Open: 1 }),
    );
    expect(rows('purgeUnverified', workspace)).toEqual([]);
    workspace.add(
      'AppEvents',
      event('n2', 0.1, 'PurgeSettled', { ...user, Outcome: 'purged', AnnouncedBy: 'n1' }),
      0,
    );
    expect(rows('purgeUnverified', workspace)).toEqual([]);
  });

  test('purgeDenied and notCured: by user, and more than five as one', () => {
    const settled = (user: string) =>
      event('n1', 2, 'PurgeSettled', { UserId: user, Outcome: 'denied', Detail: '403' });
    const held = (user: string) => event('n1', 2, 'CureSeen', { UserId: user, State: 'lingering' });
    const who = (users: readonly string[]) => {
      const workspace = alone('AppEvents', ...users.map(settled), ...users.map(held));
      return ['purgeDenied', 'notCured'].map((name) => new Set(rows(name, workspace).map(({ Who }) => Who)));
    };
    expect(who(['a', 'b'])).toEqual([new Set(['a', 'b']), new Set(['a', 'b'])]);
    const many = new Set(['more than five users']);
    expect(who(['a', 'b', 'c', 'd', 'e', 'f'])).toEqual([many, many]);
  });

  test('stoppedTwice: two of two, and not one of two', () => {
    const stopped = { Status: 'stopped' };
    const both = alone('AppEvents', ...night('n1', 26, TENANT, stopped), ...night('n2', 2, TENANT, stopped));
    expect(rows('stoppedTwice', both)).toMatchObject([{ TenantId: TENANT, Nights: 2 }]);
    const one = alone('AppEvents', ...night('n1', 26, TENANT), ...night('n2', 2, TENANT, stopped));
    expect(rows('stoppedTwice', one)).toEqual([]);
  });

  test('oneReason: 9 of 10 on both nights, and not for a reason that time takes away', () => {
    const plan = (id: string, hoursAgo: number, reason: string, users = 9) => [
      event(id, hoursAgo, 'NightStarted', { TenantId: TENANT, Mode: 'purge' }),
      event(id, hoursAgo, 'Planned', {}, { DeletedUsers: 10, [reason]: users }),
    ];
    const of = (reason: string, users?: number) =>
      rows('oneReason', alone('AppEvents', ...plan('n1', 26, reason), ...plan('n2', 2, reason, users)));
    expect(of('KeptByHoldUnknown')).toMatchObject([{ Reason: 'holdUnknown', Percent: 90, Nights: 2 }]);
    expect(of('KeptByHoldUnknown', 8)).toEqual([]);
    expect(of('KeptByWithinGracePeriod')).toEqual([]);
  });

  test('modeChanged: from report to purge, and not the way back', () => {
    const [report, purge] = [night('n1', 26, TENANT, {}, 'report'), night('n2', 2, TENANT)];
    expect(rows('modeChanged', alone('AppEvents', ...report, ...purge))).toMatchObject([
      { TenantId: TENANT },
    ]);
    const back = [night('n1', 26, TENANT), night('n2', 2, TENANT, {}, 'report')].flat();
    expect(rows('modeChanged', alone('AppEvents', ...back))).toEqual([]);
  });

  test('nightSummary: the headline of each night', () => {
    expect(rows('nightSummary', alone('AppEvents', ...night('n1', 2, TENANT)))).toMatchObject([
      { NightId: 'n1', TenantId: TENANT, Headline: 'Nobody was to be purged.' },
    ]);
  });
});
