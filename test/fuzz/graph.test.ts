/** Answers of Graph that are spoilt on their way to the edge, over the wire: told as they were, or not believed. */
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect } from '@jest/globals';
import fc from 'fast-check';
import { decide, gatherEvidence } from '../../lib/core/decide.ts';
import type { DeletedUser, OnPremUser } from '../../lib/core/model.ts';
import { NightRefused } from '../../lib/errors.ts';
import { FOUND, NOW, policyOf } from '../core/people.ts';
import {
  anchored,
  anchorOf,
  deletedUsers,
  drained,
  NEVER,
  oid,
  type Rig,
  rig,
  users,
} from '../edges/entraTenant.ts';
import { wantedOf } from '../onprem/asking.ts';
import type { EntraUser } from '../tenant/directory.ts';
import { listen } from '../tenant/wire.ts';
import { expectClear, fuzz, refusedOr } from './fuzz.ts';
import { anyBatchSpoil, anySpoil, anyTiming } from './graphSpoils.ts';

/** Users 1 to 12 are deleted; of 7 to 18 there are live ones, 7 to 9 under the id of a deleted one. */
const EXTENSIONS = { extensionAttribute1: 'keep', extensionAttribute2: null };
const REASONS_TO_KEEP: readonly Partial<EntraUser>[] = [
  {},
  { assignedPlans: [plan('SharePoint'), plan('exchange')] },
  { assignedLicenses: [{ skuId: oid(500), disabledPlans: [] }] },
  { userType: 'Guest' },
  { mail: 'somebody@contoso.com', proxyAddresses: ['SMTP:somebody@contoso.com'] },
  { provisionedPlans: [{ service: 'exchange', capabilityStatus: 'Deleted', provisioningStatus: 'Success' }] },
  { mail: 'somebody@else.com' },
  { proxyAddresses: ['SMTP:somebody@vip.com', 'smtp:more@partner.com'], mail: 'somebody@vip.com' },
  { userPrincipalName: 'user_partner.com#EXT#@contoso.com' },
];
const GONE = deletedUsers(12).map((user, n) => ({
  ...user,
  onPremisesExtensionAttributes: EXTENSIONS,
  ...REASONS_TO_KEEP[n % REASONS_TO_KEEP.length],
}));
const LIVE = users(12, 7).map((user, n) => (n < 3 ? user : { ...user, id: oid(100 + n) }));
const ASKED = Array.from({ length: 25 }, (_, n) => oid(n + 1));
const ODD_ANCHORS = ["it's", '\u0000', ' a ', '%27%20', "' or true", 'é', '😀', 'x'.repeat(3_000)];
const ANCHORS = [...Array.from({ length: 25 }, (_, n) => anchorOf(n + 1)), ...ODD_ANCHORS].map(anchored);

function plan(service: string) {
  return {
    service,
    capabilityStatus: 'Enabled',
    assignedDateTime: '2026-01-01T00:00:00Z',
    servicePlanId: oid(9),
  };
}

let small: Rig;
let large: Rig;
let elsewhere: Server;
let visitors = 0;
/** The deleted users of the small tenant, before anything is spoilt. */
let honestly: ReadonlyMap<string, DeletedUser>;
beforeAll(async () => {
  small = await rig({ live: LIVE, deleted: GONE });
  honestly = new Map((await small.entra.deletedUsers(NEVER)).map((user) => [user.id, user]));
  expect(new Set([...honestly.values()].map(verdictOn))).toEqual(new Set(['purge', 'keep']));
  large = await rig({ live: users(1_050), deleted: deletedUsers(1_020, 5_000) });
  elsewhere = createServer((socket) => {
    visitors += 1;
    socket.destroy();
  });
});
afterAll(async () => {
  await Promise.all([small.close(), large.close()]);
  elsewhere.close();
});

const told = <T>(value: T | undefined, truth: T) => value === undefined || expect(value).toEqual(truth);

/** What is told of a deleted user is so; what was spoilt is left open. */
function expectTold(user: DeletedUser, truth: EntraUser | undefined): void {
  expect(truth).toBeDefined();
  if (truth === undefined) return;
  expect(user.id).toBe(truth.id);
  told(user.deletedDateTime, truth.deletedDateTime?.replace('Z', '.000Z'));
  told(user.userPrincipalName, truth.userPrincipalName);
  told(user.userType, truth.userType);
  told(user.mail, truth.mail ?? '');
  told(user.proxyAddresses, truth.proxyAddresses);
  told<string>(user.immutableId, truth.onPremisesImmutableId ?? '');
  told(user.onPremisesSyncEnabled, truth.onPremisesSyncEnabled ?? false);
  told(
    user.assignedLicenses,
    truth.assignedLicenses.map(({ skuId }) => skuId),
  );
  told(user.onPremisesDistinguishedName, truth.onPremisesDistinguishedName ?? '');
  // What is left open never makes a purge of a keep.
  const honest = honestly.get(user.id);
  if (honest !== undefined && verdictOn(honest) === 'keep') expect(verdictOn(user)).toBe('keep');
}

