/** What Exchange Online's objects say of a soft-deleted recipient. Property names: Get-MailUser, Get-Mailbox. */
import { type ObjectId, objectId } from '../core/ids.ts';
import type { Fact, JsonObject, SoftDeletedRecipient } from '../core/model.ts';
import { unexpected } from './refusals.ts';

/** `recipientType` of a recipient that Exchange names more than once, or contradicts itself about. Never a mail user. */
const CONFLICT = 'conflict';

/** All but what only a list of its own tells. */
export type Recipient = Omit<SoftDeletedRecipient, 'highVolumeEmail'>;

export type From = 'Get-MailUser' | 'Get-Mailbox';

/**
 * The recipient in one object; `undefined` where it carries no `ExternalDirectoryObjectId` and so cannot be joined
 * with anybody in Entra ID.
 * @throws NightRefused `sourceIncomplete` where a property is of another type than expected
 */
export function recipientIn(object: JsonObject, from: From): Recipient | undefined {
  const id = idIn(object, from);
  if (id === undefined) return undefined;
  const told = text(object, 'RecipientTypeDetails', from);
  return {
    id,
    recipientType: from === 'Get-Mailbox' ? mailboxType(told) : told,
    externalAddress: text(object, 'ExternalEmailAddress', from)?.replace(/^smtp:/i, ''),
    onHold: holdFact(object, from),
  };
}

/** @throws NightRefused `sourceIncomplete` */
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

/** Documented for Set-MailUser and Set-Mailbox. Without every one of these there is no saying that there is no hold. */
const HOLDS = ['LitigationHoldEnabled', 'IsInactiveMailbox'] as const;
/** Seen on mailboxes; not documented for mail users, so that their absence says nothing. */
const FURTHER_HOLDS = ['ComplianceTagHoldApplied', 'DelayHoldApplied', 'DelayReleaseHoldApplied'] as const;

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
  return {
    id: one.id,
    recipientType: CONFLICT,
    externalAddress: one.externalAddress === other.externalAddress ? one.externalAddress : undefined,
    onHold: graver(one.onHold, other.onHold),
    highVolumeEmail: graver(one.highVolumeEmail, other.highVolumeEmail),
  };
}

const GRAVITY = { no: 0, unknown: 1, yes: 2 } as const;
const graver = (one: Fact, other: Fact): Fact => (GRAVITY[other.value] > GRAVITY[one.value] ? other : one);
