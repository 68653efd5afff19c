/** The closed names of the house in a sentence each, for whoever reads them at 7 in the morning. */

import type { FactName, SourceKind } from './model.ts';
import type { CureState, KeepReason, NightStatus, OutcomeName, RefusalName } from './names.ts';

/** Why a user is kept; completes "Kept: …". */
export const KEPT: Readonly<Record<KeepReason, string>> = {
  deletionDateUnknown: 'Graph did not say when it was deleted',
  protectedBy: 'a protect rule of the policy keeps it',
  protectionUnknown: 'a protect rule asks for something that Graph did not tell',
  notOnPremisesSynced: 'it was never synced from on-premises',
  onPremisesSyncUnknown: 'nothing shows that it was synced from on-premises',
  stillOnPremises: 'it is still there on-premises',
  presenceUnknown: 'it is not known whether it is still there on-premises',
  reappeared: 'somebody live has its immutable id, its name or one of its addresses',
  reappearanceUnknown: 'it is not known whether somebody live has taken over its name or addresses',
  notAMailUser: 'it is not a mail user',
  mailUserUnproven: 'nothing proves that it is a mail user',
  onHold: 'it is on hold in Exchange Online',
  holdUnknown: 'it is not known whether it is on hold',
  highVolumeEmail: 'it is a high-volume-email account',
  highVolumeEmailUnknown: 'it is not known whether it is a high-volume-email account',
  hadMailbox: 'it had an Exchange Online mailbox',
  mailboxUnknown: 'it is not known whether it had a mailbox',
  licensed: 'it has a licence',
  licenceUnknown: 'it is not known whether it has a licence',
  withinGracePeriod: 'it was deleted too recently',
  notAbsentLongEnough: 'it has not been seen absent on enough nights',
};

/** What a fact is about, as a question that is answered with yes, no or unknown. */
export const ASKED: Readonly<Record<FactName, string>> = {
  onPremisesSynced: 'Synced from on-premises',
  onPremises: 'Still on-premises',
  reappeared: 'Taken over by somebody live',
  mailUser: 'Mail user',
  hadMailbox: 'Had a mailbox',
  licensed: 'Licensed',
  onHold: 'On hold',
  highVolumeEmail: 'High-volume email',
};

/** How a planned purge ended. */
export const ENDED: Readonly<Record<OutcomeName, string>> = {
  purged: 'purged, and seen to be gone',
  alreadyGone: 'gone before any DELETE of ours',
  restoredMeanwhile: 'restored meanwhile; not purged',
  keptOnReread: 'kept when read again just before',
  refused: 'the service does not let this app purge it',
  notPurged: 'still there after every attempt',
  unverified: 'not known yet what became of it',
  notAttempted: 'left for the next night',
};

export const CURE: Readonly<Record<CureState, string>> = {
  gone: 'Exchange Online holds nothing of it any more',
  waiting: 'Exchange Online still holds it, as is normal for some hours',
  lingering: 'Exchange Online still holds it after more hours than the policy expects: mail may still bounce',
};

export const SOURCE: Readonly<Record<SourceKind, string>> = {
  entra: 'Entra ID',
  activeDirectory: 'Active Directory',
  export: 'on-premises export',
};

/** Completes "The night …". */
export const NIGHT: Readonly<Record<NightStatus, string>> = {
  completed: 'is complete',
  refused: 'was refused: nobody was purged',
  stopped: 'was stopped on its way; the next night goes on',
  failed: 'failed',
};

/** What refuses a night, and what to do about it. */
export const REFUSED: Readonly<Record<RefusalName, { readonly what: string; readonly next: string }>> = {
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
    next: 'Grant the app the permissions it lost; the ledger names the service.',
  },
  sourceIncomplete: {
    what: 'Something could not be read to its end, or did not add up.',
    next: 'Wait for the next night; if it happens again, read the detail in the ledger.',
  },
  sourceEmpty: {
    what: 'A source of the on-premises users is empty, which proves nobody’s absence.',
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
    what: 'A source of the on-premises users does not know whom Entra ID knows.',
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
    next: 'Look at the list; if it is right, raise maxPurgesPerNight for a night.',
  },
  tooLargeShare: {
    what: 'A larger share of the users would be purged than the policy allows.',
    next: 'Look at the list; if it is right, raise maxPercentOfSyncedUsers for a night.',
  },
  budgetExceeded: {
    what: 'With the purges of the days before, more users would be purged than the policy allows.',
    next: 'Look at the list; if it is right, raise rollingBudget for a night, or wait.',
  },
  halted: {
    what: 'People have halted the tool.',
    next: 'Take the app setting NIGHTLY_PURGE_HALT, or the halt blob, away to go on.',
  },
};

/** `2 purged, 1 refused`; empty where nothing was counted. */
export function countedInWords(counts: Readonly<Partial<Record<string, number>>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
