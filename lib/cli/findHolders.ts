/** Who holds an address: live, deleted, or soft-deleted in Exchange Online. What could not be read is told, never left out. */
import type { Desk } from '../composeDesk.ts';
import { formerUpn, knownAddresses } from '../core/addresses.ts';
import { removedAt } from '../core/due.ts';
import { DAY_MS, elapsedMs, type Timestamp } from '../core/ids.ts';
import type { DeletedUser, OrphanedRecipient } from '../core/model.ts';
import { messageOf, NightRefused } from '../errors.ts';
import type { SoftDeletedRecipients } from '../ports.ts';
import { isAccessDenied } from './exit.ts';
import type { Subject } from './subject.ts';
import type { Terminal } from './terminal.ts';
import type { DeletedHolder, Holder, SoftDeletedHolder } from './whyResult.ts';

export interface Found {
  readonly holders: readonly Holder[];
  readonly notRead: readonly { readonly what: string; readonly why: string }[];
  /** `undefined` where the recycle bin could not be read. */
  readonly deleted: readonly DeletedUser[] | undefined;
  /** Entra ID refuses whoever is signed in. */
  readonly denied: NightRefused | undefined;
}

const STEPS = 3;

export async function findHolders(
  desk: Desk,
  subject: Subject,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Found> {
  const notRead: { what: string; why: string }[] = [];
  let denied: NightRefused | undefined;
  const attempt = async <T>(step: number, what: string, read: () => Promise<T>): Promise<T | undefined> => {
    terminal.progress({ step, of: STEPS, what: `reading ${what}` });
    try {
      return await read();
    } catch (error) {
      if (signal.aborted || !(error instanceof NightRefused)) throw error;
      notRead.push({ what, why: messageOf(error) });
      if (isAccessDenied(error) && step < STEPS) denied ??= error;
      return undefined;
    }
  };
  const deleted = await attempt(1, 'the recycle bin of Entra ID', () => desk.entra.deletedUsers(signal));
  const live = await attempt(2, 'the live users of Entra ID', () => liveHolders(desk, subject, signal));
  if (live?.notRead !== undefined) notRead.push({ what: 'the live users of Entra ID', why: live.notRead });
  const exchange = await attempt(3, 'the soft-deleted recipients of Exchange Online', () =>
    desk.exchange.softDeletedRecipients(signal),
  );
  const untold = (deleted ?? []).filter(isUntold);
  if (untold.length > 0) {
    const why = `Microsoft Graph did not give the names and addresses of ${untold.length} of ${deleted?.length} deleted users, as happens to an account without the permission.`;
    notRead.push({ what: 'who the deleted users are', why });
    if (untold.length === deleted?.length) denied ??= new NightRefused('accessDenied', why);
  }
  for (const why of exchange?.doubts ?? []) notRead.push({ what: 'a recipient of Exchange Online', why });
  const now = desk.clock.now();
  const inBin = (deleted ?? []).flatMap((user) => deletedHolder(user, subject, exchange, now));
  const softDeleted = exchange === undefined ? [] : softDeletedHolders(exchange, subject, inBin);
  return { holders: [...inBin, ...softDeleted, ...(live?.holders ?? [])], notRead, deleted, denied };
}

/** Neither is ever null ("user resource type"): whom Graph does not describe may be the one. */
const isUntold = ({ proxyAddresses, userPrincipalName }: DeletedUser) =>
  proxyAddresses === undefined || userPrincipalName === undefined;

async function liveHolders(
  { entra }: Desk,
  { addresses, legacyExchangeDNs, ids }: Subject,
  signal: AbortSignal,
) {
  const asked = [...addresses, ...legacyExchangeDNs];
  const found = asked.length === 0 ? undefined : await entra.addressHolders(asked, signal);
  const sightings = ids.length === 0 ? undefined : await entra.sightings(ids, signal);
  const holders: Holder[] = (found?.holders ?? []).map(
    ({ isGuest, id, displayName, userPrincipalName, holds }) => ({
      kind: isGuest ? 'guest' : 'liveUser',
      id,
      ...(displayName !== undefined && { displayName }),
      ...(userPrincipalName !== undefined && { userPrincipalName }),
      holds: [...holds],
    }),
  );
  let notRead = found?.notRead;
  for (const [id, { live, why }] of sightings ?? []) {
    if (live === 'present') holders.push({ kind: 'liveUser', id, holds: [id] });
    if (live === 'unclear') notRead ??= why ?? 'it gave no clear answer';
  }
  return { holders, notRead };
}

function deletedHolder(
  user: DeletedUser,
  subject: Subject,
  exchange: SoftDeletedRecipients | undefined,
  now: Timestamp,
): readonly DeletedHolder[] {
  const recipient = exchange?.byId.get(user.id);
  const holds = unique([
    ...heldBy(user, subject),
    ...(recipient === undefined ? [] : recipientHolds(recipient, subject)),
  ]);
  if (holds.length === 0) return [];
  const { id, deletedDateTime, displayName, userType } = user;
  const upn = formerUpn(user);
  return [
    {
      kind: 'deletedUser',
      id,
      ...(displayName !== undefined && { displayName }),
      ...(upn !== undefined && { userPrincipalName: upn }),
      ...(userType !== undefined && { userType }),
      ...(deletedDateTime !== undefined && {
        deletedDateTime,
        daysLeft: Math.max(0, Math.round((elapsedMs(now, removedAt(deletedDateTime)) / DAY_MS) * 10) / 10),
      }),
      inExchange: exchange === undefined ? 'unknown' : recipient === undefined ? 'no' : 'yes',
      holds,
    },
  ];
}

/** A UPN is also known as the recycle bin shows it, with the object id in front. */
function heldBy(user: DeletedUser, { addresses, legacyExchangeDNs, ids }: Subject): readonly string[] {
  const known = knownAddresses(user);
  const shown = user.userPrincipalName?.toLowerCase();
  const x500 = (user.proxyAddresses ?? []).map((proxy) => proxy.toLowerCase());
  return [
    ...addresses.filter((address) => known.has(address) || address === shown),
    ...legacyExchangeDNs.filter((dn) => x500.includes(`x500:${dn.toLowerCase()}`)),
    ...ids.filter((id) => id === user.id),
  ];
}

function softDeletedHolders(
  { byId, orphans }: SoftDeletedRecipients,
  subject: Subject,
  inBin: readonly DeletedHolder[],
): readonly SoftDeletedHolder[] {
  const told = new Set<string>(inBin.map(({ id }) => id));
  const others = [...byId.values()].filter(({ id }) => !told.has(id));
  const all = [...others, ...orphans.map((orphan) => ({ ...orphan, id: undefined }))];
  return all.flatMap((recipient): readonly SoftDeletedHolder[] => {
    const { id } = recipient;
    const holds = [...recipientHolds(recipient, subject), ...subject.ids.filter((asked) => asked === id)];
    if (holds.length === 0) return [];
    const { guid, recipientType, externalAddress, legacyExchangeDN, onHold } = recipient;
    return [
      {
        kind: 'softDeletedRecipient',
        ...(id !== undefined && { id }),
        ...(guid !== undefined && { guid }),
        ...(recipientType !== undefined && { recipientType }),
        ...(externalAddress !== undefined && { externalAddress }),
        ...(legacyExchangeDN !== undefined && { legacyExchangeDN }),
        onHold: onHold.value,
        holds,
      },
    ];
  });
}

const recipientHolds = (
  { externalAddress, legacyExchangeDN }: OrphanedRecipient,
  { addresses, legacyExchangeDNs }: Subject,
) => [
  ...addresses.filter((address) => address === externalAddress?.toLowerCase()),
  ...legacyExchangeDNs.filter((dn) => dn.toLowerCase() === legacyExchangeDN?.toLowerCase()),
];

const unique = (texts: readonly string[]) => [...new Set(texts)];
