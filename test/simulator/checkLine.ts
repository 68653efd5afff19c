/** What must be true of a ledger line at the moment in which it becomes durable. */
import { KEEP_REASONS } from '../../lib/core/names.ts';
import type { LedgerLine, RecordOf } from '../../lib/core/record.ts';
import { checkReading } from './checkReading.ts';
import { type Company, violate } from './company.ts';
import { generationOf, type Told } from './told.ts';

export function checkLine(company: Company, line: LedgerLine): void {
  const { record } = line;
  const told = company.tonight.get(record.kind === 'takenOver' ? record.by : line.night);
  if (told === undefined) {
    violate(company, 'a line of no night of ours');
    return;
  }
  switch (record.kind) {
    case 'nightStarted':
      for (const night of company.unfinished) violate(company, `${night} was not taken over`);
      company.unfinished.add(line.night);
      return;
    case 'nightEnded':
      company.unfinished.delete(line.night);
      return;
    case 'sourceRead':
      checkReading(company, told, line, record);
      return;
    case 'decided':
      checkDecided(company, told, line, record);
      return;
    case 'planned':
      if (told.failedReads.length > 0)
        violate(company, `planned although not read: ${told.failedReads.join(', ')}`);
      return;
    case 'intended': {
      const key = generationOf(record.id, record.deletedDateTime);
      told.intents.set(key, [...(told.intents.get(key) ?? []), company.clock.now()]);
      if (!told.decided.has(key)) violate(company, `an intent to purge ${record.id}, which was not decided`);
      if (JSON.stringify(record.snapshot).length < 500) violate(company, `${record.id}: no whole snapshot`);
      return;
    }
    case 'settled':
      checkClaim(company, told, record);
      return;
    case 'takenOver':
      checkTakenOver(company, line);
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

/** Only a night that did not end is taken over, and by nobody who is under way itself. */
function checkTakenOver(company: Company, { night, seq }: LedgerLine): void {
  company.coverage.hit('check', 'a night taken over');
  const isAwake = company.tonight.has(night) && !company.paused.has(night);
  if (isAwake) violate(company, `${night} was taken over, and is under way`);
  if (company.paused.has(night)) company.coverage.hit('check', 'a paused night taken over');
  const wasOpen = company.unfinished.delete(night);
  if (!wasOpen && seq > 0) violate(company, `${night} was taken over, and had ended`);
}

function checkDecided(company: Company, told: Told, { at }: LedgerLine, record: RecordOf<'decided'>): void {
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
  const before = streaks.get(key);
  const date = at.slice(0, 10);
  const dates = before === undefined ? 1 : before.last === date ? before.dates : before.dates + 1;
  if (absent) streaks.set(key, { dates, last: date });
  else streaks.delete(key);
  const said = record.facts.onPremises.value;
  if (absent ? said !== 'no' : said === 'no') wrong(`on-premises is ${said}, and it was told otherwise`);
  if (record.nightsAbsent > (absent ? dates : 0))
    wrong(`absent on ${record.nightsAbsent} nights, not ${dates}`);
  if (verdict === 'keep') return;

  told.decided.add(key);
  if (Date.parse(deletedDateTime ?? '') !== Date.parse(user.deletedDateTime ?? '')) wrong('another deletion');
  if (dates < told.policy.nightsAbsent) wrong(`absent on ${dates} nights only`);
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
  const { id, outcome, deletedDateTime, intendedBy } = record;
  const { entra } = company.world;
  company.trace?.(`settled ${id}: ${outcome} ${record.detail}`);
  company.coverage.hit('outcome', outcome);
  company.coverage.hit('check', 'an outcome');
  const [reason = ''] = record.detail.split(':');
  if (KEEP_REASONS.some((one) => one === reason)) company.coverage.hit('keep', reason);
  const key = generationOf(id, deletedDateTime);
  if (intendedBy === undefined) told.settled.set(key, [...(told.settled.get(key) ?? []), outcome]);
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
