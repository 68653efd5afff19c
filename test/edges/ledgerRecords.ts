/** Records as a night writes them, for the tests of the ledger and of telemetry. */
import {
  type NightId,
  nightId,
  type ObjectId,
  objectId,
  type TenantId,
  type Timestamp,
  tenantId,
  timestamp,
} from '../../lib/core/ids.ts';
import type { LedgerLine, LedgerRecord, RecordOf } from '../../lib/core/record.ts';
import type { Clock, Ledger, OpenLedger } from '../../lib/ports.ts';

const given = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('the test itself is wrong');
  return value;
};
export const time = (text: string): Timestamp => given(timestamp(text));
export const night = (digit: string): NightId => given(nightId(digit.repeat(32)));
export const user = (number: number): ObjectId =>
  given(objectId(`00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`));
export const TENANT: TenantId = given(tenantId('11111111-2222-4333-8444-555555555555'));
export const DELETED = time('2026-11-01T08:30:00Z');

export function started(): RecordOf<'nightStarted'> {
  return {
    kind: 'nightStarted',
    mode: 'purge',
    tenantId: TENANT,
    policy: { mode: 'purge', gracePeriodDays: 7 },
  };
}

export function decided(
  number: number,
  verdict: Partial<RecordOf<'decided'>> = { verdict: 'purge' },
): RecordOf<'decided'> {
  const yes = { value: 'yes', origin: 'Entra ID' } as const;
  const no = { value: 'no', origin: 'Entra ID' } as const;
  return {
    kind: 'decided',
    id: user(number),
    deletedDateTime: DELETED,
    userPrincipalName: `Zoë.${number}@contoso.com`,
    displayName: `Zoë ${number}`,
    mail: `user${number}@partner.example`,
    verdict: 'purge',
    detail: 'a mail user that is gone on-premises',
    nightsAbsent: 3,
    facts: {
      onPremisesSynced: yes,
      onPremises: no,
      reappeared: no,
      mailUser: yes,
      hadMailbox: no,
      licensed: no,
    },
    ...verdict,
  };
}

export const keep = (number: number, reason: RecordOf<'decided'>['reason']) =>
  decided(number, { verdict: 'keep', reason, detail: `kept: ${reason}` });

export function announced(number: number, filler = ''): RecordOf<'announced'> {
  const snapshot = { id: user(number), displayName: `Zoë ${number}`, filler };
  return { kind: 'announced', id: user(number), deletedDateTime: DELETED, attempt: 1, snapshot };
}

export function ended(): RecordOf<'nightEnded'> {
  return {
    kind: 'nightEnded',
    status: 'completed',
    detail: 'all done',
    refusals: [],
    counts: { deletedUsers: 3, purge: 1, keep: 2, keptBy: { licensed: 2 } },
    outcomes: { purged: 1 },
    open: 0,
    notAttempted: 0,
    measurements: { durationMs: 61_000, graphCalls: 12, resourceUnits: 20, throttled: 1, retries: 2 },
  };
}

export const LONG_AGO = time('2020-01-01T00:00:00Z');

/** A clock that stands still, and does not wait. */
export const clockAt = (moment: Timestamp): Clock => ({ now: () => moment, sleep: async () => {} });

export const openAt = (ledger: Ledger, id: NightId, startedAt: Timestamp): Promise<OpenLedger> =>
  ledger.open(id, clockAt(startedAt), new AbortController().signal);

/** What a later run reads. The ledger's own lines are left out. */
export async function readAll(ledger: Ledger, since = LONG_AGO): Promise<readonly LedgerLine[]> {
  const open = await openAt(ledger, night('f'), time('2026-11-23T02:00:00Z'));
  try {
    return await linesIn(open, since);
  } finally {
    await open.release();
  }
}

export async function linesIn(open: OpenLedger, since = LONG_AGO): Promise<readonly LedgerLine[]> {
  const lines: LedgerLine[] = [];
  for await (const line of open.lines(since)) if (!OWN.has(line.record.kind)) lines.push(line);
  return lines;
}
const OWN: ReadonlySet<string> = new Set(['logBegun', 'rolledOver', 'tornLine']);

/** A whole night: `nightStarted` and `records`. */
export async function writeNight(
  ledger: Ledger,
  id: NightId,
  startedAt: Timestamp,
  records: readonly LedgerRecord[] = [],
): Promise<void> {
  const open = await openAt(ledger, id, startedAt);
  await open.append(startedAt, [started(), ...records]);
  await open.release();
}
