/** What must be true of a step at the moment in which its DELETEs leave. Judged by the truth, not by the tool. */
import type { ObjectId } from '../../lib/core/ids.ts';
import { MAX_PURGE_BATCH } from '../../lib/ports.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../tenant/clock.ts';
import type { Truth } from '../tenant/truth.ts';
import { type Company, isKnownPresent, TOOL, violate } from './company.ts';
import { isProtected } from './policies.ts';
import { generationOf, namesOf, type Told } from './told.ts';

export function checkStep(company: Company, told: Told, ids: readonly ObjectId[]): void {
  const { world, clock } = company;
  const wrong = (text: string) => violate(company, `DELETE sent ${text}`);
  if (told.policy.mode !== 'purge') wrong('in report mode');
  if (told.failedReads.length > 0) wrong(`although not read: ${told.failedReads.join(', ')}`);
  if (!told.isFree) wrong('without having asked whether it is halted');
  const { night = told.night } = company.latest;
  if (night !== told.night) wrong('although another night has taken the ledger');
  if (told.isToEnd) wrong('although it had been asked to end');
  if (clock.now() < told.notBefore) wrong('before the end of the throttling');
  if (told.lacksRole) wrong('although the permission to purge is missing');
  told.isFree = false;
  if (ids.length > MAX_PURGE_BATCH) wrong(`for ${ids.length} at once`);
  if (told.steps.length === 0) checkLimits(company, told, wrong);
  checkProgress(told, ids, wrong);
  told.steps.push(ids.length);
  for (const id of ids) {
    const user = world.entra.deletedUser(id);
    const generation = user && generationOf(id, user.deletedDateTime);
    const wrongUser = (text: string) => wrong(`to ${id} (${world.truth.of(id)?.tag}): ${text}`);
    if (generation !== undefined) {
      if (!told.decided.has(generation)) wrongUser('tonight did not decide to purge this deletion');
      if (told.looks.get(id) !== generation) wrongUser('it was not seen there since the last DELETE');
      for (const kind of told.sources.keys()) {
        const absent = told.rechecks.delete(`${kind} ${user?.onPremisesImmutableId}`);
        if (!absent) wrongUser(`${kind}, asked again, did not say that it is absent`);
      }
      if (!told.unheld.delete(id)) wrongUser('Entra ID, asked again, did not say that nobody has its names');
      if (!company.firstSends.has(generation)) company.firstSends.set(generation, clock.now());
      const truth = world.truth.of(id);
      if (truth !== undefined) for (const text of wrongsOf(company, told, truth)) wrongUser(text);
    }
    checkIntent(told, id, clock.now(), wrongUser);
    told.looks.delete(id);
    told.sends.push({ id, deletedDateTime: user?.deletedDateTime ?? undefined, at: clock.now() });
    company.coverage.hit('check', 'a DELETE');
  }
}

/** As many intents as DELETEs, this one included, and the last of them is fresh. */
function checkIntent(told: Told, id: string, now: number, wrong: (text: string) => void): void {
  const intents = [...told.intents].flatMap(([generation, times]) =>
    generation.startsWith(`${id} `) ? times : [],
  );
  const sent = told.sends.filter((send) => send.id === id).length;
  if (intents.length <= sent) wrong(`${intents.length} intents in the ledger for ${sent + 1} DELETEs`);
  if (now - Math.max(...intents) > 3 * MINUTE_MS) wrong('minutes after its intent');
}

/** Larger steps are earned by DELETEs whose end is known; what is under way is bounded; too many failures stop all. */
function checkProgress(told: Told, ids: readonly ObjectId[], wrong: (text: string) => void): void {
  const endOf = (id: string) =>
    [...told.settled].flatMap(([key, ends]) => (key.startsWith(`${id} `) ? ends : []));
  const sent = new Set(told.sends.map(({ id }) => id));
  const ends = [...sent].filter((id) => endOf(id).length > 0).length;
  const underWay = new Set([...[...sent].filter((id) => endOf(id).length === 0), ...ids]).size;
  if (ends === 0 && underWay > 1) wrong(`for ${underWay} at a time before the first end was known`);
  if (ends < 6 && underWay > 5) wrong(`for ${underWay} at a time when ${ends} ends were known`);
  if (underWay > MOST_UNDER_WAY) wrong(`for ${underWay} at a time`);
  const recent = told.tried.slice(-50);
  const failed = recent.filter((key) => FAILED.has(told.settled.get(key)?.at(-1) ?? '')).length;
  if (failed > 2 && failed > recent.length / 5) wrong(`although ${failed} of ${recent.length} failed`);
}

