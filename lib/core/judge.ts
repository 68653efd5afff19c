/** What answers mean: lines for the ledger, and notes. Pure; it changes nothing. */
import type { Answers } from './answers.ts';
import { endingLines, withdrawnLines } from './ending.ts';
import { judgeReading } from './judgeReading.ts';
import { judgeLook, lookAt, settledRecord } from './looks.ts';
import type { Key } from './model.ts';
import type { LedgerRecord } from './record.ts';
import { secondDecision } from './secondDecision.ts';
import { type Action, generationOf, type Judged, type Judging, keysOf, type State } from './state.ts';

export function judge(state: State, action: Action, answers: Answers, judging: Judging): Judged {
  switch (answers.kind) {
    case 'tenant':
    case 'exchange':
    case 'deletedUsers':
    case 'source':
    case 'everybody':
      return judgeReading(state, answers, judging);
    case 'sightings':
      return action.kind === 'reread'
        ? together(keysOf(action).map((key) => judgeReread(state, key, answers, judging)))
        : together(keysOf(action).map((key) => judgeSighting(state, key, answers, judging)));
    case 'purge':
      return together(keysOf(action).map((key) => judgeAnswer(state, key, answers, judging)));
    case 'notSent': {
      const { why, stop } = answers;
      const open = keysOf(action).flatMap((key) => state.open.get(key) ?? []);
      const lines = withdrawnLines(open, why);
      return { lines, notes: stop ? [{ kind: 'stop', how: stop, why, refusals: [] }] : [] };
    }
    case 'told': {
      const of = state.tonight?.night;
      return {
        lines: of === undefined ? [] : [{ kind: 'telemetrySent', of, ...answers.delivery }],
        notes: [],
      };
    }
    case 'ended':
      return { lines: endingLines(state, answers.usage, judging), notes: [] };
  }
}

type AnswersOf<Kind extends Answers['kind']> = Extract<Answers, { kind: Kind }>;

const NOTHING: Judged = { lines: [], notes: [] };
const together = (all: readonly Judged[]): Judged => ({
  lines: all.flatMap(({ lines }) => lines),
  notes: all.flatMap(({ notes }) => notes),
});

function judgeSighting(
  state: State,
  key: Key,
  { sightings, askedAt }: AnswersOf<'sightings'>,
  { pace, now }: Judging,
): Judged {
  const { tonight, open } = state;
  const one = open.get(key);
  if (tonight === undefined || one === undefined) return NOTHING;
  const look = lookAt(one, sightings.get(one.id));
  return judgeLook(tonight, one, { look, askedAt, now }, pace);
}

/** Just before a DELETE: the result is the intent, or the reason to keep. */
function judgeReread(state: State, key: Key, answers: AnswersOf<'sightings'>, judging: Judging): Judged {
  const { tonight, open } = state;
  if (tonight === undefined) return NOTHING;
  const one = open.get(key);
  const generation = generationOf(key);
  const sighting = answers.sightings.get(generation.id);
  const look = lookAt(generation, sighting);
  // Of a user who was sent a DELETE before, this is one more look.
  if (one !== undefined && look !== 'still') return judgeSighting(state, key, answers, judging);
  const settled = (outcome: 'alreadyGone' | 'restored' | 'kept' | 'unread', detail: string): Judged => ({
    lines: [settledRecord(tonight, generation, outcome, detail)],
    notes: [],
  });
  if (look === 'gone') return settled('alreadyGone', 'absent on re-read, before any DELETE of this tool');
  if (look === 'restored') return settled('restored', 'restored since it was read; not purged');
  const user = sighting?.deleted;
  const { fresh, why } = answers;
  if (look === 'unclear' || typeof user !== 'object' || fresh === undefined) {
    return settled(
      'unread',
      `it could not be read again (${sighting?.why ?? why ?? 'no clear answer'}); not purged`,
    );
  }
  const decision = secondDecision(state, key, user, fresh, judging);
  if (decision.verdict === 'purge') {
    const attempt = (one?.attempt ?? 0) + 1;
    const { askedAt: readAt } = answers;
    return {
      lines: [{ kind: 'announced', ...generation, attempt, readAt, snapshot: user.snapshot }],
      notes: [],
    };
  }
  // An earlier DELETE may have an effect yet: the next night looks again.
  if (one !== undefined)
    return { lines: [], notes: [{ kind: 'looked', key, again: undefined, retry: false }] };
  return settled(decision.verdict, decision.detail);
}

function judgeAnswer(state: State, key: Key, { answers }: AnswersOf<'purge'>, { now }: Judging): Judged {
  const { tonight, open } = state;
  const one = open.get(key);
  if (tonight === undefined || one === undefined) return NOTHING;
  const { answer, detail, retryAfterMs } = answers.get(one.id) ?? {
    answer: 'unclear' as const,
    detail: 'no answer for this user',
  };
  const { id, deletedDateTime, attempt } = one;
  const answered: LedgerRecord = {
    kind: 'answered',
    id,
    deletedDateTime,
    attempt,
    answer,
    detail,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
  // A denial is known at once, unless an earlier DELETE may have an effect yet.
  const isKnown = answer === 'denied' && one.earlier === undefined;
  return {
    lines: isKnown ? [answered, settledRecord(tonight, one, 'denied', detail)] : [answered],
    notes: retryAfterMs === undefined ? [] : [{ kind: 'notBefore', until: Date.parse(now) + retryAfterMs }],
  };
}
