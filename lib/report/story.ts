/** One night as the report shows it: a view of the state, with nothing counted anew. */
import type { NightId, Timestamp } from '../core/ids.ts';
import { type Key, keyOf } from '../core/model.ts';
import type { LedgerRecord, RecordOf } from '../core/record.ts';
import { redacted } from '../core/redaction.ts';
import type { Open, PastNight, State } from '../core/state.ts';
import { ANSWER } from '../core/vocabulary.ts';

/** A user of the recycle bin, what was decided, and what came of it. */
export interface Person {
  readonly decided: RecordOf<'decided'>;
  /** The (last) DELETE. */
  readonly sent: Open | undefined;
  readonly settled: RecordOf<'settled'> | undefined;
  readonly settledAt: Timestamp | undefined;
}

export interface Story {
  readonly night: NightId;
  readonly startedAt: Timestamp;
  readonly started: RecordOf<'nightStarted'>;
  readonly tenant: { readonly at: Timestamp; readonly record: RecordOf<'tenantRead'> } | undefined;
  readonly deletedUsers: number | undefined;
  readonly sources: readonly { readonly at: Timestamp; readonly record: RecordOf<'sourceRead'> }[];
  readonly exchange: RecordOf<'exchangeRead'> | undefined;
  /** Everybody in the recycle bin; empty where the night did not come to a plan. */
  readonly people: readonly Person[];
  /** DELETEs of earlier nights that this one settled. */
  readonly late: readonly RecordOf<'settled'>[];
  readonly cures: readonly RecordOf<'cureSeen'>[];
  readonly planned: RecordOf<'planned'> | undefined;
  readonly ended: RecordOf<'nightEnded'>;
  readonly endedAt: Timestamp;
  /** The last nights, this one included, oldest first. */
  readonly nights: readonly PastNight[];
}

/** @throws Error where the night has not ended */
export function storyOf(state: State, personalData: boolean): Story {
  const { tonight } = state;
  if (tonight?.ended === undefined || tonight.endedAt === undefined)
    throw new Error('the night has not ended');
  const shown = <Line extends LedgerRecord>(record: Line) =>
    (personalData ? record : redacted(record)) as Line;
  const { tenant, exchange, planned } = tonight;
  return {
    night: tonight.night,
    startedAt: tonight.startedAt,
    started: shown(tonight.started),
    tenant: tenant && { ...tenant, record: shown(tenant.record) },
    deletedUsers: tonight.deletedUsers,
    sources: tonight.sourcesRead.map((read) => ({ ...read, record: shown(read.record) })),
    exchange: exchange && shown(exchange),
    people: planned === undefined && tonight.decided.size === 0 ? [] : peopleOf(state, personalData, shown),
    late: tonight.late.map(shown),
    cures: tonight.cures.map(shown),
    planned: planned && shown(planned),
    ended: shown(tonight.ended),
    endedAt: tonight.endedAt,
    nights: state.nights,
  };
}

function peopleOf(
  { evidence, open, tonight }: State,
  personalData: boolean,
  shown: <Line extends LedgerRecord>(record: Line) => Line,
): readonly Person[] {
  return [...evidence.values()].map(({ decided, absentNights }) => {
    const { id, deletedDateTime } = decided;
    const key: Key | undefined = deletedDateTime && keyOf({ id, deletedDateTime });
    const end = key && tonight?.ends.get(key);
    const sent = end?.sent ?? (key && open.get(key));
    return {
      decided: { ...shown(decided), nightsAbsent: absentNights },
      sent: sent && !personalData ? withoutDetail(sent) : sent,
      settled: end && shown(end.record),
      settledAt: end?.at,
    };
  });
}

const withoutDetail = (sent: Open): Open =>
  sent.answer === undefined
    ? sent
    : { ...sent, answer: { ...sent.answer, detail: ANSWER[sent.answer.answer] } };
