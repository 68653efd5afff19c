/** What must be true of a ledger line at the moment in which it becomes durable. */

import type { LedgerLine, RecordOf } from '../../lib/core/record.ts';
import { KEEP_REASONS } from '../../lib/core/vocabulary.ts';
import { DAY_MS } from '../tenant/clock.ts';
import { checkReading } from './checkReading.ts';
import { type Company, violate } from './company.ts';
import { delaysOf } from './policies.ts';
import { generationOf, type Told } from './told.ts';

export function checkLine(company: Company, line: LedgerLine): void {
  const { record } = line;
  const told = company.tonight.get(line.night);
  if (told === undefined) {
    // A line that lacked nothing but its newline when its night was cut off.
    if (record.kind === 'decided') company.standing.set(record.id, { record, at: Date.parse(line.at) });
    if (!company.past.has(line.night)) violate(company, 'a line of no night of ours');
    return;
  }
  switch (record.kind) {
    case 'sourceRead':
      checkReading(company, told, line, record);
      return;
    case 'decided':
      company.standing.set(record.id, { record, at: Date.parse(line.at) });
      told.verdicts.add(record.id);
      checkDecided(company, told, line, record, record.nightsAbsent);
      return;
    case 'unchanged':
      checkUnchanged(company, told, line, record);
      return;
    case 'planned':
      told.stubborn = new Map(company.stubborn);
      if (told.failedReads.length > 0)
        violate(company, `planned although not read: ${told.failedReads.join(', ')}`);
      return;
    case 'announced':
      checkAnnounced(company, told, record);
      return;
    case 'withdrawn':
      checkWithdrawn(company, told, record);
      return;
    case 'settled':
      checkClaim(company, told, record);
      return;
    case 'cureSeen':
      company.coverage.hit('cure', record.state);
      if ((record.state === 'gone') === told.word?.has(record.id))
        violate(company, `the mail user of ${record.id} is said to be ${record.state} from Exchange`);
      return;
    default:
      return;
  }
}

function checkAnnounced(company: Company, told: Told, record: RecordOf<'announced'>): void {
  const key = generationOf(record.id, record.deletedDateTime);
  told.intents.set(key, [...(told.intents.get(key) ?? []), company.clock.now()]);
  if (!told.decided.has(key)) violate(company, `a DELETE of ${record.id} announced, which was not decided`);
  if (JSON.stringify(record.snapshot).length < 500) violate(company, `${record.id}: no whole snapshot`);
  // The list of tonight and the object as it was read a moment ago differ where it was changed meanwhile.
  const there = company.world.entra.deletedUser(record.id);
  const said = record.snapshot as { readonly mail?: unknown } | null;
  const isChanged = there !== undefined && generationOf(there.id, there.deletedDateTime) === key;
  if (isChanged && said?.mail !== undefined && said.mail !== there.mail) {
    violate(company, `${record.id}: its snapshot is not the object as it is`);
  }
  if (!told.stubborn.has(key) && !told.tried.includes(key)) told.tried.push(key);
}

/** Withdrawn is what was certainly not sent. */
function checkWithdrawn(company: Company, told: Told, record: RecordOf<'withdrawn'>): void {
  const key = generationOf(record.id, record.deletedDateTime);
  const intents = (told.intents.get(key) ?? []).slice(0, -1);
  told.intents.set(key, intents);
  company.coverage.hit('check', 'a withdrawal');
  const sent = told.sends.filter(({ id }) => id === record.id).length;
  if (intents.length < sent) violate(company, `the DELETE of ${record.id} was withdrawn, and had been sent`);
  if (intents.length === 0) {
    const at = told.tried.indexOf(key);
    if (at >= 0) told.tried.splice(at, 1);
  }
}

