/** Entra ID as a port: the tenant's own truth through {@link Company.view}, and what may go wrong on the way. */
import { type ObjectId, tenantId, timestamp } from '../../lib/core/ids.ts';
import type { DeletedUser, JsonObject, Organization } from '../../lib/core/model.ts';
import { parseDeletedUser } from '../../lib/entra/schema.ts';
import { NightRefused } from '../../lib/errors.ts';
import type { Entra, Held, PurgeAnswer, Sighting } from '../../lib/ports.ts';
import { HOUR_MS, MINUTE_MS } from '../tenant/clock.ts';
import type { EntraUser } from '../tenant/directory.ts';
import { checkStep } from './checkStep.ts';
import { type Company, TOOL } from './company.ts';
import type { Fault } from './faults.ts';
import { EXTENSION_APP } from './policies.ts';
import type { Runner } from './runner.ts';
import { beginRead, generationOf, namesOf, noteHolders, type Told } from './told.ts';

export function entraPort(runner: Runner): Entra {
  const { company, told, point, fault } = runner;
  let calls = 0;
  let throttled = 0;

  return {
    async organization(signal) {
      calls += 1;
      await point('entra.organization', 'before');
      beginRead(runner.told, 'organization', UNFIT);
      const at = failing(runner, 'organization', ['denied', 'incomplete', 'fails'], signal);
      if (at !== undefined) throw at;
      const { id, onPremisesSyncEnabled, onPremisesLastSyncDateTime } = company.world.entra.organization();
      const lastSync = fault('organization: no last sync') ? null : onPremisesLastSyncDateTime;
      const told = {
        tenantId: sure(tenantId(fault('organization: another tenant') ? OTHER_TENANT : id)),
        onPremisesSyncEnabled:
          fault('organization: sync switched off') || onPremisesSyncEnabled === null
            ? undefined
            : onPremisesSyncEnabled,
        lastSync: lastSync === null ? undefined : timestamp(lastSync),
        verifiedDomains: company.world.entra.verifiedDomains.map((name) => name.toLowerCase()),
        serverTime: fault('organization: no server time')
          ? undefined
          : timestamp(`${new Date(company.clock.now()).toISOString().slice(0, 19)}Z`),
      };
      await point('entra.organization', 'after');
      noteOrganization(runner, told);
      return told;
    },

    async roles() {
      const isMissing = fault('roles: the permission to purge is missing');
      const isTold = !fault('roles: not told');
      told.lacksRole ||= isMissing && isTold;
      if (!isTold) return undefined;
      return isMissing ? ['User.Read.All'] : ['User.Read.All', 'User.DeleteRestore.All'];
    },

    async deletedUsers(signal) {
      calls += 1;
      await point('entra.deletedUsers', 'before');
      const problem = failing(runner, 'deleted users', ['denied', 'incomplete', 'fails'], signal);
      if (problem !== undefined) throw problem;
      const hidden = fault('deleted users: a property missing everywhere') ? hideable(company) : undefined;
      const users = company.view.deletedUsers().map((user) => {
        const missing = fault('deleted users: a property missing here and there')
          ? hideable(company)
          : hidden;
        return deletedUser(company, user, missing);
      });
      told.deleted = new Map(users.map((user) => [user.id, user]));
      await point('entra.deletedUsers', 'after');
      return fault('deleted users: in another order') ? company.chance.shuffled('order', users) : users;
    },

    async sightings(ids) {
      calls += 1;
      await point('entra.sightings', 'before');
      const answers = new Map<ObjectId, Sighting>();
      for (const id of ids) {
        const sighting = sightingOf(runner, id);
        if (sighting !== undefined) answers.set(id, sighting);
      }
      noteLooks(told, ids, answers);
      await point('entra.sightings', 'after');
      return answers;
    },

    async purge(ids) {
      calls += 1;
      await point('entra.purge', 'before');
      checkStep(company, told, ids);
      const lost = fault('purge: permission lost');
      const answers = new Map<ObjectId, PurgeAnswer>();
      for (const [index, id] of ids.entries()) {
        if (index > 0) await point('entra.purge', 'midway');
        const answer = lost ? DENIED : purgeOne(runner, id);
        company.coverage.hit('answer', answer?.answer ?? 'unclear');
        company.trace?.(`DELETE ${id}: ${answer?.answer ?? 'no answer'}`);
        if (answer?.answer === 'throttled') throttled += 1;
        noteSilence(company, told, answer);
        if (answer !== undefined) answers.set(id, answer);
      }
      await point('entra.purge', 'after');
      return answers;
    },

    async holders(users) {
      const holders = new Map<string, string>();
      for (const user of company.view.liveUsers()) {
        for (const name of namesOf(user)) holders.set(name, user.id);
      }
      const answers = new Map<ObjectId, Held>();
      for (const { id } of users) {
        const user = company.view.deletedUser(id);
        const names = user === undefined ? [] : [...namesOf(user)];
        const holder = names.map((name) => holders.get(name)).find((one) => one !== undefined);
        answers.set(id, holder === undefined ? NOBODY : { value: 'yes', origin: `${holder} has it` });
      }
      noteHolders(told, answers);
      return answers;
    },
    lastServerTime: () => undefined,
    usage: () => ({ calls, resourceUnits: calls, throttled, retries: 0 }),
  };
}

export const UNFIT = 'an organization as it must be';

/** A slow answer may hide that a clock is behind: what counts is what can be seen when it is there. */
export function noteOrganization({ company, told, skewMs }: Runner, organization: Organization): void {
  const now = company.clock.now() + skewMs;
  const offMs = Math.abs(now - Date.parse(organization.serverTime ?? ''));
  const staleMs = now - Date.parse(organization.lastSync ?? '');
  const isFit =
    organization.tenantId === company.world.tenantId &&
    organization.onPremisesSyncEnabled === true &&
    offMs < 5 * MINUTE_MS + 2_000 &&
    staleMs < told.policy.maxSyncAgeHours * HOUR_MS + MINUTE_MS;
  if (!isFit) told.failedReads.push(UNFIT);
}

