/** The page that a night leaves for people, and what leaves the ledger where the policy keeps people private. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { LedgerLine } from '../../lib/core/record.ts';
import { NightRefused } from '../../lib/errors.ts';
import type { Ports, Telemetry } from '../../lib/ports.ts';
import { createAppInsightsTelemetry } from '../../lib/telemetry/appInsights.ts';
import { combine } from '../../lib/telemetry/combine.ts';
import { createLogTelemetry } from '../../lib/telemetry/log.ts';
import { redact } from '../../lib/telemetry/redact.ts';
import { sure } from '../core/people.ts';
import { DAY_MS } from '../tenant/clock.ts';
import { type Ingestion, startIngestion } from '../tenant/ingestion.ts';
import type { OnPremUser } from '../tenant/onPrem.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { PEOPLE_OU, type World } from '../tenant/world.ts';
import { ledgerWith, type Stage, setStage } from './stage.ts';

let stage: Stage | undefined;
let ingestion: Ingestion | undefined;
afterEach(async () => {
  await stage?.close();
  await ingestion?.close();
});

/** Whatever names one of these people has this in it; the distinguished names begin with the display name. */
const NAMED = /qzx/i;
const GONE = 4;

/** Some to be purged, one who was taken over by somebody live, one whom a rule protects. */
function furnish(world: World): void {
  const leavers: OnPremUser[] = [];
  for (let n = 0; n < 40; n++) {
    const user = world.onPrem.create({
      displayName: `<b onclick="qzx()">Qzx ${n}`,
      userPrincipalName: `qzx.upn${n}@domain.com`,
      ou: PEOPLE_OU,
    });
    world.onPrem.mailEnable(user, { externalAddress: `qzx.mail${n}@qzx-partner${n}.com` });
    if (n < GONE + 2) leavers.push(user);
  }
  world.advance(DAY_MS);
  for (const user of leavers) world.onPrem.delete(user);
  world.advance(DAY_MS);
  const heir = world.onPrem.create({
    displayName: 'Qzx heir',
    userPrincipalName: 'qzx.heir@domain.com',
    ou: PEOPLE_OU,
  });
  world.onPrem.mailEnable(heir, {
    externalAddress: 'qzx.heir@qzx-partner.com',
    aliases: [`qzx.mail${GONE}@qzx-partner${GONE}.com`],
  });
  world.advance(8 * DAY_MS);
}

const policyOf = (personalData: boolean) => ({
  telemetry: { spellOutKeeps: true, personalData },
  protect: { addresses: [`qzx.mail${GONE + 1}@*`] },
});
const pageOf = (location: string | undefined) => readFileSync(sure(location), 'utf8');

describe('a night leaves its report', () => {
  test('beside its ledger, with everybody in it, and it is no night of the ledger', async () => {
    stage = await setStage({ furnish });
    const first = await stage.night(policyOf(true));
    expect(first.report).toMatchObject({ status: 'completed', outcomes: { purged: GONE }, warnings: [] });
    expect(first.report.report).toContain(`2026/03/11/20260311T020000Z-${first.report.night}.html`);
    const page = pageOf(first.report.report);
    expect(page).toContain(`${GONE} users purged and seen to be gone.`);
    for (let n = 0; n < GONE + 2; n++) expect(page).toContain(`qzx.upn${n}@domain.com`);
    expect(page).toContain('&lt;b onclick=&quot;qzx()&quot;&gt;Qzx 0');

    stage.world.advance(DAY_MS);
    const second = await stage.night(policyOf(true));
    expect(second.report).toMatchObject({ status: 'completed', warnings: [] });
    expect(pageOf(second.report.report)).toContain('The last 2 nights');
  });

  test('also when it was refused, with why and what to do', async () => {
    stage = await setStage({ furnish });
    const limits = {
      perNight: { users: 1 },
      rollingBudget: { days: 7, users: 9 },
    };
    const { report } = await stage.night({ ...policyOf(true), accidentalDeletionPrevention: limits });
    expect(report.status).toBe('refused');
    const page = pageOf(report.report);
    expect(page).toContain('More users would be purged than the policy allows in one night.');
    expect(page).toContain('raise accidentalDeletionPrevention.perNight for a night');
    expect(page).toContain(`${GONE} users of 1 allowed`);
  });

  test('gives a warning and no failed night when the report cannot be stored', async () => {
    const onStage = await setStage({ furnish });
    stage = onStage;
    const attach = async () => {
      throw new Error('no room');
    };
    const { report, lines } = await onStage.night(policyOf(true), {
      ledger: ledgerWith(onStage.ports.ledger, () => ({ attach })),
    });
    expect(report).toMatchObject({ status: 'completed', report: undefined });
    expect(report.warnings).toEqual([expect.stringMatching(/report.*could not be made: no room.*ledger/)]);
    expect(lines.at(-1)?.record).toMatchObject({ kind: 'telemetrySent', delivered: true });
  });
});

