/**
 * Every event that Application Insights receives (in a workspace: the table `AppEvents`), with every property and
 * measurement it may carry. Nothing is sent that is not named here, and every chart and alert is checked against
 * this list.
 */
import {
  ANSWERS,
  FACT_NAMES,
  type FactName,
  factMeaning,
  KEEP_REASONS,
  type KeepReason,
  OUTCOMES,
  type OutcomeName,
} from '../core/vocabulary.ts';

interface EventSchema {
  readonly meaning: string;
  /**
   * Text. Absent where it is not known. Under the policy's `telemetry.personalData: false` names, addresses and
   * anchors are absent too, and every `Detail` and every origin of a fact is given in fixed words.
   */
  readonly properties: Readonly<Record<string, string>>;
  /** Numbers, with their unit. Absent where they are not known. */
  readonly measurements: Readonly<Record<string, string>>;
}

/** On every event, beside its own. `operation_Id` is the night id as well. */
export const COMMON_PROPERTIES = {
  NightId: 'The night, as in the ledger',
  OccurredAt:
    'When it happened (UTC). The event’s timestamp is the same, unless it was sent too late for that',
} as const;
export const COMMON_MEASUREMENTS = {
  LedgerLine:
    'Number of the ledger line it is made of. NightId and LedgerLine tell apart what was sent twice',
} as const;

const USER = {
  UserId: 'Entra object id of the deleted user',
  DeletedDateTime: 'When it was deleted (UTC): with UserId this is one deletion of one object',
} as const;

export const factProperty = (name: FactName) => capital(name);
export const keptBy = (reason: KeepReason) => `KeptBy${capital(reason)}` as const;
export const counted = (outcome: OutcomeName) => `Count${capital(outcome)}` as const;

