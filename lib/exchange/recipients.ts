/** What Exchange Online's objects say of a soft-deleted recipient. Property names: Get-MailUser, Get-Mailbox. */
import { type ObjectId, objectId } from '../core/ids.ts';
import type { Fact, JsonObject, OrphanedRecipient, SoftDeletedRecipient } from '../core/model.ts';
import { unexpected } from './refusals.ts';

/** `recipientType` of a recipient that Exchange names more than once, or contradicts itself about. Never a mail user. */
const CONFLICT = 'conflict';

export type From = 'Get-MailUser' | 'Get-Mailbox' | 'Get-OrganizationConfig';

/** @throws NightRefused `sourceIncomplete` where a property is of another type than expected */
export function recipientIn(object: JsonObject, from: From): OrphanedRecipient {
  const told = text(object, 'RecipientTypeDetails', from);
  return {
    recipientType: from === 'Get-Mailbox' ? mailboxType(told) : told,
    externalAddress: text(object, 'ExternalEmailAddress', from)?.replace(/^smtp:/i, ''),
    guid: text(object, 'Guid', from),
    exchangeGuid: text(object, 'ExchangeGuid', from),
    legacyExchangeDN: text(object, 'LegacyExchangeDN', from),
    onHold: holdFact(object, from),
  };
}

/** Exchange warned of it: nothing that it says of it is relied on, but for a hold. */
export const doubted = <R extends OrphanedRecipient>(recipient: R, warning: string): R => ({
  ...recipient,
  recipientType: undefined,
  onHold:
    recipient.onHold.value === 'yes'
      ? recipient.onHold
      : { value: 'unknown', origin: `Exchange warned of it: ${warning}` },
});

/** `undefined` where it is blank. @throws NightRefused `sourceIncomplete` */
export function idIn(object: JsonObject, from: From): ObjectId | undefined {
  const told = text(object, 'ExternalDirectoryObjectId', from);
  // What .NET calls Guid.Empty is none.
  if (told === undefined || /^[0-]+$/.test(told)) return undefined;
  const id = objectId(told);
  if (id === undefined) throw unexpected(from, 'an ExternalDirectoryObjectId is no GUID');
  return id;
}

/** Whatever Get-Mailbox gives is a mailbox. */
function mailboxType(told: string | undefined): string {
  if (told === undefined) return 'mailbox';
  return told === 'MailUser' ? CONFLICT : told;
}

/** Documented for Set-MailUser and Set-Mailbox. Without these there is no saying that there is no hold. */
const HOLDS = ['LitigationHoldEnabled'] as const;
/**
 * Seen on mailboxes. Whether mail users have them is not documented, or sources disagree (IsInactiveMailbox), so that
 * their absence says nothing.
 */
const FURTHER_HOLDS = [
  'IsInactiveMailbox',
  'ComplianceTagHoldApplied',
  'DelayHoldApplied',
  'DelayReleaseHoldApplied',
] as const;

function holdFact(object: JsonObject, from: From): Fact {
  const inPlace = inPlaceHolds(object, from);
  const told = HOLDS.map((name) => ({ name, value: flag(object, name, from) }));
  const on = [...told, ...FURTHER_HOLDS.map((name) => ({ name, value: flag(object, name, from) }))]
    .filter(({ value }) => value === true)
    .map(({ name }) => name as string);
  // An entry with a leading "-" excludes from an organisation-wide policy. It shows a hand at work: a hold, to be safe.
  if (inPlace !== undefined && inPlace.length > 0) on.unshift(`InPlaceHolds (${inPlace.length})`);
  if (on.length > 0) return { value: 'yes', origin: `Exchange: ${on.join(', ')}` };
  const missing = told.filter(({ value }) => value === undefined).map(({ name }) => name as string);
  if (inPlace === undefined) missing.unshift('InPlaceHolds');
  if (missing.length > 0) return { value: 'unknown', origin: `Exchange gave no ${missing.join(', no ')}` };
  return { value: 'no', origin: `Exchange: no hold (${from})` };
}

function inPlaceHolds(object: JsonObject, from: From): readonly unknown[] | undefined {
  const holds = object['InPlaceHolds'] ?? undefined;
  if (holds === undefined || Array.isArray(holds)) return holds;
  throw unexpected(from, 'InPlaceHolds is no list');
}

/**
 * Retention of the whole organisation ("How to identify the type of hold placed on an Exchange Online mailbox"): `mbx…`
 * is for mailboxes and recipients, `skp…` for chats kept with them, `grp…` for groups. The number at the end says what a
 * policy does: 1 only deletes. What is of another form is taken for a hold.
 */
export function organizationHoldsIn(objects: readonly JsonObject[]): Fact {
  const [config, ...others] = objects;
  const holds = config && others.length === 0 ? inPlaceHolds(config, 'Get-OrganizationConfig') : undefined;
  if (holds === undefined)
    return { value: 'unknown', origin: 'Exchange gave no InPlaceHolds of the organisation' };
  const holding = holds.filter((hold) => !/^(?:grp\S*|\S+:1)$/i.test(String(hold)));
  return holding.length > 0
    ? { value: 'yes', origin: `Exchange: organisation-wide retention (${holding.map(String).join(', ')})` }
    : { value: 'no', origin: 'Exchange: no organisation-wide retention' };
}

function text(object: JsonObject, name: string, from: From): string | undefined {
  const value = object[name] ?? undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw unexpected(from, `${name} is no text`);
  return value;
}

function flag(object: JsonObject, name: string, from: From): boolean | undefined {
  const value = object[name] ?? undefined;
  if (value === undefined || typeof value === 'boolean') return value;
  throw unexpected(from, `${name} is neither true nor false`);
}

/** Two recipients of one Entra object, taken as is safest. */
export function merged(one: SoftDeletedRecipient, other: SoftDeletedRecipient): SoftDeletedRecipient {
  const same = (name: 'externalAddress' | 'guid' | 'exchangeGuid' | 'legacyExchangeDN') =>
    one[name] === other[name] ? one[name] : undefined;
  return {
    id: one.id,
    recipientType: CONFLICT,
    externalAddress: same('externalAddress'),
    guid: same('guid'),
    exchangeGuid: same('exchangeGuid'),
    legacyExchangeDN: same('legacyExchangeDN'),
    onHold: graver(one.onHold, other.onHold),
    highVolumeEmail: graver(one.highVolumeEmail, other.highVolumeEmail),
  };
}

const GRAVITY = { no: 0, unknown: 1, yes: 2 } as const;
const graver = (one: Fact, other: Fact): Fact => (GRAVITY[other.value] > GRAVITY[one.value] ? other : one);
