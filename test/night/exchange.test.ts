/** Nights that ask Exchange Online: the mail user proven, holds respected, the cure seen. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { objectId, tenantId } from '../../lib/core/ids.ts';
import { createExchange } from '../../lib/exchange/exchange.ts';
import type { Exchange } from '../../lib/ports.ts';
import { sure } from '../core/people.ts';
import { credential } from '../edges/exchangeKit.ts';
import { BLOG_TEST, seedBlogTest } from '../tenant/blogTest.ts';
import { DAY_MS, HOUR_MS } from '../tenant/clock.ts';
import { type ExchangeAdmin, startExchangeAdmin } from '../tenant/exchangeAdmin.ts';
import { directoryOf } from '../tenant/exchangeCmdlets.ts';
import { immutableIdOf, type OnPremUser } from '../tenant/onPrem.ts';
import { seedPopulation } from '../tenant/population.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { PEOPLE_OU, type World } from '../tenant/world.ts';
import { type Stage, setStage } from './stage.ts';

let stage: Stage;
let admin: ExchangeAdmin;
const people = new Map<string, OnPremUser>();

beforeEach(async () => {
  stage = await setStage({ furnish });
  await startExchange();
});

async function startExchange(): Promise<void> {
  admin = await startExchangeAdmin({
    certificates: await trustedCertificates(),
    directory: directoryOf(stage.world.exchange),
    tenantId: stage.world.tenantId,
    now: () => stage.world.clock.now(),
  });
}
afterEach(async () => {
  await stage.close();
  await admin.close();
});

/** Blog Test; one whose primary address is the tenant's own; one on hold. All gone for eight days. */
function furnish(world: World): void {
  const partner = (name: string, primary?: string) => {
    const user = world.onPrem.create({
      displayName: name,
      userPrincipalName: `${name}@domain.com`,
      ou: PEOPLE_OU,
    });
    const externalAddress = `${name}@partner.com`;
    return world.onPrem.mailEnable(user, primary ? { externalAddress, primary } : { externalAddress });
  };
  people.clear();
  people.set('blogTest', seedBlogTest(world));
  people.set('internal', partner('internal', 'internal@domain.com'));
  people.set('held', partner('held'));
  for (let n = 0; n < 20; n++) partner(`staying${n}`);
  world.advance(DAY_MS);
  world.exchange.placeHold(idOf(world, 'held'), { litigationHoldEnabled: true });
  for (const user of people.values()) world.onPrem.delete(user);
  world.advance(8 * DAY_MS);
}

const idOf = (world: World, name: string) =>
  sure(world.entra.holderOf(immutableIdOf(sure(people.get(name)))));

const asking = () => ({
  exchange: createExchange({
    root: admin.root,
    tenantId: sure(tenantId(stage.world.tenantId)),
    credential,
    clock: stage.clock,
    timeoutMs: 2_000,
  }),
});
const use = (how: 'whenAvailable' | 'required') => ({ exchange: { use: how, lingeringAfterHours: 24 } });

describe.each(['whenAvailable', 'required'] as const)('%s', (how) => {
  test('the internal primary is proven, the hold respected, the cure seen', async () => {
    const { report, violations, missed } = await stage.night(use(how), asking());
    expect({ violations, missed }).toEqual({ violations: [], missed: [] });
    expect(report).toMatchObject({
      status: 'completed',
      outcomes: { purged: 2 },
      plan: { counts: { keptBy: { onHold: 1 } } },
    });

    stage.world.advance(3 * HOUR_MS);
    expect(stage.world.mail.send({ to: BLOG_TEST.externalAddress })).toMatchObject({ delivered: true });
    stage.world.advance(DAY_MS - 3 * HOUR_MS);
    const { lines } = await stage.night(use(how), asking());
    const cures = lines.filter(({ record }) => record.kind === 'cureSeen');
    expect(cures).toMatchObject([{ record: { state: 'gone' } }, { record: { state: 'gone' } }]);

    stage.world.advance(DAY_MS);
    const third = await stage.night(use(how), asking());
    expect(third.lines.some(({ record }) => record.kind === 'cureSeen')).toBe(false);
  });
});

test.each([3, 9, 27])('a whole company, %i: nobody purged who should not be, nobody missed', async (seed) => {
  await stage.close();
  await admin.close();
  stage = await setStage({
    furnish: (world) => {
      seedPopulation(world, { users: 300, deleted: 120, seed });
    },
  });
  await startExchange();
  const limits = {
    perNight: { users: 200 },
    rollingBudget: { days: 7, users: 200 },
  };
  const { violations, missed } = await stage.night(
    { ...use('required'), accidentalDeletionPrevention: limits },
    asking(),
  );
  expect({ violations, missed }).toEqual({ violations: [], missed: [] });
});

test('what lingers in Exchange is told, with what to do', async () => {
  for (const { id } of stage.world.truth.deleted()) stage.world.exchange.keepLingering(id);
  await stage.night(use('required'), asking());
  stage.world.advance(DAY_MS / 2);
  const soon = await stage.night(use('required'), asking());
  stage.world.advance(DAY_MS);
  const late = await stage.night(use('required'), asking());
  const states = (lines: typeof late.lines) =>
    lines.flatMap(({ record }) => (record.kind === 'cureSeen' ? [record.state] : []));
  expect(states(soon.lines)).toEqual(['waiting', 'waiting']);
  expect(states(late.lines)).toEqual(['lingering', 'lingering']);
  expect(JSON.stringify(late.lines)).toContain('Remove-MailUser -PermanentlyDelete');
});

describe('without its word', () => {
  test('required: the night is refused', async () => {
    admin.grants.delete('View-Only Recipients');
    const { report } = await stage.night(use('required'), asking());
    expect(report).toMatchObject({ status: 'refused', refusals: [{ refusal: 'accessDenied' }] });
    expect(stage.world.truth.hardDeletes).toEqual([]);
  });

  test('whenAvailable: Graph alone decides, and nothing is proven that it cannot prove', async () => {
    admin.grants.delete('View-Only Recipients');
    const { report, lines } = await stage.night(use('whenAvailable'), asking());
    expect(report).toMatchObject({ plan: { counts: { keptBy: { mailUserUnproven: 1 } } } });
    expect(lines.find(({ record }) => record.kind === 'exchangeRead')?.record).toMatchObject({
      available: false,
    });
  });

  test('off: it is not asked at all', async () => {
    await stage.night({}, {});
    expect(admin.log).toEqual([]);
  });
});

test('required, and Exchange knows nobody of that id: kept', async () => {
  const { exchange } = asking();
  const blogTest = stage.world.truth.deleted().find(({ user }) => user.mail === BLOG_TEST.externalAddress);
  const forgetful: Exchange = {
    softDeletedRecipients: async (signal) => {
      const all = await exchange.softDeletedRecipients(signal);
      const byId = new Map(all.byId);
      byId.delete(sure(objectId(sure(blogTest).id)));
      return { ...all, byId };
    },
  };
  const { report } = await stage.night(use('required'), { exchange: forgetful });
  expect(report.plan?.counts.keptBy).toEqual({ mailUserUnproven: 1, onHold: 1 });
});
