/** Every decision of a night as a table; where there are too many for that, by reason and with examples. */

import type { RecordOf } from '../../lib/core/record.ts';
import { KEEP_REASONS, type KeepReason } from '../../lib/core/vocabulary.ts';
import { type Cell, number, type Screen } from './screen.ts';

type Decided = RecordOf<'decided'>;

/** More users than this are not told one by one. */
const MOST_ROWS = 60;
const EXAMPLES = 2;

export function showDecisions(screen: Screen, decisions: readonly Decided[]): void {
  const sorted = decisions.toSorted((one, other) => rankOf(one) - rankOf(other));
  if (decisions.length <= MOST_ROWS) {
    screen.table(
      [{ title: 'Deleted user' }, { title: 'Verdict' }, { title: 'Because' }],
      sorted.map((one) => [{ text: one.displayName ?? one.id }, verdict(one), why(one)]),
    );
    return;
  }
  const groups = Map.groupBy(sorted, (one) => one.reason ?? 'purge');
  screen.table(
    [
      { title: 'Verdict' },
      { title: 'Users', align: 'right' },
      { title: 'For example' },
      { title: 'Because' },
    ],
    [...groups.values()].flatMap((group) =>
      group.slice(0, EXAMPLES).map((one, index) => {
        const count = index === 0 ? number(group.length) : '';
        return [
          index === 0 ? verdict(one) : { text: '' },
          { text: count },
          { text: one.displayName ?? one.id },
          why(one),
        ];
      }),
    ),
  );
}

/** Purges first, then the reasons to keep in the order in which they are looked for. */
const rankOf = ({ reason }: Decided) => (reason === undefined ? -1 : KEEP_REASONS.indexOf(reason));

function verdict({ reason }: Decided): Cell {
  return reason === undefined
    ? { text: 'purge', style: ['bold', 'red'] }
    : { text: `keep: ${reason}`, style: SURE.has(reason) ? 'green' : 'yellow' };
}

/** Kept because of something known; the others for something unknown, or not yet. */
const SURE: ReadonlySet<KeepReason> = new Set([
  'protectedBy',
  'notOnPremisesSynced',
  'stillOnPremises',
  'reappeared',
  'notAMailUser',
  'onHold',
  'highVolumeEmail',
  'hadMailbox',
  'licensed',
]);

/** The grounds of a purge are many; in a table the one that proves a mail user stands for them. */
const why = ({ reason, detail, facts, mail }: Decided): Cell => ({
  text: reason === undefined ? `${mail}: ${facts.mailUser?.origin}` : detail,
  style: 'dim',
});