export function noteLooks(
  told: Told,
  ids: readonly ObjectId[],
  answers: ReadonlyMap<ObjectId, Sighting>,
): void {
  for (const id of ids) {
    const { deleted, live } = answers.get(id) ?? {};
    const isThere = typeof deleted === 'object' && live !== 'present';
    told.looks.set(id, isThere ? generationOf(id, deleted.deletedDateTime) : undefined);
  }
}

const NOBODY: Held = { value: 'no', origin: 'nobody has it' };
const OTHER_TENANT = '00000000-0000-4000-8000-00000000beef';
const DENIED: PurgeAnswer = { answer: 'denied', detail: 'DELETE answered 403' };
const HIDEABLE = [
  'deletedDateTime',
  'userPrincipalName',
  'userType',
  'mail',
  'proxyAddresses',
  'onPremisesImmutableId',
  'onPremisesDistinguishedName',
  'onPremisesExtensionAttributes',
  'assignedLicenses',
  'assignedPlans',
  'provisionedPlans',
] as const;

const hideable = ({ chance }: Company) => chance.pick('hide', HIDEABLE);

function failing(
  { told, fault }: Runner,
  what: 'organization' | 'deleted users',
  ways: readonly ('denied' | 'incomplete' | 'fails')[],
  signal: AbortSignal,
): Error | undefined {
  const way = ways.find((one) => fault(`${what}: ${one}`));
  if (way === undefined && !signal.aborted) return undefined;
  told.failedReads.push(what);
  if (way === 'denied')
    return new NightRefused('accessDenied', `May not read the ${what}. Nobody is purged.`);
  if (way === 'incomplete')
    return new NightRefused('sourceIncomplete', `Half of the ${what}. Nobody is purged.`);
  return new Error(`The ${what} were not read: ${way === undefined ? 'asked to end' : 'out of memory'}`);
}

const parsed = new WeakMap<EntraUser, DeletedUser>();
function deletedUser({ family }: Company, user: EntraUser, missing: string | undefined): DeletedUser {
  const known = parsed.get(user);
  if (known !== undefined && missing === undefined) return known;
  const { [missing ?? '']: _hidden, ...json }: JsonObject = JSON.parse(JSON.stringify(user));
  const extensions = ['targetAddress', 'msExchRecipientTypeDetails'].map(
    (name) => `extension_${EXTENSION_APP}_${name}`,
  );
  const parsedUser = parseDeletedUser(json, family.extension ? extensions : []);
  if (missing === undefined) parsed.set(user, parsedUser);
  return parsedUser;
}

function sightingOf({ company, fault }: Runner, id: ObjectId): Sighting | undefined {
  if (fault('sightings: no answer')) return undefined;
  const user = company.view.deletedUser(id);
  const hidden = fault('sightings: no deletion date')
    ? 'deletedDateTime'
    : fault('sightings: a property missing')
      ? hideable(company)
      : undefined;
  return {
    deleted: fault('sightings: unclear')
      ? 'unclear'
      : user === undefined
        ? 'absent'
        : deletedUser(company, user, hidden),
    live: fault('sightings: live unclear') ? 'unclear' : company.view.liveUser(id) ? 'present' : 'absent',
  };
}

type Effect = 'now' | 'late' | 'none';
const ANSWERS: readonly (readonly [Fault, PurgeAnswer['answer'] | 'silence', Effect])[] = [
  ['purge: accepted, no effect', 'accepted', 'none'],
  ['purge: accepted, late effect', 'accepted', 'late'],
  ['purge: unclear, no effect', 'unclear', 'none'],
  ['purge: unclear, effect', 'unclear', 'now'],
  ['purge: unclear, late effect', 'unclear', 'late'],
  ['purge: throttled, no effect', 'throttled', 'none'],
  ['purge: throttled, effect', 'throttled', 'now'],
  ['purge: throttled, late effect', 'throttled', 'late'],
  ['purge: not found, no effect', 'notFound', 'none'],
  ['purge: no answer, effect', 'silence', 'now'],
];

function purgeOne({ company, fault }: Runner, id: ObjectId): PurgeAnswer | undefined {
  const { view, world, chance } = company;
  const user = view.purgeable(id);
  if (user === undefined) return { answer: 'notFound', detail: 'DELETE answered 404' };
  if (world.entra.isPrivileged(user.id)) return DENIED;
  const [, answer, effect] = ANSWERS.find(([name]) => fault(name)) ?? ['', 'accepted', 'now'];
  if (effect === 'now') view.purge(user, TOOL);
  if (effect === 'late') {
    const delay = chance.int('late', 2_000, 3 * MINUTE_MS);
    company.underWay.set(generationOf(id, user.deletedDateTime), company.clock.now() + delay);
    view.purgeLater(user, TOOL, delay);
  }
  if (answer === 'silence') return undefined;
  if (answer !== 'throttled') return { answer, detail: `DELETE: ${answer}` };
  return { answer, detail: 'DELETE answered 429', retryAfterMs: chance.int('retry after', 500, 90_000) };
}

function sure<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the world is wrong');
  return value;
}

/** The service asks for silence. */
export function noteSilence({ clock }: Company, told: Told, answer: PurgeAnswer | undefined): void {
  const { retryAfterMs } = answer ?? {};
  if (retryAfterMs !== undefined) told.notBefore = Math.max(told.notBefore, clock.now() + retryAfterMs);
}
