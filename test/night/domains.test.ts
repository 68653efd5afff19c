/** A domain that was verified lately is the company's own, although tonight's organization does not name it. */
import { afterEach, expect, test } from '@jest/globals';
import type { LedgerLine } from '../../lib/core/record.ts';
import { DAY_MS } from '../tenant/clock.ts';
import { mailUser, onPremMailboxUser, plainUser } from '../tenant/members.ts';
import { person } from '../tenant/people.ts';
import type { World } from '../tenant/world.ts';
import { type Stage, setStage } from './stage.ts';

let stage: Stage;
afterEach(async () => {
  await stage.close();
});

const BOXES = 3;
/** Owners of on-premises mailboxes and one mail user, all of whom left twenty days ago. */
function furnish(world: World): void {
  const members = Array.from({ length: BOXES + 1 }, (_, n) =>
    (n < BOXES ? onPremMailboxUser : mailUser)(world, person(world.random, n)),
  );
  for (let n = 0; n < 40; n++) plainUser(world, person(world.random, 100 + n));
  world.advance(DAY_MS);
  for (const member of members) if ('user' in member) world.onPrem.delete(member.user);
  world.advance(20 * DAY_MS);
}

const countsOf = (lines: readonly LedgerLine[]) =>
  lines.map(({ record }) => record).find((record) => record.kind === 'planned')?.counts;

const POLICY = {
  nightsAbsent: 1,
  onPremises: { source: 'entra', maxShrinkPercent: 50, maxSliceShrinkUsers: 50 },
};

test('keeps the owners of mailboxes whose domain is not verified any more, and says which domain it is', async () => {
  stage = await setStage({ furnish });
  const { entra } = stage.world;
  const before = await stage.night({ ...POLICY, mode: 'report' });
  expect(countsOf(before.lines)).toMatchObject({ purge: 1, keptBy: { mailUserUnproven: BOXES } });
  expect(before.lines.find(({ record }) => record.kind === 'tenantRead')?.record).not.toHaveProperty(
    'vanishedDomains',
  );

  entra.verify(entra.verifiedDomains.filter((name) => name !== 'domain.com'));
  stage.world.advance(DAY_MS);
  const { report, lines, violations } = await stage.night(POLICY);
  expect(violations).toEqual([]);
  expect(countsOf(lines)).toMatchObject({ purge: 1, keptBy: { mailUserUnproven: BOXES } });
  expect(report.outcomes).toEqual({ purged: 1 });
  expect(lines.find(({ record }) => record.kind === 'tenantRead')?.record).toMatchObject({
    vanishedDomains: ['domain.com'],
  });
});