describe('personal data', () => {
  interface Told {
    readonly texts: Readonly<Record<'events' | 'log' | 'page' | 'ending', string>>;
    readonly lines: readonly LedgerLine[];
  }

  /** Everything that a night told anybody but the ledger. */
  async function toldBy(
    personalData: boolean,
    sections: Readonly<Record<string, unknown>>,
    changes: Partial<Ports> = {},
  ): Promise<Told> {
    const onStage = await setStage({ furnish, startsAt: new Date().toISOString() });
    stage = onStage;
    const now = () => onStage.world.clock.now();
    ingestion = await startIngestion({ certificates: await trustedCertificates(), now });
    const { connectionString } = ingestion;
    const insights = createAppInsightsTelemetry({
      connectionString,
      spellOutKeeps: true,
      flushMs: 3_000,
      now,
    });
    const log: string[] = [];
    const note = (text: string) => log.push(text);
    const logged = createLogTelemetry({ info: note, warn: note, error: note });
    const telemetry: Telemetry = combine(insights, logged);
    const { report, lines } = await onStage.night(
      { ...policyOf(personalData), ...sections },
      { ...changes, telemetry: personalData ? telemetry : redact(telemetry) },
    );
    await insights.dispose();
    const { detail, refusals, warnings } = report;
    const texts = {
      events: JSON.stringify(ingestion.envelopes),
      log: log.join('\n'),
      page: pageOf(report.report),
      ending: JSON.stringify({ detail, refusals, warnings }),
    };
    return { texts, lines };
  }

  test('is told where the policy lets it be', async () => {
    const { texts } = await toldBy(true, {});
    expect(texts.events).toMatch(NAMED);
    expect(texts.log).toMatch(NAMED);
    expect(texts.page).toMatch(NAMED);
    expect(texts.page).toMatch(/has a user who holds qzx/);
    expect(texts.page).toMatch(/addresses: qzx/);
  });

  const failing = (error: Error): Partial<Ports> => ({
    sources: [
      {
        kind: 'entra',
        async *read() {
          yield [];
          throw error;
        },
        recheck: async () => ({ users: [] }),
      },
    ],
  });
  const inTheWay = 'The line of CN=Qzx 7,OU=People (qzx.upn7@domain.com) cannot be read.';

  test.each<readonly [string, Readonly<Record<string, unknown>>, Partial<Ports>]>([
    ['a night that purges', {}, {}],
    ['a report', { mode: 'report' }, {}],
    ['a refused night', {}, failing(new NightRefused('sourceIncomplete', inTheWay))],
    ['a failed night', {}, failing(new Error(inTheWay))],
  ])('%s: stays in the ledger where it does not', async (_, sections, changes) => {
    const { texts, lines } = await toldBy(false, sections, changes);
    const decided = lines.flatMap(({ record }) => (record.kind === 'decided' ? [record] : []));
    for (const [where, text] of Object.entries(texts)) {
      expect([where, text.match(NAMED)]).toEqual([where, null]);
      expect([where, text.match(/\b(CN|OU)=/)]).toEqual([where, null]);
      for (const { immutableId } of decided) expect(text).not.toContain(sure(immutableId));
    }
    expect(JSON.stringify(lines)).toMatch(NAMED);
    for (const { id } of decided) {
      expect(texts.page).toContain(id);
      expect(texts.events).toContain(id);
    }
  });
});