/** Everybody without a line of tonight has the verdict of the last line, and must deserve it as much. */
function checkUnchanged(company: Company, told: Told, line: LedgerLine, record: RecordOf<'unchanged'>): void {
  for (const id of record.left) {
    company.standing.delete(id);
    if (told.deleted.has(id)) violate(company, `${id} is said to have left, and is there`);
  }
  forgetOld(company, told);
  const others = [...company.standing.values()]
    .map((one) => one.record)
    .filter(({ id }) => !told.verdicts.has(id));
  if (others.length !== record.users) {
    violate(company, `${record.users} are said to be unchanged, and they are ${others.length}`);
  }
  for (const other of others) {
    told.verdicts.add(other.id);
    checkDecided(company, told, line, other, 0);
  }
  if (told.verdicts.size !== told.deleted.size) {
    violate(company, `${told.verdicts.size} have a verdict, and ${told.deleted.size} were read`);
  }
}

function checkDecided(
  company: Company,
  told: Told,
  { at }: LedgerLine,
  record: RecordOf<'decided'>,
  nightsAbsent: number,
): void {
  const { coverage, streaks } = company;
  const { id, verdict, reason, deletedDateTime } = record;
  const user = told.deleted.get(id);
  const wrong = (text: string) => violate(company, `${verdict} decided on ${id}: ${text}`);
  company.trace?.(`decided on ${id}: ${verdict} ${reason ?? ''} ${record.detail}`);
  coverage.hit('verdict', verdict);
  if (reason !== undefined) coverage.hit('keep', reason);
  if (user === undefined) {
    wrong('it is not among the deleted users');
    return;
  }
  if (told.failedReads.length > 0) wrong(`although not read: ${told.failedReads.join(', ')}`);

  const key = generationOf(id, user.deletedDateTime);
  const absent =
    user.immutableId !== undefined &&
    [...told.sources.values()].every((source) => !source.ids.has(user.immutableId ?? ''));
  const second = company.family.source === 'entra' ? undefined : told.sources.get(company.family.source);
  if (second?.ids.has(user.immutableId ?? '') === true) company.seenLive.add(key);
  const before = streaks.get(key);
  const date = at.slice(0, 10);
  const dates = before === undefined ? 1 : before.last === date ? before.dates : before.dates + 1;
  if (absent) streaks.set(key, { dates, last: date });
  else streaks.delete(key);
  const said = record.facts.onPremises?.value;
  if (absent ? said === 'yes' : said === 'no') wrong(`on-premises is ${said}, and it was told otherwise`);
  if (said === 'no') checkShown(company, told, record, wrong);
  if (nightsAbsent > (absent ? dates : 0)) wrong(`absent on ${nightsAbsent} nights, not ${dates}`);
  if (verdict === 'keep') return;

  told.decided.add(key);
  if (Date.parse(deletedDateTime ?? '') !== Date.parse(user.deletedDateTime ?? '')) wrong('another deletion');
  if (dates < delaysOf(told.policy, company.family).nightsAbsent) wrong(`absent on ${dates} nights only`);
  const proven = told.word?.get(id)?.recipientType === 'MailUser';
  const untold = [...NEEDED, ...neededByRules(told), ...(proven ? [] : (['userType'] as const))].filter(
    (name) => user[name] === undefined,
  );
  if (untold.length > 0) wrong(`without being told ${untold.join(', ')}`);
  checkExchange(told, record, wrong);
  coverage.hit('check', 'a purge decided');
}

const NEEDED = [
  'deletedDateTime',
  'userPrincipalName',
  'proxyAddresses',
  'immutableId',
  'assignedLicenses',
  'assignedPlans',
  'provisionedPlans',
] as const;

/** What some protect rules ask for beside it. */
function neededByRules({ policy }: Told) {
  const { organizationalUnits, extensionAttributes } = policy.protect;
  return [
    ...(organizationalUnits.length > 0 ? (['onPremisesDistinguishedName'] as const) : []),
    ...(extensionAttributes.length > 0 ? (['extensionAttributes'] as const) : []),
  ];
}

