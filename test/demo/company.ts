/** The embedded tenant as a process: a company with its past, and the servers in front of it. */
import { offsetClock } from '../tenant/clock.ts';
import { startExchangeAdmin } from '../tenant/exchangeAdmin.ts';
import { directoryOf } from '../tenant/exchangeCmdlets.ts';
import { type PopulationOptions, seedPopulation } from '../tenant/population.ts';
import { serve } from '../tenant/process.ts';
import { createCertificates } from '../tenant/tls.ts';
import { createWorld } from '../tenant/world.ts';
import { answersOf, REMOVAL_MS } from './answers.ts';
import { type CastOptions, castSteps, kindsFor } from './cast.ts';
import { answerQuestions } from './channel.ts';

/** The program's one argument, as JSON. */
export interface CompanyOptions extends CastOptions {
  /** Live users. */
  readonly users: number;
  /** Deleted users, apart from those whom the story names. */
  readonly deleted: number;
  /** Milliseconds before every answer of Graph. */
  readonly latency: number;
  readonly kinds?: PopulationOptions['kinds'];
}

async function open(options: CompanyOptions): Promise<void> {
  const clock = offsetClock();
  const world = createWorld({ clock, removalLagMs: REMOVAL_MS });
  const { steps, cast } = castSteps(world, options);
  const { users, deleted } = options;
  seedPopulation(world, { users, deleted, steps, kinds: { ...kindsFor(options), ...options.kinds } });
  const certificates = await createCertificates();
  const exchange = await startExchangeAdmin({
    certificates,
    directory: directoryOf(world.exchange),
    tenantId: world.tenantId,
    now: () => clock.now(),
  });
  const { servers, ingestion } = await serve({
    directory: world.entra,
    certificates,
    latency: options.latency,
  });
  answerQuestions(answersOf({ world, cast, servers, ingestion, exchangeRoot: exchange.root }));
}

await open(JSON.parse(process.argv[2] ?? '') as CompanyOptions);