const POLICY = policyOf({
  gracePeriodDays: 0,
  protect: { userPrincipalNames: ['user1@*'], domains: ['vip.com'] },
});

/** The verdict on somebody who is gone on-premises. */
function verdictOn(user: DeletedUser): 'purge' | 'keep' {
  const context = { policy: POLICY, now: NOW };
  const domains = { verifiedDomains: ['contoso.com'], syncFlag: 'told' } as const;
  const gathered = gatherEvidence(user, FOUND, domains, context, undefined, undefined);
  return decide({ user, found: FOUND, ...gathered, nightsAbsent: 9 }, POLICY, NOW).verdict.verdict;
}

/** Whoever is there is among the streamed, under every name that could tell that somebody reappeared. */
function expectStreamed(streamed: readonly OnPremUser[], truth: readonly EntraUser[]): void {
  const byName = new Map<string | undefined, OnPremUser[]>();
  for (const user of streamed) {
    byName.set(user.userPrincipalName, [...(byName.get(user.userPrincipalName) ?? []), user]);
  }
  for (const { userPrincipalName, proxyAddresses } of truth) {
    const addresses = (byName.get(userPrincipalName) ?? []).flatMap((user) => user.addresses);
    expect(addresses).toEqual(expect.arrayContaining([...proxyAddresses]));
  }
}

/** What the edge is asked, the requests that it then sends, and what must be true of what it says. */
const QUESTIONS = {
  organization: {
    match: /^GET \/organization/,
    ask: async ({ entra }: Rig) => {
      const { tenantId, verifiedDomains, onPremisesSyncEnabled } = await entra.organization(NEVER);
      expect(tenantId).toBe('a1b2c3d4-0000-4000-8000-00000000c0de');
      expect(verifiedDomains).toEqual(['contoso.com', 'contoso.onmicrosoft.com']);
      told(onPremisesSyncEnabled, true);
    },
  },
  'deleted users': {
    match: /^GET \/directory\/deletedItems\/microsoft/,
    ask: async ({ entra, directory }: Rig) => {
      const read = await entra.deletedUsers(NEVER);
      expect(read.map(({ id }) => id).sort()).toEqual([...directory.deleted.keys()].sort());
      for (const user of read) expectTold(user, directory.deleted.get(user.id));
    },
  },
  'live users': {
    match: /^GET \/users\?/,
    ask: async ({ source, directory }: Rig) => {
      const { streamed, summary } = await drained(source);
      expect(summary.total).toBeGreaterThanOrEqual(directory.live.size);
      expectStreamed(streamed, [...directory.live.values()]);
    },
  },
  sightings: {
    match: /^(POST \/\$batch|GET \/(directory\/deletedItems|users)\/[0-9a-f-]{36})/,
    ask: async ({ entra, directory }: Rig) => {
      const seen = await entra.sightings(ASKED, NEVER);
      expect([...seen.keys()]).toEqual(ASKED);
      for (const [id, { deleted, live }] of seen) {
        if (deleted === 'absent') expect(directory.deleted.has(id)).toBe(false);
        else if (deleted !== 'unclear') expectTold(deleted, directory.deleted.get(id));
        if (live !== 'unclear') expect(live === 'present').toBe(directory.live.has(id));
      }
    },
  },
  recheck: {
    match: /^(POST \/\$batch|GET \/users\?)/,
    ask: async ({ source, directory }: Rig, spoil = '') => {
      const there = new Set([...directory.live.values()].map((user) => user.onPremisesImmutableId));
      const { users, unread } = await source.recheck(wantedOf(ANCHORS), NEVER);
      for (const why of unread?.values() ?? []) expectClear(why);
      for (const id of ANCHORS.filter((one) => unread?.has(one) !== true)) {
        const isThere = users.some(({ immutableIds }) => immutableIds.includes(id));
        // A default query has no count: a row that is left out does not show. The night's sweep, which is counted, had it.
        if (isThere || !/\blost\b/.test(spoil))
          expect({ id, isThere }).toEqual({ id, isThere: there.has(id) });
      }
    },
  },
  purge: {
    match: /^(POST \/\$batch|DELETE )/,
    ask: async ({ entra, servers }: Rig) => {
      servers.log.length = 0;
      // Nobody of this name is in the recycle bin, so that every run finds the same.
      const ids = ASKED.slice(13, 20);
      const answers = await entra.purge(ids, NEVER);
      expect([...answers.keys()]).toEqual(ids);
      for (const answer of answers.values()) {
        expectClear(answer.detail);
        // As long as a night at the most; a timer that is longer ends at once.
        if (answer.answer === 'throttled') expect(answer.retryAfterMs).toBeLessThanOrEqual(86_400_000);
      }
      const sent = servers.log.flatMap((entry) => entry.requests).map(({ path }) => path);
      expect(new Set(sent).size).toBe(sent.length);
    },
  },
} as const;
type Question = keyof typeof QUESTIONS;
const QUESTION_NAMES = Object.keys(QUESTIONS) as Question[];
/** These may refuse the night; the others answer for everybody they are asked about, whatever happens. */
const MAY_REFUSE: readonly Question[] = ['organization', 'deleted users', 'live users'];
const MAX_REQUESTS = 60;

