/**
 * Five nights whose telemetry goes the whole way: Microsoft's SDK, TLS, an ingestion endpoint. The first purges, the
 * second is refused, the third is not let purge one user, the telemetry of the fourth is turned away, and the fifth
 * is throttled, makes up for it, and finds that an administrator was first with one. Exchange Online holds on to one user who was purged.
 */
import { at } from '../../../lib/core/ids.ts';
import { createAppInsightsTelemetry } from '../../../lib/telemetry/appInsights.ts';
import { sure } from '../../core/people.ts';
import type { Night } from '../../night/stage.ts';
import { HOUR_MS } from '../../tenant/clock.ts';
import { type Ingestion, startIngestion } from '../../tenant/ingestion.ts';
import type { LogEntry } from '../../tenant/service.ts';
import { trustedCertificates } from '../../tenant/trust.ts';
import { type Company, openCompany } from './company.ts';
import { addEnvelope } from './workspace.ts';

export interface Week {
  readonly company: Company;
  readonly nights: readonly Night[];
  /** Requests that each night sent to Graph. */
  readonly requests: readonly (readonly LogEntry[])[];
  /** When each night was over (milliseconds since 1970). */
  readonly ends: readonly number[];
  /** Purged, and still in Exchange Online. */
  readonly lingering: string;
  close(): Promise<void>;
}

export async function openWeek(): Promise<Week> {
  const company = await openCompany([9, 9, 8, 7, 6, 5, 4, 3, 2]);
  const { world, servers } = company.stage;
  const ingestion = await startIngestion({ certificates: await trustedCertificates(), now: company.now });
  const [nights, requests, ends]: [Night[], LogEntry[][], number[]] = [[], [], []];
  const night = async (sections?: Readonly<Record<string, unknown>>) => {
    const before = servers.log.length;
    nights.push(await tellingNight(company, ingestion, sections));
    requests.push(servers.log.slice(before));
    ends.push(company.now());
  };

  await night();
  const lingering = sure(
    nights[0]?.lines.flatMap(({ record }) => (record.kind === 'settled' ? [record.id] : []))[0],
  );
  world.exchange.keepLingering(lingering);
  await night({
    accidentalDeletionPrevention: {
      perNight: { users: 0 },
      rollingBudget: { days: 7, users: 300 },
    },
  });
  servers.faults.add({ match: /^DELETE /, kind: 'status', status: 403 });
  await night();
  await ingestion.fail(402);
  await night();
  await ingestion.fail('none');
  company.leaver();
  world.advance(HOUR_MS);
  company.leaver();
  servers.faults.add({ match: /^DELETE /, kind: 'status', status: 429, times: 2 });
  const first = sure(
    world.entra
      .deletedUsers()
      .map(({ id, deletedDateTime }) => `${deletedDateTime} ${id}`)
      .sort()[0],
  );
  servers.faults.add({
    match: /^GET \/directory\/deletedItems\/[0-9a-f-]+/,
    kind: 'none',
    before: () => world.entra.hardDelete(first.slice(-36), 'an administrator'),
  });
  await night({ gracePeriodDays: 5 });
  return {
    company,
    nights,
    requests,
    ends,
    lingering,
    close: async () => {
      await company.close();
      await ingestion.close();
    },
  };
}

/** A night with telemetry of its own, as the function makes it, and its calls. */
async function tellingNight(
  { now, stage, workspace, night }: Company,
  ingestion: Ingestion,
  sections: Readonly<Record<string, unknown>> | undefined,
): Promise<Night> {
  const { connectionString, envelopes } = ingestion;
  const telemetry = createAppInsightsTelemetry({ connectionString, spellOutKeeps: true, now, flushMs: 4000 });
  const before = stage.servers.log.length;
  const result = await night(sections, { telemetry });
  for (const { method, path, status, at: startedAt } of stage.servers.log.slice(before)) {
    const target = path.replace(/\?.*$/s, '');
    telemetry.dependency({
      method,
      target,
      status,
      failure: undefined,
      startedAt: at(startedAt),
      durationMs: 40,
    });
  }
  await telemetry.flush();
  await telemetry.dispose();
  for (const envelope of envelopes.splice(0)) addEnvelope(workspace, envelope, now());
  return result;
}
