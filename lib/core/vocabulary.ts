/**
 * Every closed name of the tool, once: what it means, and what the operator does. Types, ledger schema, decision order,
 * labels, telemetry and reference tables are made of these lists.
 */

/** Why a user is kept; each text completes "Kept: …". */
export const KEEP = {
  deletionDateUnknown: 'Graph did not say when it was deleted',
  protectedBy: 'a protect rule of the policy keeps it',
  protectionUnknown: 'a protect rule needs a property that Graph did not give',
  notOnPremisesSynced: 'it was never synced from on-premises',
  onPremisesSyncUnknown: 'nothing shows that it was synced from on-premises',
  cloudManaged: 'it was moved to cloud management, so that its absence on-premises says nothing',
  stillOnPremises: 'it is still there on-premises',
  presenceUnknown: 'it is not known whether it is still there on-premises',
  reappeared: 'a live user has its name or one of its addresses',
  reappearanceUnknown: 'it is not known whether a live user has its name or addresses',
  notAMailUser: 'it is not a mail user',
  mailUserUnproven: 'nothing shows that it is a mail user',
  onHold: 'it is on hold in Exchange Online',
  holdUnknown: 'it is not known whether it is on hold',
  highVolumeEmail: 'it is a high-volume-email account',
  highVolumeEmailUnknown: 'it is not known whether it is a high-volume-email account',
  hadMailbox: 'it had an Exchange Online mailbox',
  mailboxUnknown: 'it is not known whether it had a mailbox',
  licensed: 'it has a licence',
  licenceUnknown: 'it is not known whether it has a licence',
  evidenceNotAccepted: 'the policy gives no grace period to the kind of evidence that shows it gone',
  withinGracePeriod: 'it was deleted too recently',
  notAbsentLongEnough: 'it has not been seen absent on enough nights',
} as const;
export type KeepReason = keyof typeof KEEP;
export const KEEP_REASONS = namesOf(KEEP);

interface FactMeaning {
  /** As a question that is answered with yes, no or unknown. */
  readonly asked: string;
  /** What it must be for a purge. */
  readonly needed: 'yes' | 'no';
  readonly otherwise: KeepReason;
  /** Absent where it is known of everybody. */
  readonly unknown?: KeepReason;
  /** It may be absent: Exchange Online was not asked, or the line is of version 0.1. */
  readonly optional?: true;
}

/** What a purge rests on, in the order in which reasons to keep are named. */
export const FACTS = {
  onPremisesSynced: {
    asked: 'Synced from on-premises',
    needed: 'yes',
    otherwise: 'notOnPremisesSynced',
    unknown: 'onPremisesSyncUnknown',
  },
  cloudManaged: {
    asked: 'Moved to cloud management',
    needed: 'no',
    otherwise: 'cloudManaged',
    optional: true,
  },
  onPremises: {
    asked: 'Still on-premises',
    needed: 'no',
    otherwise: 'stillOnPremises',
    unknown: 'presenceUnknown',
  },
  reappeared: {
    asked: 'Its name or address is held by a live user',
    needed: 'no',
    otherwise: 'reappeared',
    unknown: 'reappearanceUnknown',
  },
  hadMailbox: { asked: 'Had a mailbox', needed: 'no', otherwise: 'hadMailbox', unknown: 'mailboxUnknown' },
  licensed: { asked: 'Licensed', needed: 'no', otherwise: 'licensed', unknown: 'licenceUnknown' },
  mailUser: { asked: 'Mail user', needed: 'yes', otherwise: 'notAMailUser', unknown: 'mailUserUnproven' },
  onHold: { asked: 'On hold', needed: 'no', otherwise: 'onHold', unknown: 'holdUnknown', optional: true },
  highVolumeEmail: {
    asked: 'High-volume email',
    needed: 'no',
    otherwise: 'highVolumeEmail',
    unknown: 'highVolumeEmailUnknown',
    optional: true,
  },
} as const satisfies Readonly<Record<string, FactMeaning>>;
export type FactName = keyof typeof FACTS;
export const FACT_NAMES = namesOf(FACTS);
export const factMeaning = (name: FactName): FactMeaning => FACTS[name];

/** Reasons to keep that say "not known": just before a purge they mean that nobody could look. */
export const UNKNOWN_REASONS: ReadonlySet<KeepReason> = new Set([
  'deletionDateUnknown',
  'protectionUnknown',
  ...FACT_NAMES.flatMap((name) => factMeaning(name).unknown ?? []),
]);

