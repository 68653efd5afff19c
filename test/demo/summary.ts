/** The last page: what it came to, what it cost, and where the record is. */
import { at } from '../../lib/core/ids.ts';
import { fileStore } from '../../lib/ledger/file.ts';
import { readLog } from '../../lib/ledger/readLog.ts';
import { ledgerFiles } from '../host/followLedger.ts';
import { factsOfLedger } from '../tenant/facts.ts';
import type { ShownNight } from './night.ts';
import { number } from './screen.ts';
import { expect, type Tale } from './tale.ts';

export async function showSummary(tale: Tale, night: ShownNight): Promise<void> {
  const { screen, stage, options } = tale;
  const { policy, settings } = stage.prepare(options, 'ledger');
  screen.section('Summary');
  const { counts, outcomes = {}, measurements } = night.ended ?? {};
  const purged =
    options.mode === 'report'
      ? `${number(counts?.purge ?? 0)} would be purged`
      : `${number(outcomes.purged ?? 0)} purged`;
  const kept = `${number(counts?.keep ?? 0)} kept on purpose`;
  screen.fact('note', 'deleted users', `${number(counts?.deletedUsers ?? 0)}: ${purged}, ${kept}`);
  if (measurements !== undefined) {
    const { durationMs, graphCalls, resourceUnits, throttled, retries } = measurements;
    screen.fact(
      'note',
      'the night took',
      `${(durationMs / 1000).toFixed(1)} s, ${number(graphCalls)} requests to Graph for ${number(resourceUnits)} resource units, ${number(throttled)} throttled, ${number(retries)} retried`,
    );
  }
  await showTelemetry(tale);
  await check(tale, night, policy.accidentalDeletionPrevention.perNight.users, policy.gracePeriodDays);
  const report = /^The report of this night: (.+)$/m.exec(night.end.stdout)?.[1];
  if (report !== undefined) screen.fact('good', 'report', report);
  await showLedger(tale, settings.LEDGER_DIRECTORY, settings['POLICY_FILE'] ?? '');
}

async function showTelemetry(tale: Tale): Promise<void> {
  const { EventData: events = 0, RemoteDependencyData: dependencies = 0 } = await tale.stage.ask('received');
  expect(tale, events > 0, 'telemetry should have arrived');
  tale.screen.fact(
    'note',
    'telemetry',
    `Application Insights received ${number(events)} events and ${number(dependencies)} dependencies`,
  );
}

/** The tenant knows the truth about everybody; did the night do right? */
async function check(
  tale: Tale,
  { lines, ended }: ShownNight,
  maxPurges: number,
  graceDays: number,
): Promise<void> {
  const { screen, stage, options } = tale;
  const exchange = options.exchange === 'required';
  const { violations, unknowable, missed } = await stage.ask('check', factsOfLedger(lines), {
    graceDays,
    maxPurges,
    sourceKnowsOnPrem: options.source !== 'entra',
    mailUserProof: exchange ? 'exchange' : 'graph',
    holdsKnown: exchange,
  });
  for (const violation of violations) expect(tale, false, violation);
  for (const sorry of unknowable) screen.fact('bad', 'could not know', sorry);
  if (options.mode === 'report') {
    expect(tale, Object.keys(ended?.outcomes ?? {}).length === 0, 'a report should purge nobody');
    return;
  }
  for (const one of missed) expect(tale, false, one);
  if (violations.length + missed.length + unknowable.length > 0) return;
  screen.fact(
    'good',
    'checked',
    "against the tenant's own truth: nobody was purged who should not have been, and nobody left whom the policy allows",
  );
}

/** @throws Error where the chain of its lines is broken */
async function showLedger({ screen }: Tale, directory: string, policyFile: string): Promise<void> {
  let lines = 0;
  for await (const _ of readLog(fileStore(directory), at(0))) lines += 1;
  const files = ledgerFiles(directory);
  screen.fact('good', 'ledger', `${number(lines)} lines, each holding the hash of the one before`);
  for (const file of files) screen.fact('note', 'its file', file);
  screen.fact('note', 'policy', policyFile);
}
