/** One night's ledger lines, gathered for reading. */
import type { NightId, Timestamp } from '../core/ids.ts';
import type { LedgerLine, RecordOf } from '../core/record.ts';

/** A user of the recycle bin, what was decided, and what came of it. */
export interface Person {
  readonly decided: RecordOf<'decided'>;
  /** When the (last) DELETE was announced. */
  announcedAt?: Timestamp;
  answer?: RecordOf<'answered'>;
  settled?: RecordOf<'settled'>;
  settledAt?: Timestamp;
}

export interface Story {
  readonly night: NightId;
  readonly startedAt: Timestamp;
  readonly started: RecordOf<'nightStarted'>;
  readonly tenant: { readonly at: Timestamp; readonly record: RecordOf<'tenantRead'> } | undefined;
  readonly deletedUsers: number | undefined;
  readonly sources: readonly { readonly at: Timestamp; readonly record: RecordOf<'sourceRead'> }[];
  readonly exchange: RecordOf<'exchangeRead'> | undefined;
  /** In the order of the ledger. */
  readonly people: readonly Person[];
  /** What earlier nights had left open and this one found out. */
  readonly late: readonly RecordOf<'settled'>[];
  readonly cures: readonly RecordOf<'cureSeen'>[];
  readonly planned: RecordOf<'planned'> | undefined;
  readonly ended: RecordOf<'nightEnded'>;
  readonly endedAt: Timestamp;
}

type Draft = { -readonly [Key in keyof Story]?: Story[Key] };

/** Takes a night's lines one by one, in order. What it holds grows with the recycle bin, without the snapshots. */
export function startStory(): { see(line: LedgerLine): void; finish(): Story | undefined } {
  const draft: Draft = {};
  const sources: Story['sources'][number][] = [];
  const cures: RecordOf<'cureSeen'>[] = [];
  const late: RecordOf<'settled'>[] = [];
  const people = new Map<string, Person>();

  const see = ({ night, at, record }: LedgerLine) => {
    switch (record.kind) {
      case 'nightStarted':
        Object.assign(draft, { night, startedAt: at, started: record });
        break;
      case 'tenantRead':
        draft.tenant = { at, record };
        break;
      case 'deletedUsersRead':
        draft.deletedUsers = record.users;
        break;
      case 'sourceRead':
        sources.push({ at, record });
        break;
      case 'exchangeRead':
        draft.exchange = record;
        break;
      case 'decided':
        people.set(record.id, { decided: record });
        break;
      case 'planned':
        draft.planned = record;
        break;
      case 'cureSeen':
        cures.push(record);
        break;
      case 'settled':
        if (record.intendedBy !== undefined) late.push(record);
        else note(people.get(record.id), { settled: record, settledAt: at });
        break;
      case 'intended':
        note(people.get(record.id), { announcedAt: at });
        break;
      case 'answered':
        note(people.get(record.id), { answer: record });
        break;
      case 'nightEnded':
        Object.assign(draft, { ended: record, endedAt: at });
        break;
      case 'telemetrySent':
      case 'takenOver':
        break;
    }
  };

  return {
    see,
    finish: () => {
      const { night, startedAt, started, ended, endedAt } = draft;
      if (!night || !startedAt || !started || !ended || !endedAt) return undefined;
      return {
        night,
        startedAt,
        started,
        tenant: draft.tenant,
        deletedUsers: draft.deletedUsers,
        sources,
        exchange: draft.exchange,
        people: [...people.values()],
        late,
        cures,
        planned: draft.planned,
        ended,
        endedAt,
      };
    },
  };
}

function note(person: Person | undefined, more: Partial<Person>): void {
  if (person !== undefined) Object.assign(person, more);
}