const MOST_UNDER_WAY = 20;
const FAILED: ReadonlySet<string> = new Set(['denied', 'notPurged', 'unread']);

function checkLimits(company: Company, told: Told, wrong: (text: string) => void): void {
  const { maxPurgesPerNight, maxPercentOfSyncedUsers, rollingBudget } =
    told.policy.accidentalDeletionPrevention;
  const planned = told.decided.size;
  const synced = told.sources.get('entra')?.total ?? 0;
  if (planned > maxPurgesPerNight) wrong(`although ${planned} exceed ${maxPurgesPerNight} a night`);
  if (planned * 100 > maxPercentOfSyncedUsers * synced) {
    wrong(`although ${planned} of ${synced} exceed ${maxPercentOfSyncedUsers} %`);
  }
  const since = company.clock.now() - rollingBudget.days * DAY_MS + HOUR_MS;
  const before = purgedSince(company, since);
  if (before + planned > rollingBudget.maxPurges) {
    wrong(
      `although ${before} and ${planned} exceed ${rollingBudget.maxPurges} in ${rollingBudget.days} days`,
    );
  }
}

/** Deletions that our DELETEs, first sent since then, really purged, whatever the tool knows of it. */
export function purgedSince({ world, firstSends }: Company, since: number): number {
  return world.truth.hardDeletes.filter(({ entry }) => {
    const sent = firstSends.get(generationOf(entry.id, entry.deletedDateTime));
    return entry.by === TOOL && sent !== undefined && sent > since;
  }).length;
}

function wrongsOf(company: Company, told: Told, truth: Truth): string[] {
  const { policy } = told;
  const { clock } = company;
  const { user } = truth;
  const age = clock.now() - Date.parse(user.deletedDateTime ?? '');
  const word = told.word?.get(sure(truth.id, told));
  const checks: readonly (readonly [boolean, string])[] = [
    [age < policy.gracePeriodDays * DAY_MS - 5 * MINUTE_MS, 'within the grace period'],
    [truth.onPremises === 'never', 'it never was an on-prem user'],
    [isKnownPresent(company, user.onPremisesImmutableId ?? ''), 'it is on-premises'],
    [!truth.mailUser, 'it is no mail user'],
    [truth.mailbox, 'it had a mailbox'],
    [truth.licensed, 'it is licensed'],
    [truth.onHold && (policy.exchange.use === 'required' || word !== undefined), 'it is on hold'],
    [
      company.highVolume.has(truth.id) && (policy.exchange.use === 'required' || word !== undefined),
      'it is a high-volume account',
    ],
    [isProtected(user, policy, dayOf(clock.now() + 10 * MINUTE_MS)), 'it is protected'],
    [hasReappeared(told, user), 'somebody has its addresses'],
  ];
  return checks.filter(([wrong]) => wrong).map(([, text]) => text);
}

/** Did any source of tonight tell of somebody with one of its addresses, its former UPN or its immutable id? */
export function hasReappeared(told: Told, user: Truth['user']): boolean {
  const names = [...namesOf(user)];
  return [...told.sources.values()].some(
    (source) =>
      source.ids.has(user.onPremisesImmutableId ?? '') || names.some((name) => source.names.has(name)),
  );
}

const dayOf = (moment: number) => new Date(moment).toISOString().slice(0, 10);

function sure(id: string, { word }: Told): ObjectId {
  for (const known of word?.keys() ?? []) if (known === id) return known;
  return id as ObjectId;
}