function checkExchange(told: Told, { id }: RecordOf<'decided'>, wrong: (text: string) => void): void {
  const { use } = told.policy.exchange;
  if (use === 'off') return;
  const word = told.word?.get(id);
  if (word === undefined) {
    if (use === 'required') wrong('without Exchange’s word');
    return;
  }
  if (word.onHold.value !== 'no') wrong(`the hold is ${word.onHold.value}`);
  if (word.highVolumeEmail.value !== 'no') wrong(`high-volume is ${word.highVolumeEmail.value}`);
  if (word.recipientType !== 'MailUser') wrong(`Exchange says ${word.recipientType}`);
}

/** "Purged" is neither live nor in the recycle bin, and "not purged" is still there when all DELETEs have arrived. */
function checkClaim(company: Company, told: Told, record: RecordOf<'settled'>): void {
  const { id, outcome, deletedDateTime, announcedBy } = record;
  const { entra } = company.world;
  company.trace?.(`settled ${id}: ${outcome} ${record.detail}`);
  company.coverage.hit('outcome', outcome);
  company.coverage.hit('check', 'an outcome');
  const [reason = ''] = record.detail.split(':');
  if (KEEP_REASONS.some((one) => one === reason)) company.coverage.hit('keep', reason);
  const key = generationOf(id, deletedDateTime);
  if (announcedBy === undefined) told.settled.set(key, [...(told.settled.get(key) ?? []), outcome]);
  noteStubborn(company, key, record);
  if (outcome === 'unread' && !told.stubborn.has(key)) told.tried.push(key);
  const gone = entra.liveUser(id) === undefined && entra.deletedUser(id) === undefined;
  if (outcome === 'purged' && !gone) violate(company, `${id} is said to be purged, and is still there`);
  if (outcome === 'alreadyGone' && !gone) violate(company, `${id} is said to be gone, and is still there`);
  const isUnderWay = (company.underWay.get(key) ?? 0) > company.clock.now();
  if (outcome === 'notPurged' && (gone || isUnderWay)) {
    violate(
      company,
      `${id} is said not to be purged, and its DELETE ${gone ? 'was' : 'will be'} carried out`,
    );
  }
}

/** Who could not be purged goes last from the next night on. Our own crash makes nobody so. */
function noteStubborn(company: Company, key: string, { outcome }: RecordOf<'settled'>): void {
  const { stubborn, book, clock } = company;
  if (outcome === 'purged') company.lastPurgeAt = clock.now();
  if (outcome !== 'denied' && outcome !== 'notPurged' && outcome !== 'unread') {
    if (outcome !== 'kept') stubborn.delete(key);
    return;
  }
  const ours = book.lines.filter(
    ({ record }) =>
      (record.kind === 'announced' || record.kind === 'answered') &&
      generationOf(record.id, record.deletedDateTime) === key,
  );
  const wasAnswered = ours.at(-1)?.record.kind === 'answered';
  if (outcome === 'unread' || wasAnswered) stubborn.set(key, stubborn.get(key) ?? clock.now());
}

/** Lines that no night reads any more: who left since is in none of them. */
function forgetOld({ standing, clock }: Company, told: Told): void {
  for (const [id, { at }] of standing) {
    if (clock.now() - at > 31 * DAY_MS && !told.deleted.has(id)) standing.delete(id);
  }
}

/** Absent is something shown: by a tombstone that was told, or by a place in which somebody was. */
function checkShown(
  { family }: Company,
  told: Told,
  { id, onPremises }: RecordOf<'decided'>,
  wrong: (text: string) => void,
): void {
  if (family.source === 'entra') return;
  const { tombstones, places } = told.sources.get(family.source) ?? {};
  const user = told.deleted.get(id);
  const dn = user?.onPremisesDistinguishedName?.toLowerCase() ?? '';
  const isShown =
    onPremises?.kind === 'tombstone'
      ? tombstones?.has(user?.onPremisesSecurityIdentifier ?? '') === true
      : onPremises?.kind === 'covered' && places?.has(dn.slice(dn.indexOf(',ou=') + 1)) === true;
  if (!isShown) wrong(`nothing showed that it is gone (${onPremises?.kind})`);
}
