/**
 * The simulator: companies live through some weeks each, with the real `runNight` in front of their tenant every
 * night, in process, over ports in memory. One seed decides everything. Then some quiet nights, in which all must
 * come right. The checkers (check*.ts) judge by the tenant's own truth and by what the ports told; they share
 * nothing with the tool but the types.
 *
 * Injected:
 * - the company's life (events.ts, midway.ts): hires, leavers, moves, renames, scope changes and their undoing, re-hires with
 *   the same address, restores, purges by hand, guests, licences, mailboxes, holds, privileged users, paused sync,
 *   forests that come and go; much of it also while a night is under way, to the very users that it is about;
 * - faults at every port (faults.ts): refusals, errors, reads that end midway or leave out users or properties,
 *   sources that read the wrong anchor, lost a forest or were put back, answers that are unclear, throttled or
 *   missing, with effect, without, or with effect up to three minutes later; reads that show a purged user for up
 *   to a minute; appends lost, torn or unacknowledged; leases that another has, or that are lost; halts; telemetry
 *   gone; clocks that are wrong; slow calls;
 * - the end of the process at any call, before, during or after it, and the request to end at any of them; runs a
 *   few minutes after another, days without a run, and a ledger that somebody changed;
 * - two runs that begin at once; a process that stands still at any call for as long as it takes another to live its
 *   own night, and then goes on.
 *
 * Not injected, because nothing in the design could survive it:
 * - a restore and a new deletion, or somebody coming back on-premises, between the re-read and the DELETE: the
 *   DELETE knows no generation, and no service takes both questions at once (a restore alone is injected);
 * - a re-read that shows an object in neither place although it is in one of them;
 * - a source that leaves out a user both when it is read and when it is asked again, unless it is so many that
 *   the memory of the past week or the comparison with Entra ID tells; a hold that Exchange does not tell;
 * - a purge that takes effect more than a few minutes after its DELETE was sent; a clock that jumps during a night;
 *   two runs, minutes apart, whose machines' clocks differ by more than lies between them: the ledger knows nights by
 *   when they began;
 * - telemetry that says it arrived and did not; no run, or no telemetry, for a month: then open intents and what is
 *   owed are out of the ledger's window; the end of the ledger's newest night cut off;
 * - three or more privileged users at a time: their refusals stop a night, as they are meant to;
 * - a process that stands still between its last look at the lease and the DELETE that follows at once: no service
 *   takes both. Nor is the line torn with which a night takes over another, which only a disk can do.
 */
import type { NightReport } from '../../lib/night.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../tenant/clock.ts';
import { DOMAINS, PARTNERS_OU, PEOPLE_OU } from '../tenant/world.ts';
import type { Storage } from './account.ts';
import { checkEnd, dueForPurge } from './checkEnd.ts';
import { purgedSince } from './checkStep.ts';
import { type Company, foundCompany, letPass } from './company.ts';
import type { Coverage } from './coverage.ts';
import { liveOneDay } from './events.ts';
import { FAULTS } from './faults.ts';
import { liveOneNight, putOnTheWire } from './night.ts';
import { AMPLE, delaysOf, inventPolicy, tightLimits } from './policies.ts';
import { tamperAndNotice } from './tamper.ts';
import { keepStaffed, putOrphansRight, untilTwo } from './upkeep.ts';
import { NOT_ON_THE_WIRE, startWire } from './wire.ts';

export interface Life {
  /** Of which company. The same seed lives the same life. */
  readonly seed: string;
  readonly coverage: Coverage;
  readonly muted?: ReadonlySet<string>;
  readonly trace?: (line: string) => void;
  /** Where it is given, the company has real edges, and its ledger is there. */
  readonly storage?: Storage;
}

export interface Lived {
  readonly nights: number;
  /** Empty where all is well. */
  readonly violations: readonly string[];
}

/** Some weeks in any weather, then some quiet nights in which everything must come right. */
export async function liveOneLife({
  seed,
  coverage,
  muted = new Set(),
  trace,
  storage,
}: Life): Promise<Lived> {
  const all = storage === undefined ? muted : new Set([...muted, ...NOT_ON_THE_WIRE]);
  const company = foundCompany({ seed, coverage, muted: all, ...(trace && { trace }) });
  if (storage === undefined) return live(company, company.chance.int('life', 12, 45));
  const wire = await startWire(company, storage);
  try {
    putOnTheWire(company, wire);
    return await live(company, company.chance.int('life', 5, 15));
  } finally {
    await wire.close();
  }
}

