/** The case that this is all about: Blog Test, and the mail to user@microsoft.com. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sure } from '../core/people.ts';
import { BLOG_TEST, seedBlogTest } from '../tenant/blogTest.ts';
import { DAY_MS, HOUR_MS } from '../tenant/clock.ts';
import { NDR } from '../tenant/mail.ts';
import { immutableIdOf, type OnPremUser } from '../tenant/onPrem.ts';
import { ARCHIVE_OU, PEOPLE_OU } from '../tenant/world.ts';
import { kindsOf, type Stage, setStage } from './stage.ts';

let stage: Stage;
let blogTest: OnPremUser;
beforeEach(async () => {
  stage = await setStage({
    furnish: (world) => {
      blogTest = seedBlogTest(world);
      for (let n = 0; n < 20; n++) {
        world.onPrem.create({ displayName: `P${n}`, userPrincipalName: `p${n}@domain.com`, ou: PEOPLE_OU });
      }
      world.advance(2 * HOUR_MS);
    },
  });
});
afterEach(() => stage.close());

const mail = () => stage.world.mail.send({ to: BLOG_TEST.externalAddress });
const objectIdOf = () => sure(stage.world.entra.holderOf(immutableIdOf(blogTest)));
const bounces = { delivered: false, ndr: NDR.softDeletedRecipient };

test('removed on-premises: mail bounces, the night purges, Exchange catches up, mail is delivered', async () => {
  const { world } = stage;
  const id = objectIdOf();
  expect(world.exchange.recipient(id)?.recipientTypeDetails).toBe('MailUser');
  expect(mail()).toMatchObject({ delivered: true });

  world.onPrem.delete(blogTest);
  world.advance(2 * HOUR_MS);
  expect(world.entra.deletedUser(id)).toBeDefined();
  expect(mail()).toMatchObject(bounces);

  world.advance(8 * DAY_MS);
  const { report, lines, violations, missed } = await stage.night();
  expect(report).toMatchObject({ status: 'completed', outcomes: { purged: 1 } });
  expect({ violations, missed }).toEqual({ violations: [], missed: [] });
  expect(world.entra.deletedUser(id)).toBeUndefined();
  expect(kindsOf(lines)).toEqual([
    'nightStarted',
    'tenantRead',
    'deletedUsersRead',
    'sourceRead',
    'decided',
    'unchanged',
    'planned',
    'telemetrySent',
    'announced',
    'answered',
    'settled',
    'nightEnded',
    'telemetrySent',
  ]);
  expect(mail()).toMatchObject(bounces);

  world.advance(2 * HOUR_MS);
  expect(mail()).toMatchObject({ delivered: true });
});

test('moved out of sync scope: kept by the grace period, back in scope, restored with the same object id', async () => {
  const { world } = stage;
  const id = objectIdOf();
  world.onPrem.move(blogTest, ARCHIVE_OU);
  world.advance(3 * DAY_MS);
  expect(world.entra.deletedUser(id)).toBeDefined();
  expect(mail()).toMatchObject(bounces);

  const { report, lines, violations } = await stage.night();
  expect(report).toMatchObject({
    status: 'completed',
    outcomes: {},
    plan: { counts: { purge: 0, keep: 1 } },
  });
  expect(violations).toEqual([]);
  expect(lines.find(({ record }) => record.kind === 'decided')?.record).toMatchObject({
    id,
    verdict: 'keep',
    reason: 'withinGracePeriod',
  });

  world.onPrem.move(blogTest, PEOPLE_OU);
  world.advance(2 * HOUR_MS);
  expect(world.entra.liveUser(id)).toBeDefined();
  expect(objectIdOf()).toBe(id);
  expect(mail()).toMatchObject({ delivered: true });
});

test('report mode decides the same, and touches nothing', async () => {
  const { world } = stage;
  const id = objectIdOf();
  world.onPrem.delete(blogTest);
  world.advance(9 * DAY_MS);
  const { report, lines } = await stage.night({ mode: 'report' });
  expect(report).toMatchObject({ status: 'completed', plan: { state: 'ready', counts: { purge: 1 } } });
  expect(lines.some(({ record }) => record.kind === 'announced')).toBe(false);
  expect(stage.servers.log.filter(({ method }) => method === 'DELETE')).toEqual([]);
  expect(world.entra.deletedUser(id)).toBeDefined();
});
