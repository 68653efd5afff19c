/** What is found out about a user at the start of the night, and again right before the DELETE. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sure } from '../core/people.ts';
import { immutableIdOf, type OnPremUser } from '../tenant/onPrem.ts';
import { furnishPartners, type Night, type Stage, setStage } from './stage.ts';

let stage: Stage;
let leavers: readonly OnPremUser[] = [];
beforeEach(async () => {
  stage = await setStage({
    furnish: (world) => {
      leavers = furnishPartners(world, { people: 30, gone: 3 });
    },
  });
});
afterEach(async () => stage.close());

const idOf = (n: number) => sure(stage.world.entra.holderOf(immutableIdOf(sure(leavers[n]))));
const decidedOn = ({ lines }: Night, n: number) =>
  lines.map(({ record }) => record).find((record) => record.kind === 'decided' && record.id === idOf(n));
const settledOf = ({ lines }: Night, n: number) =>
  lines.map(({ record }) => record).find((record) => record.kind === 'settled' && record.id === idOf(n));

/** Between the plan and the first re-read. */
const afterPlan = (happen: () => void) => ({
  telemetry: {
    ...stage.ports.telemetry,
    flush: async () => {
      happen();
      happen = () => {};
      return stage.ports.telemetry.flush();
    },
  },
});

const HOLDERS: readonly (readonly [string, () => { readonly id: string }])[] = [
  ['a guest has its external address', () => stage.world.entra.createGuest('Gus', 'P0@partner.com')],
  [
    'a cloud user has its former name',
    () => stage.world.entra.createUser({ displayName: 'Cleo', userPrincipalName: 'partner0@domain.com' }),
  ],
  [
    'a shared mailbox has its address',
    () =>
      stage.world.entra.createUser({
        displayName: 'Shared',
        userPrincipalName: 'shared@domain.com',
        proxyAddresses: ['SMTP:shared@domain.com', 'smtp:partner0@domain.com'],
      }),
  ],
];

describe.each(HOLDERS)('%s', (_name, appear) => {
  test('before the night: the user is kept, and the holder is named', async () => {
    const { id } = appear();
    const night = await stage.night();
    expect(night.report).toMatchObject({
      status: 'completed',
      outcomes: { purged: 2 },
      plan: { counts: { keptBy: { reappeared: 1 } } },
    });
    expect(decidedOn(night, 0)).toMatchObject({
      reason: 'reappeared',
      facts: { reappeared: { value: 'yes', origin: expect.stringContaining(id) } },
    });
    expect(night.violations).toEqual([]);
  });

  test('between plan and DELETE: the user is kept, and the holder is named', async () => {
    let id = '';
    const night = await stage.night(
      {},
      afterPlan(() => {
        id = appear().id;
      }),
    );
    expect(night.report.outcomes).toEqual({ kept: 1, purged: 2 });
    expect(settledOf(night, 0)).toMatchObject({
      outcome: 'kept',
      detail: expect.stringMatching(`^reappeared: .*${id}`),
    });
  });
});

test('keeps the user when Entra ID does not say who has its names', async () => {
  stage.servers.faults.add({
    match: /^GET \/users\?.*userPrincipalName(?: |%20|\+)eq/,
    kind: 'status',
    status: 500,
    times: Number.POSITIVE_INFINITY,
  });
  const { report } = await stage.night();
  expect(report.plan?.counts.keptBy).toEqual({ reappearanceUnknown: 3 });
});

test('asks nothing about users who are kept anyway', async () => {
  await stage.night({ gracePeriodDays: 20 });
  expect(
    stage.servers.log
      .flatMap(({ requests }) => requests)
      .filter((one) => /userPrincipalName/.test(String(one)) && /filter/.test(String(one))),
  ).toEqual([]);
});

test('keeps the user whose external domain was verified between plan and DELETE', async () => {
  const night = await stage.night(
    {},
    afterPlan(() => {
      stage.servers.faults.add({
        match: /^GET \/organization/,
        kind: 'transform',
        times: Number.POSITIVE_INFINITY,
        transform: (body) => {
          const { value } = body as { value: readonly { verifiedDomains: readonly object[] }[] };
          return {
            ...(body as object),
            value: value.map((one) => ({
              ...one,
              verifiedDomains: [...one.verifiedDomains, { name: 'partner.com' }],
            })),
          };
        },
      });
    }),
  );
  expect(settledOf(night, 0)).toMatchObject({ detail: expect.stringMatching('^mailUserUnproven') });
  expect(stage.world.truth.hardDeletes).toEqual([]);
});

test('purges nobody while the verified domains cannot be read again', async () => {
  const night = await stage.night(
    {},
    afterPlan(() => {
      stage.servers.faults.add({
        match: /^GET \/organization/,
        kind: 'status',
        status: 403,
        times: Number.POSITIVE_INFINITY,
      });
    }),
  );
  expect(night.report.outcomes).toEqual({ unread: 3 });
  expect(stage.world.truth.hardDeletes).toEqual([]);
});
