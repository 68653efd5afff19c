/** What is wrong with a policy that its schema accepts. */
import { RECYCLE_BIN_DAYS } from './due.ts';
import type { Timestamp } from './ids.ts';
import type { Policy } from './policy.ts';
import { ABSENCE_KINDS } from './vocabulary.ts';

export interface Advice {
  /** `protect`, `users`, 0 */
  readonly path: readonly (string | number)[];
  /** `wrong`: it cannot be meant, and is not deployed. */
  readonly grade: 'wrong' | 'doubtful';
  /** Behind the name of the setting: what it leads to, and what to write instead. */
  readonly what: string;
}

const NO_TENANT = '00000000-0000-0000-0000-000000000000';
/** A night is refused now and then. */
const ENOUGH_NIGHTS = 3;

/** Empty where nothing is found. */
export function adviceOn(policy: Policy, now: Timestamp): readonly Advice[] {
  return [
    ...tenant(policy),
    ...timeLeft(policy),
    ...expired(policy, now),
    ...globs(policy, 'userPrincipalNames'),
    ...globs(policy, 'addresses'),
    ...attributes(policy),
  ];
}

const tenant = ({ tenantId }: Policy): readonly Advice[] =>
  String(tenantId) === NO_TENANT
    ? [
        {
          path: ['tenantId'],
          grade: 'doubtful',
          what: 'names no tenant, so that every night is refused. Write the id of your tenant ("az account show --query tenantId").',
        },
      ]
    : [];

/** How many nights lie between the first on which a user may be purged and the day on which Entra ID does it itself. */
function timeLeft({ gracePeriodDays, nightsAbsent, onPremises }: Policy): readonly Advice[] {
  const kinds = ABSENCE_KINDS.filter((kind) => (kind === 'entra') === (onPremises.source === 'entra'));
  const waits = kinds.flatMap((kind) => {
    const days = gracePeriodDays[kind];
    if (days === undefined) return [];
    const nights = nightsAbsent[kind];
    return [days >= nights ? (['gracePeriodDays', days] as const) : (['nightsAbsent', nights] as const)];
  });
  const [longest] = waits.sort(([, one], [, other]) => other - one);
  if (longest === undefined) return [];
  const [setting, days] = longest;
  const nights = Math.floor(RECYCLE_BIN_DAYS - days);
  if (nights > ENOUGH_NIGHTS) return [];
  const few = nights < 1 ? 'no night' : nights === 1 ? 'one night' : `${nights} nights`;
  return [
    {
      path: [setting],
      grade: nights < 1 ? 'wrong' : 'doubtful',
      what: `leaves ${few} before day ${RECYCLE_BIN_DAYS}, when Entra ID purges the user itself; a refused night or two, and mail bounces until then. Write at most ${RECYCLE_BIN_DAYS - ENOUGH_NIGHTS - 1}.`,
    },
  ];
}

const expired = ({ protect }: Policy, now: Timestamp): readonly Advice[] =>
  protect.users.flatMap(({ until }, index): readonly Advice[] =>
    until < now.slice(0, 10)
      ? [
          {
            path: ['protect', 'users', index],
            grade: 'doubtful',
            what: `protects nobody since ${until}. Remove it, or write a later day into until.`,
          },
        ]
      : [],
  );

const globs = ({ protect }: Policy, list: 'userPrincipalNames' | 'addresses'): readonly Advice[] =>
  protect[list].flatMap((glob, index): readonly Advice[] =>
    /^[*?]+$/.test(glob) && glob.includes('*') ? [{ path: ['protect', list, index], ...everybody }] : [],
  );

const everybody = {
  grade: 'wrong',
  what: 'matches everybody, so that nobody is ever purged. Write whom you mean; to purge nobody write "mode": "report".',
} as const;

const attributes = ({ protect }: Policy): readonly Advice[] =>
  protect.extensionAttributes.flatMap(({ value }, index): readonly Advice[] =>
    /^\*+$/.test(value) ? [{ path: ['protect', 'extensionAttributes', index], ...everybody }] : [],
  );
