/** What better sources than Entra ID know, shown where they are asked. */
import type { LedgerRecord, RecordOf } from '../../lib/core/record.ts';
import { type ShownNight, showNight } from './night.ts';
import type { Options } from './options.ts';
import { number, type Screen } from './screen.ts';
import { expect, type Tale } from './tale.ts';

/** Where a better source is asked: a report of what would have happened without it. */
export async function entraAlone(tale: Tale): Promise<void> {
  const { options, screen, stage } = tale;
  if (options.source === 'entra') return;
  screen.section('What Entra ID alone would do', 'report mode, source entra');
  const asked: Options = { ...options, mode: 'report', source: 'entra', exchange: 'off' };
  const { lines } = await showNight(quiet(screen), stage.prepare(asked, 'ledger-entra-alone').settings);
  const records = lines.map(({ record }) => record);
  const planned = records.find((record) => record.kind === 'planned');
  const moved = decisionOn(records, stage.cast.movedUser);
  expect(tale, moved?.verdict === 'purge', 'Entra ID alone should have purged the user who was only moved');
  screen.fact('note', 'would purge', `${number(planned?.counts.purge ?? 0)} users, among them:`);
  screen.fact(
    'bad',
    moved?.displayName ?? '',
    'who was only moved to an OU that is not synced. To Entra ID that looks the same as removed.',
  );
}

export function tellOfTheMoved(tale: Tale, { lines }: ShownNight): void {
  const { options, screen, stage } = tale;
  const moved = decisionOn(
    lines.map(({ record }) => record),
    stage.cast.movedUser,
  );
  if (moved === undefined) return;
  expect(tale, moved.verdict === 'keep', 'the user who was only moved should have been kept');
  const entraText =
    'was only moved to an OU that is not synced. Entra ID cannot tell; the grace period leaves time to notice.';
  screen.fact(
    'note',
    moved.displayName ?? '',
    options.source === 'entra' ? entraText : `kept, ${moved.reason}: ${moved.detail}`,
  );
}

export function tellOfExchangesWord(tale: Tale, { lines }: ShownNight): void {
  const { screen, stage } = tale;
  const records = lines.map(({ record }) => record);
  const [held, internal] = [stage.cast.heldUser, stage.cast.internalPrimary].map((id) =>
    decisionOn(records, id),
  );
  expect(tale, held?.reason === 'onHold', 'the user on hold should have been kept for it');
  expect(
    tale,
    internal?.verdict === 'purge',
    "the internal-primary mail user should have been proven by Exchange's word",
  );
  screen.fact(
    'note',
    held?.displayName ?? '',
    `kept (${held?.facts.onHold?.origin}): Graph cannot show a hold.`,
  );
  screen.fact(
    'note',
    internal?.displayName ?? '',
    `proven: ${internal?.facts.mailUser?.origin}. The primary address is the company's own, so Graph alone cannot tell.`,
  );
}

/** Exchange Online is asked again: what does it still hold of those who were purged? */
export async function nextNight(tale: Tale, { ended }: ShownNight): Promise<void> {
  const { options, screen, stage } = tale;
  const { settings } = stage.prepare(options, 'ledger');
  const { lines } = await showNight(quiet(screen), settings);
  const cures = lines.map(({ record }) => record).filter((record) => record.kind === 'cureSeen');
  const gone = cures.filter(({ state }) => state === 'gone').length;
  const purged = ended?.outcomes.purged ?? 0;
  expect(
    tale,
    gone === purged && purged > 0,
    `Exchange should hold nothing of the ${purged} purged any more`,
  );
  screen.fact(
    'good',
    'the next night',
    `Exchange Online's own word: of ${number(purged)} purged, ${number(gone)} are gone`,
  );
}

const decisionOn = (records: readonly LedgerRecord[], id: string): RecordOf<'decided'> | undefined =>
  records.find((record) => record.kind === 'decided' && record.id === id) as RecordOf<'decided'> | undefined;

/** A screen on which nothing appears. */
const quiet = (screen: Screen): Screen => ({
  ...screen,
  section: () => undefined,
  say: () => undefined,
  fact: () => undefined,
  table: () => undefined,
  wait: () => undefined,
  progress: () => undefined,
  clear: () => undefined,
});
