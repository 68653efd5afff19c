/** One run of the real night on the simulated company, and the run that meets a tampered ledger. */
import { at, nightId } from '../../lib/core/ids.ts';
import { type NightReport, runNight } from '../../lib/night.ts';
import type { Clock, Ports } from '../../lib/ports.ts';
import { checkNight } from './checkNight.ts';
import { type Company, letPass, violate } from './company.ts';
import { entraPort } from './entraPort.ts';
import { exchangePort } from './exchangePort.ts';
import { haltPort } from './haltPort.ts';
import { ledgerPort } from './ledgerPort.ts';
import { type Runner, startRunner } from './runner.ts';
import { sourcePorts } from './sourcePorts.ts';
import { telemetryPort } from './telemetryPort.ts';
import { nothingTold, type Told } from './told.ts';
import type { Wire } from './wire.ts';

/** Companies with real edges. */
const wires = new WeakMap<Company, Wire>();
export const putOnTheWire = (company: Company, wire: Wire) => wires.set(company, wire);

/**
 * Runs one night; `crashed` where the process died on the way. Two runners at once are two of these calls at a
 * time: every one has ports, notes and a fate of its own, and what they share is the company.
 */
export async function liveOneNight(company: Company): Promise<NightReport | 'crashed'> {
  company.nights += 1;
  const { chance, policy, tonight, coverage } = company;
  const id = nightId(
    `${company.nights.toString(16).padStart(8, '0')}${hex(chance.stream('night id').bits())}`,
  );
  if (id === undefined) throw new Error('no night id');
  const told = nothingTold(id, policy, company.nights);
  const runner = startRunner(company, told);
  tonight.set(id, told);
  company.trace?.(`night ${company.nights} ${id} at ${new Date(company.clock.now()).toISOString()}`);
  const ended = await Promise.race([endOf(runner, told), runner.crashed]);
  tonight.delete(id);
  company.past.add(id);
  if (ended === 'crashed') coverage.hit('night', 'crashed');
  else checkNight(company, told, ended);
  company.trace?.(`night ended: ${ended === 'crashed' ? ended : `${ended.status}: ${ended.detail}`}`);
  return ended;
}

async function endOf(runner: Runner, told: Told): Promise<NightReport> {
  const { company, signal } = runner;
  try {
    return await runNight(portsOf(runner), told.policy, { id: told.night, signal });
  } catch (error) {
    violate(company, `the night threw ${error instanceof Error ? error.stack : String(error)}`);
    throw error;
  }
}

function portsOf(runner: Runner): Ports {
  const { company, skewMs, point } = runner;
  const { world, family } = company;
  const clock: Clock = {
    now: () => at(world.clock.now() + skewMs),
    async sleep(milliseconds, signal) {
      await point('clock.sleep', 'before');
      if (!signal.aborted) letPass(company, milliseconds);
      await point('clock.sleep', 'after');
    },
  };
  const ports: Ports = {
    clock,
    halt: haltPort(runner),
    entra: entraPort(runner),
    sources: sourcePorts(runner),
    ledger: ledgerPort(runner),
    telemetry: telemetryPort(runner),
  };
  const memory = family.exchange === 'off' ? ports : { ...ports, exchange: exchangePort(runner) };
  return wires.get(company)?.ports(runner, clock, memory) ?? memory;
}

/** 24 hexadecimal digits. */
const hex = (bits: number) => bits.toString(16).padStart(8, '0').repeat(3);
