/** Every query over one night, and over 90 nights of three tenants: it runs, and no tenant hides another. */
import { describe, expect, jest, test } from '@jest/globals';
import { run } from './kql/evaluate.ts';
import { QUERIES, queryText } from './kql/files.ts';
import type { Row } from './kql/values.ts';
import { createWorkspace } from './kql/workspace.ts';

// Loading and warming up the parser takes seconds on a busy machine.
jest.setTimeout(120_000);

const NOW = Date.parse('2026-06-01T07:00:00Z');
const TENANTS = ['tenant-a', 'tenant-b', 'tenant-c'];
const MEASURES = {
  Purge: 1,
  Keep: 9,
  DeletedUsers: 10,
  Open: 0,
  NotAttempted: 0,
  CountPurged: 1,
  DurationMs: 60_000,
};

function nightsOf(nights: number, tenants: readonly string[]) {
  const workspace = createWorkspace();
  for (let ago = 0; ago < nights; ago += 1) {
    for (const TenantId of tenants) {
      const night = `${TenantId}-${ago}`;
      const at = new Date(NOW - ago * 86_400_000 - 5 * 3_600_000);
      const steps: readonly (readonly [string, Row, Row])[] = [
        ['NightStarted', { TenantId, Mode: 'purge' }, { PerNightUsers: 10 }],
        ['Planned', { State: 'ready' }, { DeletedUsers: 10, Purge: 1, Keep: 9, KeptByOnHold: 5 }],
        ['PurgeAnnounced', { UserId: night, DeletedDateTime: at.toISOString() }, { Attempt: 1 }],
        ['PurgeSettled', { UserId: night, DeletedDateTime: at.toISOString(), Outcome: 'purged' }, {}],
        ['NightEnded', { Status: 'completed', Detail: '1 planned: 1 purged.' }, MEASURES],
      ];
      steps.forEach(([Name, properties, measurements], LedgerLine) => {
        const Properties = { NightId: night, OccurredAt: at.toISOString(), ...properties };
        const Measurements = { LedgerLine, ...measurements };
        const row = {
          TimeGenerated: at,
          AppRoleName: 'mailuser-purge',
          Name,
          OperationId: night,
          Properties,
          Measurements,
        };
        workspace.add('AppEvents', row, 0);
      });
    }
  }
  return workspace.at(NOW);
}
const filledIn = (text: string, tenant: string) =>
  text.replaceAll('{Tenant}', tenant).replaceAll('{tenantId}', TENANTS[0] ?? '');

describe.each([
  ['one night', 1, TENANTS.slice(0, 1)],
  ['90 nights of three tenants', 90, TENANTS],
] as const)('%s', (_, nights, tenants) => {
  const tables = nightsOf(nights, tenants);
  const ask = (name: string, tenant = '*') =>
    run(filledIn(queryText('workbook', name), tenant), tables, new Date(NOW)).rows;

  test.each(QUERIES.map(({ folder, name, text }) => [`${folder}/${name}`, text] as const))(
    '%s runs',
    (_name, text) => {
      for (const tenant of ['*', ...tenants]) run(filledIn(text, tenant), tables, new Date(NOW));
    },
  );

  test('each tenant has its newest night, and its own nights when it is chosen', () => {
    expect(ask('lastNight').map(({ TenantId, InTime }) => [TenantId, InTime])).toEqual(
      tenants.map((tenant) => [tenant, 'yes']),
    );
    expect(ask('nights')).toHaveLength(nights * tenants.length);
    for (const tenant of tenants) {
      expect(ask('nights', tenant)).toHaveLength(nights);
      expect(ask('trend', tenant)).toHaveLength(nights);
    }
  });
});