async function live(company: Company, stormy: number): Promise<Lived> {
  company.meanwhile = () => liveOneNight(company);
  for (let day = 0; day < stormy && company.violations.length === 0; day++) await liveOneDayAndNight(company);
  if (company.violations.length === 0) await liveQuietly(company);
  return { nights: company.nights, violations: company.violations };
}

async function liveOneDayAndNight(company: Company): Promise<void> {
  const { chance, world, family } = company;
  company.weather = chance.pick('weather', [0, 0, 1, 1, 1, 4]);
  letPass(company, 5 * MINUTE_MS);
  putOrphansRight(company);
  keepStaffed(company);
  liveOneDay(company, untilTwo(company));
  if (
    company.weather > 0 &&
    chance.happens('platform: no night for days', FAULTS['platform: no night for days'])
  ) {
    letPass(company, chance.int('gap', 2, 8) * DAY_MS);
  }
  if (chance.int('export', 0, 9) > 0) company.exports.deliver();
  if (chance.happens('world: another policy', 0.06)) company.policy = inventPolicy(chance, family, world);
  changeLimits(company, 0.25);
  if (chance.happens('ledger: tampered with', FAULTS['ledger: tampered with']))
    await tamperAndNotice(company);
  letPass(company, 5 * MINUTE_MS);
  const twice = chance.happens(
    'platform: two begin at once',
    FAULTS['platform: two begin at once'] * company.weather,
  );
  const [first] = await Promise.all([liveOneNight(company), ...(twice ? [liveOneNight(company)] : [])]);
  let ended = first;
  let again = 0;
  while (again < 3 && company.violations.length === 0 && isRunAgain(company, ended)) {
    again += 1;
    letPass(
      company,
      chance.pick('again', areUnderWay(company) ? [0.1, 0.3, 1] : [1, 1, 2, 3, 10, 40]) * MINUTE_MS,
    );
    // A night that was cut off makes people careful.
    changeLimits(company, wasCut(ended) ? 0.6 : 0.25);
    ended = await liveOneNight(company);
  }
}

/** Limits as tonight may just meet them, or just exceed them, or as nobody meets. */
function changeLimits(company: Company, tight: number): void {
  const { chance, clock } = company;
  if (chance.happens('world: tight limits', tight)) {
    const days = chance.pick('budget', [1, 7, 30]);
    const purged = purgedSince(company, clock.now() - days * DAY_MS);
    setLimits(company, tightLimits(chance, days, purged));
  } else if (chance.happens('world: ample limits', 0.4)) setLimits(company, AMPLE);
}

function setLimits(company: Company, accidentalDeletionPrevention: typeof AMPLE): void {
  company.policy = { ...company.policy, accidentalDeletionPrevention };
}

/** A host starts the job anew at once, more often where DELETEs are under way: that is what matters most. */
function isRunAgain(company: Company, ended: Ended): boolean {
  const { chance, weather } = company;
  if (areUnderWay(company)) return chance.int('while under way', 0, 9) > 0;
  if (wasCut(ended)) return chance.int('after a cut', 0, 1) === 0;
  return chance.happens('platform: run again soon', FAULTS['platform: run again soon'] * weather);
}

type Ended = NightReport | 'crashed';
const wasCut = (ended: Ended) => ended === 'crashed' || ended.status === 'stopped';
const areUnderWay = ({ underWay, clock }: Company) =>
  [...underWay.values()].some((until) => until > clock.now());

/** No faults, no events, and limits that nobody meets. */
async function liveQuietly(company: Company): Promise<void> {
  const { world, chance, family, policy } = company;
  company.weather = 0;
  world.sync.resume();
  world.entra.verify(DOMAINS);
  world.sync.setScope([PEOPLE_OU, PARTNERS_OU]);
  keepStaffed(company);
  letPass(company, 3 * HOUR_MS);
  putOrphansRight(company);
  const { gracePeriodDays, nightsAbsent, protect, onPremises } = policy;
  company.policy = inventPolicy(chance, family, world, {
    mode: 'purge',
    gracePeriodDays,
    nightsAbsent,
    protect,
    onPremises: { ...onPremises, maxShrinkPercent: 100 },
  });
  const due = dueForPurge(company);
  for (
    let night = 0;
    night < delaysOf(company.policy, family).nightsAbsent + 2 && company.violations.length === 0;
    night++
  ) {
    letPass(company, untilTwo(company) - 30 * MINUTE_MS);
    company.exports.deliver();
    letPass(company, 30 * MINUTE_MS);
    await liveOneNight(company);
  }
  if (company.violations.length === 0) checkEnd(company, due);
}
