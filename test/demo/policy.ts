/** The policy of the demo's company: it purges on the first night, and has room for a backlog. */
import { PROTECTED_DOMAIN } from './cast.ts';
import { DOMAIN } from './exportFolder.ts';
import type { Options } from './options.ts';

export interface PolicyOptions extends Options {
  readonly tenantId: string;
  /** Object id of the user who is to be kept for a while. */
  readonly protectedUser: string;
  /** `ldaps://…`, where Active Directory is asked. */
  readonly directoryUrl?: string | undefined;
}

export function demoPolicy(options: PolicyOptions) {
  const { mode, source, exchange, users, tenantId, protectedUser, directoryUrl } = options;
  const maxPurges = Math.max(30, Math.round(users / 20));
  return {
    $comment: 'Made for a demonstration. Start from policy.json in the root of the repository instead.',
    mode,
    tenantId,
    gracePeriodDays: source === 'entra' ? 14 : 2,
    nightsAbsent: 1,
    maxSyncAgeHours: 3,
    onPremises: { ...sourceSection(source, directoryUrl), maxShrinkPercent: 3, maxSliceShrinkUsers: 20 },
    mailUserEvidence: {},
    exchange: { use: exchange, lingeringAfterHours: 24 },
    protect: {
      domains: [PROTECTED_DOMAIN],
      users: [
        {
          id: protectedUser,
          until: new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10),
          requestedBy: 'Legal',
          why: 'an open matter',
        },
      ],
    },
    accidentalDeletionPrevention: {
      perNight: { users: maxPurges },
      rollingBudget: { days: 7, users: maxPurges },
    },
    telemetry: { spellOutKeeps: false },
  };
}

function sourceSection(source: Options['source'], directoryUrl: string | undefined) {
  switch (source) {
    case 'entra':
      return { source: 'entra' };
    case 'ad':
      return {
        source: 'activeDirectory',
        domains: [{ domain: DOMAIN, domainControllers: [directoryUrl], credentials: 'DEMO' }],
      };
    case 'export':
      return { source: 'export', domains: [DOMAIN], maxAgeHours: 26 };
  }
}