/** What refuses a whole night, and what the operator does. */
export const REFUSAL = {
  configurationInvalid: {
    what: 'The app settings are wrong.',
    next: 'Correct the settings that the log names.',
  },
  policyInvalid: { what: 'The policy file is wrong.', next: 'Correct the lines that the log names.' },
  wrongTenant: {
    what: 'This is not the tenant that the policy is for.',
    next: 'Write the right tenantId into the policy, or deploy it where it belongs.',
  },
  clockSkewed: {
    what: 'The clocks here and at Microsoft Graph differ too much to trust an age.',
    next: 'Set the clock.',
  },
  syncStale: {
    what: 'Directory sync has not run lately, so that Entra ID may not know who is back.',
    next: 'Look at Entra Connect.',
  },
  accessDenied: {
    what: 'A service does not let this app in.',
    next: 'Grant the app the permissions that the ledger names; a new grant can take 24 hours to reach its token.',
  },
  sourceIncomplete: {
    what: 'Something could not be read to its end, or did not add up.',
    next: 'Wait for the next night; if it happens again, read the detail in the ledger.',
  },
  sourceEmpty: {
    what: 'A source of the on-premises users is empty, which shows nobody’s absence.',
    next: 'Check what the source can read.',
  },
  sourceShrank: {
    what: 'A source of the on-premises users lost far more users than the policy allows.',
    next: 'Find out where they went; if they are really gone, raise onPremises.maxShrinkPercent for a week.',
  },
  sourceStale: {
    what: 'A source of the on-premises users is too old, or older than it was before.',
    next: 'Look at what delivers it.',
  },
  sourceDisagrees: {
    what: 'A source of the on-premises users does not have the users that Entra ID has.',
    next: 'Check the source anchor, that every domain is named, and what the reading account may see.',
  },
  ledgerUnusable: {
    what: 'The ledger cannot be relied on.',
    next: 'Put right what the log says before the next night.',
  },
  anotherNightRuns: {
    what: 'Another night is running.',
    next: 'Wait until it has ended; the next night goes on.',
  },
  tooManyPurges: {
    what: 'More users would be purged than the policy allows in one night.',
    next: 'Look at the list; if it is right, raise accidentalDeletionPrevention.perNight for a night.',
  },
  budgetExceeded: {
    what: 'With the purges of the days before, more users would be purged than the policy allows.',
    next: 'Look at the list; if it is right, raise accidentalDeletionPrevention.rollingBudget for a night, or wait.',
  },
  halted: {
    what: 'People have halted the tool.',
    next: 'Remove the app setting NIGHTLY_PURGE_HALT, or the halt blob, to go on.',
  },
} as const;
export type RefusalName = keyof typeof REFUSAL;
export const REFUSALS = namesOf(REFUSAL);

/** How one planned purge ended. */
export const OUTCOME = {
  purged: 'purged, and seen to be gone',
  alreadyGone: 'gone before this tool sent a DELETE',
  restored: 'restored meanwhile; not purged',
  kept: 'kept when it was read again just before',
  denied: 'the service does not let this app purge it',
  notPurged: 'still there after its DELETE was answered',
  unread: 'it could not be read again just before; not purged',
} as const;
export type OutcomeName = keyof typeof OUTCOME;
export const OUTCOMES = namesOf(OUTCOME);

/** What the service answered to a DELETE. It says nothing yet about what became of the user. */
export const ANSWER = {
  accepted: '204',
  denied: '403',
  notFound: '404',
  throttled: '429: the quota is used up for a while',
  rejected: 'another 4xx: the service refuses this DELETE',
  unclear: '5xx, or no answer: it may or may not have had an effect',
} as const;
export type AnswerName = keyof typeof ANSWER;
export const ANSWERS = namesOf(ANSWER);

/** What Exchange Online still has of a user that was purged. */
export const CURE = {
  gone: 'Exchange Online has nothing of it any more: mail to its external address is delivered again',
  waiting: 'Exchange Online still has it, as is normal for some hours',
  lingering: 'Exchange Online still has it after more hours than the policy expects: mail may still bounce',
} as const;
export type CureState = keyof typeof CURE;
export const CURE_STATES = namesOf(CURE);

/** How a night ended; each text completes "The night …". */
export const NIGHT = {
  completed: 'is complete',
  refused: 'was refused: nobody was purged',
  stopped: 'was stopped on its way; the next night goes on',
  failed: 'failed',
} as const;
export type NightStatus = keyof typeof NIGHT;
export const NIGHT_STATUSES = namesOf(NIGHT);

/** Where the on-premises user set comes from. */
export const SOURCE = {
  entra: 'Entra ID',
  activeDirectory: 'Active Directory',
  export: 'on-premises export',
} as const;
export type SourceKind = keyof typeof SOURCE;
export const SOURCE_KINDS = namesOf(SOURCE);

/** What shows that a deleted user is gone on-premises. The policy gives each kind its own grace period. */
export const ABSENCE = {
  tombstone: 'its object is among the deleted objects of Active Directory',
  parked: 'its object is still there, and a `gone` rule of the policy says that it does not count',
  covered: 'a source that sees the place it lived in, and cannot see deleted objects there, does not have it',
  entra: 'no live user of Entra ID has it, and no other source is named',
} as const;
export type AbsenceKind = keyof typeof ABSENCE;
export const ABSENCE_KINDS = namesOf(ABSENCE);

export type Mode = 'report' | 'purge';

/** How the planned purges ended, with those that have no end, as `[name, count]`. Names without a count are left out. */
export function endsCounted(night: {
  readonly outcomes: Readonly<Partial<Record<OutcomeName, number>>>;
  readonly open: number;
  readonly notAttempted: number;
}): readonly (readonly [OutcomeName | 'open' | 'not attempted', number])[] {
  const all = [
    ...OUTCOMES.map((name) => [name, night.outcomes[name] ?? 0] as const),
    ['open', night.open] as const,
    ['not attempted', night.notAttempted] as const,
  ];
  return all.filter(([, count]) => count > 0);
}

function namesOf<Name extends string>(list: Readonly<Record<Name, unknown>>): readonly [Name, ...Name[]] {
  return Object.keys(list) as [Name, ...Name[]];
}
