/** Closed sets of names: the same in code, ledger, telemetry and dashboards. */

/** Why a user is kept. The same names in code, ledger, telemetry and dashboards. */
export const KEEP_REASONS = [
  'deletionDateUnknown',
  'protectedBy',
  'protectionUnknown',
  'notOnPremisesSynced',
  'onPremisesSyncUnknown',
  'stillOnPremises',
  'presenceUnknown',
  'reappeared',
  'reappearanceUnknown',
  'notAMailUser',
  'mailUserUnproven',
  'onHold',
  'holdUnknown',
  'highVolumeEmail',
  'highVolumeEmailUnknown',
  'hadMailbox',
  'mailboxUnknown',
  'licensed',
  'licenceUnknown',
  'withinGracePeriod',
  'notAbsentLongEnough',
] as const;
export type KeepReason = (typeof KEEP_REASONS)[number];

/** Why a whole night is refused. */
export const REFUSALS = [
  'configurationInvalid',
  'policyInvalid',
  'wrongTenant',
  'clockSkewed',
  'syncStale',
  'accessDenied',
  'sourceIncomplete',
  'sourceEmpty',
  'sourceShrank',
  'sourceStale',
  'sourceDisagrees',
  'ledgerUnusable',
  'anotherNightRuns',
  'tooManyPurges',
  'tooLargeShare',
  'budgetExceeded',
  'halted',
] as const;
export type RefusalName = (typeof REFUSALS)[number];

/** How one planned purge ended. */
export const OUTCOMES = [
  /** Absent from deletedItems and from /users on re-read, after our DELETE. */
  'purged',
  /** Absent from both before any DELETE of ours. */
  'alreadyGone',
  /** A live user again, or deleted anew since: another generation, to be decided on its own. */
  'restoredMeanwhile',
  /** Re-read and decided again just before the purge: keep. */
  'keptOnReread',
  /** 403: the service does not let this app purge this user. */
  'refused',
  /** Still in deletedItems after every attempt. */
  'notPurged',
  /** The service did not say clearly what became of it. */
  'unverified',
  /** The night ended before its turn. */
  'notAttempted',
] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

/** What Exchange Online still holds of a user that was purged. */
export const CURE_STATES = [
  /** The soft-deleted mail user is gone: mail to its external address is delivered again. */
  'gone',
  /** Still there, as is normal for some hours. */
  'waiting',
  /** Still there after the time that the policy sets: somebody should look. */
  'lingering',
] as const;
export type CureState = (typeof CURE_STATES)[number];

/** How a night ended. */
export const NIGHT_STATUSES = [
  /** Everything planned was done and verified; in report mode, everything was read and planned. */
  'completed',
  /** Not one purge was tried. */
  'refused',
  /** Purges were under way and the rest is left for the next night. */
  'stopped',
  /** Something that should not happen did: see the detail. */
  'failed',
] as const;
export type NightStatus = (typeof NIGHT_STATUSES)[number];

export type Mode = 'report' | 'purge';