async function judged(tenant: Rig, question: Question, spoil?: string): Promise<string> {
  const { ask } = QUESTIONS[question];
  const before = tenant.calls.length;
  const result = await refusedOr(() => ask(tenant, spoil));
  expect(tenant.calls.length - before).toBeLessThan(MAX_REQUESTS);
  expect(tenant.entra.usage().resourceUnits).toBeLessThan(1e12);
  expect(visitors).toBe(0);
  if (!(result instanceof NightRefused)) return 'answered';
  expect(MAY_REFUSE).toContain(question);
  return 'refused';
}

fuzz('an answer that is spoilt is told as it was, or not believed', {
  runs: 100,
  of: fc.tuple(fc.constantFrom(...QUESTION_NAMES), anySpoil, anyTiming),
  run: async ([question, { what, kind }, timing]) => {
    const { faults } = small.servers;
    faults.clear();
    faults.add({ match: QUESTIONS[question].match, ...timing, ...kind });
    return judged(small, question, what);
  },
  atLeast: { answered: 30, refused: 15 },
});

fuzz('a batch whose replies are spoilt', {
  runs: 60,
  of: fc.tuple(fc.constantFrom<Question[]>('sightings', 'recheck', 'purge'), anyBatchSpoil, anyTiming),
  run: async ([question, { kind }, timing]) => {
    const { faults } = small.servers;
    faults.clear();
    faults.add({ match: /^POST \/\$batch/, ...timing, ...kind });
    return judged(small, question);
  },
  atLeast: { answered: 100 },
});

/** Where a link to the next page can lead; each is given the address of Graph and of somewhere else. */
const LINKS: readonly ((graph: string, other: string, path: string) => unknown)[] = [
  (graph, _, path) => `${graph}/v1.0${path}`,
  (graph, _, path) => `${graph}/v1.0${path}?$skiptoken=%E0%A4%A`,
  (graph, _, path) => `${graph}/v1.0${path}%E0%A4%A`,
  (graph, _, path) => `${graph}/v1.0${path}/../../v1.0/organization`,
  (graph, _, path) => `${graph}/v1.0${path.toUpperCase()}?$top=5&$count=true`,
  (graph, _, path) => `${graph}/beta${path}`,
  (graph, _, path) => `${graph}//v1.0${path}`,
  (graph) => `${graph}/v1.0/me`,
  (graph) => `${graph}/v1.0/$batch`,
  (_, other, path) => `${other}/v1.0${path}`,
  (_, other, path) => `//${other.slice(8)}/v1.0${path}`,
  (graph, other, path) => `${graph}@${other.slice(8)}/v1.0${path}`,
  (graph, other, path) => `${graph}\\@${other.slice(8)}/v1.0${path}`,
  (graph, _, path) => `${graph.replace('https://', 'https://token@')}/v1.0${path}`,
  (graph, _, path) => `${graph.replace('https', 'http')}/v1.0${path}`,
  (_, __, path) => path,
  () => '?$skiptoken=x',
  () => 'https://',
  () => 'file:///etc/passwd',
  () => '',
  () => ' ',
  () => '\u0000',
  () => '\ud800',
  () => 'x'.repeat(100_000),
  () => 7,
  () => null,
  () => ['https://graph.microsoft.com'],
];

const LISTS = {
  'deleted users': '/directory/deletedItems/microsoft.graph.user',
  'live users': '/users',
} as const;

fuzz('a link to the next page that leads anywhere is not followed astray', {
  runs: 40,
  of: fc.tuple(
    fc.constantFrom<(keyof typeof LISTS)[]>('deleted users', 'live users'),
    fc.constantFrom(...LINKS),
    anyTiming,
  ),
  run: async ([question, link, timing]) => {
    if (!elsewhere.listening) await listen(elsewhere);
    const address = elsewhere.address();
    const other = `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const { faults, graphRoot } = small.servers;
    faults.clear();
    const next = link(graphRoot, other, LISTS[question]);
    faults.add({
      match: QUESTIONS[question].match,
      ...timing,
      kind: 'transform',
      transform: (body) => ({ ...(body as object), '@odata.nextLink': next }),
    });
    return judged(small, question);
  },
  atLeast: { refused: 30 },
});

const anyPageFault = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('repeatPage', 'losePage', 'loopPages').map((kind) => ({ kind }) as const),
  },
  { weight: 2, arbitrary: anySpoil.map(({ kind }) => kind) },
);

fuzz('pages that are lost, repeated, spoilt or go in a circle', {
  runs: 4,
  of: fc.tuple(
    fc.constantFrom<(keyof typeof LISTS)[]>('deleted users', 'live users'),
    anyPageFault,
    anyTiming,
  ),
  run: async ([question, kind, timing]) => {
    const { faults } = large.servers;
    faults.clear();
    faults.add({ match: QUESTIONS[question].match, ...timing, ...kind });
    return judged(large, question);
  },
  atLeast: { answered: 10, refused: 20 },
});