function capital<Name extends string>(name: Name): Capitalize<Name> {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}` as Capitalize<Name>;
}

export const TELEMETRY_EVENTS = {
  NightStarted: {
    meaning: 'A night began. One without a NightEnded was cut off',
    properties: {
      Mode: 'report or purge',
      TenantId: 'The tenant of the policy',
      Version: 'Version of the tool',
    },
    measurements: {
      GracePeriodDays:
        'The policy in force: days since the deletion in which nobody is purged, whatever the evidence',
      NightsAbsentRequired: 'The policy in force: nights in a row seen absent, with the best evidence',
      PerNightUsers: 'The policy in force: users in one night',
      PerNightPercent: 'The policy in force: or percent of the live synced users, where that is more',
      RollingBudgetDays: 'The policy in force: days',
      RollingBudgetUsers: 'The policy in force: users in those days together',
      RollingBudgetPercent: 'The policy in force: or percent of the live synced users, where that is more',
      MaxShrinkPercent: 'The policy in force: percent that a source may have shrunk by',
      MaxSyncAgeHours: 'The policy in force: hours since the last directory sync',
    },
  },
  TenantRead: {
    meaning: 'The organization was read',
    properties: { TenantId: 'The tenant that answered', LastSync: 'Last directory sync (UTC)' },
    measurements: {
      SyncAgeHours: 'Hours since the last directory sync',
      ClockSkewSeconds: 'Seconds by which the service’s clock differs from ours',
      VanishedDomains: 'Domains that were verified in the past 30 days and are not tonight',
    },
  },
  DeletedUsersRead: {
    meaning: 'The recycle bin was read to its end and adds up',
    properties: {},
    measurements: { Users: 'Users in it' },
  },
  SourceRead: {
    meaning: 'A source of the on-premises user set was read to its end',
    properties: {
      Source: 'entra, activeDirectory or export',
      AsOf: 'When the source was as it was read (UTC)',
      Accepted: 'false where it is older or much smaller than before; the night is then refused',
    },
    measurements: {
      Total: 'Users in it',
      AgeHours: 'Hours from AsOf to the reading',
      BaselineTotal: 'The most users that earlier nights saw in it',
      ShrinkPercent: 'Percent by which it is smaller than that; negative where it grew',
      WorstSliceShrinkPercent: 'The same for the slice (domain, OU) that shrank most',
    },
  },
  ExchangeRead: {
    meaning: 'Exchange Online was asked for its soft-deleted recipients',
    properties: { Available: 'true where it answered', Detail: 'In words' },
    measurements: { Recipients: 'Recipients it named' },
  },
  Decided: {
    meaning:
      'The verdict on one deleted user, where it differs from the night before. Every purge; keeps only where the policy asks for it (spellOutKeeps)',
    properties: {
      ...USER,
      UserPrincipalName: 'Its name before the deletion',
      DisplayName: 'Its display name',
      Mail: 'Its mail address',
      ImmutableId: 'Its on-premises anchor',
      Verdict: 'purge or keep',
      Reason: 'Why it is kept',
      Detail: 'The grounds in words',
      ...each(
        FACT_NAMES,
        factProperty,
        (name) => `${factMeaning(name).asked}? yes, no or unknown, and where that came from`,
      ),
    },
    measurements: {
      NightsAbsent: 'Nights in a row on which it was seen absent',
      DeletedForDays: 'Days since its deletion',
    },
  },
  Planned: {
    meaning:
      'What the night would do, or that it may do nothing. The purges of a plan that is over a limit are counted too',
    properties: {
      State: 'ready or overLimit',
      Fingerprint: 'SHA-256 of who would be purged: the same fingerprint is the same set',
      Refusals: 'Names of what refuses it, separated by commas',
    },
    measurements: {
      DeletedUsers: 'Users decided on',
      Purge: 'Users to be purged',
      Keep: 'Users kept',
      BudgetSpent: 'Purges that earlier nights took out of the rolling budget',
      AllowedPerNight: 'Users that the limit of one night comes to',
      AllowedRollingBudget: 'Users that the rolling budget comes to',
      ...each(KEEP_REASONS, keptBy, (reason) => `Users kept for ${reason}`),
    },
  },
  PurgeAnnounced: {
    meaning: 'A DELETE is about to be sent; the ledger holds the whole object',
    properties: USER,
    measurements: { Attempt: 'Counted from 1' },
  },
  PurgeWithdrawn: {
    meaning: 'A DELETE was announced and certainly not sent; the user is due again',
    properties: { ...USER, Why: 'In words' },
    measurements: { Attempt: 'Counted from 1' },
  },
  PurgeAnswered: {
    meaning: 'What the service answered to the DELETE; says nothing yet of what became of the object',
    properties: {
      ...USER,
      Answer: ANSWERS.join(', '),
      Detail: 'In words',
    },
    measurements: {
      Attempt: 'Counted from 1',
      RetryAfterMs: 'Milliseconds for which the service asks for silence',
    },
  },
  PurgeSettled: {
    meaning: 'How one planned purge ended, as seen on re-read',
    properties: {
      ...USER,
      Outcome: OUTCOMES.join(', '),
      Detail: 'In words',
      AnnouncedBy: 'The night that announced it, where it is not this one',
    },
    measurements: { VerifiedAfterMs: 'Milliseconds from the DELETE to the re-read that found it gone' },
  },
  CureSeen: {
    meaning: 'What Exchange Online still holds of a purged user',
    properties: {
      ...USER,
      State: 'gone, waiting or lingering',
      PurgedAt: 'When it was purged (UTC)',
      Detail: 'In words',
    },
    measurements: { AfterMs: 'Milliseconds from the purge to this look' },
  },
  Refused: {
    meaning: 'One reason for which the whole night was refused',
    properties: { Refusal: 'Its name', Detail: 'What happened, and what to do next' },
    measurements: { Limit: 'Where a limit was exceeded: the limit', Actual: 'and what would have been' },
  },
  NightEnded: {
    meaning: 'A night came to its own end',
    properties: {
      Status: 'completed, refused, stopped or failed',
      Detail: 'In words',
      Refusals: 'Names of what refused it, separated by commas',
    },
    measurements: {
      DurationMs: 'Milliseconds from start to end',
      GraphCalls: 'HTTP requests to Graph; a batch is one',
      ResourceUnits: 'Graph resource units',
      Throttled: '429 answers, those inside a batch included',
      Retries: 'Requests repeated',
      DeletedUsers: 'Users decided on',
      Purge: 'Users the plan would purge',
      Keep: 'Users kept',
      Open: 'DELETEs of which it is not known what came of them; the next night looks again',
      NotAttempted: 'Planned purges that were not tried',
      ...each(OUTCOMES, counted, (outcome) => `Planned purges that ended as ${outcome}`),
    },
  },
} as const satisfies Readonly<Record<string, EventSchema>>;

function each<Name extends string, Key extends string>(
  names: readonly Name[],
  key: (name: Name) => Key,
  meaning: (name: Name) => string,
): Readonly<Record<Key, string>> {
  const entries = names.map((name) => [key(name), meaning(name)]);
  return Object.fromEntries(entries) as Record<Key, string>;
}

export type EventName = keyof typeof TELEMETRY_EVENTS;
type Texts<Name extends EventName> = {
  readonly [Key in keyof (typeof TELEMETRY_EVENTS)[Name]['properties']]: string | undefined;
};
type Numbers<Name extends EventName> = {
  readonly [Key in keyof (typeof TELEMETRY_EVENTS)[Name]['measurements']]: number | undefined;
};

/** One event, ready to be sent. */
export interface TelemetryEvent {
  readonly name: EventName;
  readonly properties: Readonly<Record<string, string>>;
  readonly measurements: Readonly<Record<string, number>>;
}

/** An event of that name, with all that the list gives it, and nothing else; what is `undefined` is left out. */
export function event<Name extends EventName>(
  name: Name,
  properties: Texts<Name>,
  measurements: Numbers<Name>,
): TelemetryEvent {
  return { name, properties: known(properties), measurements: known(measurements) };
}

function known<Value>(values: Readonly<Record<string, Value | undefined>>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, Value] => entry[1] !== undefined),
  );
}
