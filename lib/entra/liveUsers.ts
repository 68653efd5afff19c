/** The live users that directory sync made ("List users"), streamed: of the directory only the ids are kept. */
import { securityId } from '../core/ids.ts';
import type { OnPremUser, SourceSummary } from '../core/model.ts';
import { NightRefused } from '../errors.ts';
import type { GraphClient } from './client.ts';
import { changes, leftMeanwhile } from './movement.ts';
import { BROKEN, type Broken, type Page, pages } from './pages.ts';
import { denied, incomplete } from './refusals.ts';
import { nameOf, parsed, zLiveUser } from './schema.ts';

const WHAT = 'the live synced users';
const SELECT = Object.keys(zLiveUser.shape).join(',');
const FILTER = encodeURIComponent('onPremisesSyncEnabled eq true');

/** One pass, as it adds up. */
interface Tally {
  rows: number;
  withImmutableId: number;
  count: number | undefined;
  /** A user came twice. */
  repeats: boolean;
  broken: Broken | undefined;
  readonly ids: Set<string>;
  readonly slices: Map<string, number>;
}

/**
 * Every live synced user. Where the pass does not add up, a second one follows: what was streamed cannot be taken
 * back, but users who come twice do no harm. The summary is the last pass's; its slices are the UPNs' domains.
 * @throws NightRefused `accessDenied` | `sourceIncomplete` | `sourceEmpty`; Error where `signal` stops it
 */
export async function* readLiveUsers(
  client: GraphClient,
  signal: AbortSignal,
): AsyncGenerator<readonly OnPremUser[], SourceSummary, undefined> {
  const asOf = client.clock.now();
  const first = yield* readPass(client, signal);
  const tally = problemOf(first) === undefined ? first : yield* readPass(client, signal);
  const problem = problemOf(tally, changes(first.ids, tally.ids));
  if (problem !== undefined) throw incomplete(WHAT, `Read twice. ${problem}`);
  if ((await leftMeanwhile(client, '/users', first.ids, tally.ids, signal)) !== 'all') {
    throw incomplete(WHAT, 'Read twice, and users of the first reading were missing from the second.');
  }
  if (tally.rows === 0) throw empty();
  if (tally.withImmutableId === 0) {
    throw denied(
      WHAT,
      'Microsoft Graph gave not one onPremisesImmutableId, as it does to an app without the permission.',
    );
  }
  return { kind: 'entra', total: tally.rows, slices: Object.fromEntries(tally.slices), asOf };
}

/**
 * More rows than counted is fine: the count can lag behind. So are fewer, where no more are missing than came and went
 * between two passes.
 */
function problemOf({ rows, count, repeats, broken }: Tally, moved = 0): string | undefined {
  if (broken !== undefined) return `It did not come to its end: ${BROKEN[broken]} (${rows} rows).`;
  if (repeats) return `A user came twice, so that others may be missing (${rows} rows).`;
  if (count === undefined) return 'Microsoft Graph gave no @odata.count to check the rows against.';
  return rows + moved < count ? `There were ${rows} rows, and Microsoft Graph counts ${count}.` : undefined;
}

async function* readPass(
  client: GraphClient,
  signal: AbortSignal,
): AsyncGenerator<readonly OnPremUser[], Tally, undefined> {
  const url = `/users?$filter=${FILTER}&$select=${SELECT}&$count=true`;
  const tally: Tally = {
    rows: 0,
    withImmutableId: 0,
    count: undefined,
    repeats: false,
    broken: undefined,
    ids: new Set(),
    slices: new Map(),
  };
  for await (const page of pages(client, { what: WHAT, url, advanced: true }, signal)) {
    tally.broken = page.broken;
    yield usersOf(page, tally);
    // Without it nothing says when there are too many.
    if (tally.count === undefined) return tally;
  }
  return tally;
}

/** Counts as it goes. */
function usersOf(page: Page, tally: Tally): readonly OnPremUser[] {
  tally.count ??= page.count;
  return page.rows.map((row): OnPremUser => {
    const object = `the live user ${nameOf(row)}`;
    const user = parsed(zLiveUser, row, { what: WHAT, object });
    if (user.onPremisesSyncEnabled === undefined) {
      throw denied(WHAT, `Microsoft Graph does not say whether ${object} is synced.`);
    }
    if (!user.onPremisesSyncEnabled) {
      throw incomplete(WHAT, `Microsoft Graph did not keep to the filter: ${object} is not synced.`);
    }
    const { userPrincipalName, proxyAddresses, mail } = user;
    // Neither is ever null ("user resource type"). Untold, it could be that of anybody who was deleted.
    if (userPrincipalName === undefined || proxyAddresses === undefined) {
      throw denied(WHAT, `Microsoft Graph does not say what ${object} is called, and by which addresses.`);
    }
    if (tally.ids.has(user.id)) tally.repeats = true;
    tally.ids.add(user.id);
    tally.rows += 1;
    if (user.onPremisesImmutableId !== undefined) tally.withImmutableId += 1;
    const domain = /@([^@\s]+)$/.exec(userPrincipalName)?.[1]?.toLowerCase();
    if (domain !== undefined) tally.slices.set(domain, (tally.slices.get(domain) ?? 0) + 1);
    return {
      immutableIds: user.onPremisesImmutableId === undefined ? [] : [user.onPremisesImmutableId],
      sid: securityId(user.onPremisesSecurityIdentifier ?? ''),
      sidHistory: [],
      userPrincipalName,
      addresses: mail === undefined ? proxyAddresses : [...proxyAddresses, mail],
    };
  });
}

const empty = () =>
  new NightRefused(
    'sourceEmpty',
    'Microsoft Graph knows not one live synced user. Every deleted user would look gone from on-premises, so nothing was purged. Check that this is the right tenant and that directory sync still runs.',
  );
