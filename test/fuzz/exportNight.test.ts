/** Whole nights that rest on a spoilt export: nobody who is on-premises is purged. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at, HOUR_MS } from '../../lib/core/ids.ts';
import { createExportSource } from '../../lib/onprem/export.ts';
import { createFolderExportStore } from '../../lib/onprem/exportStore.ts';
import { type Stage, setStage } from '../night/stage.ts';
import { csvOf } from '../onprem/exportFixture.ts';
import { distinguishedName, immutableIdOf, type OnPremUser } from '../tenant/onPrem.ts';
import { seedPopulation } from '../tenant/population.ts';
import { anyCsvChange, anyEncoding, anyFileSpoil, type Files, filesOf } from './exportSpoils.ts';
import { expectClear, fuzz } from './fuzz.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fuzz-export-night-'));
  mkdirSync(join(folder, 'domain.com'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const policy = {
  onPremises: {
    source: 'export',
    domains: ['domain.com'],
    maxAgeHours: 26,
    maxShrinkPercent: 10,
    maxSliceShrinkUsers: 3,
  },
  accidentalDeletionPrevention: {
    perNight: { users: 100 },
    rollingBudget: { days: 7, users: 300 },
  },
};

const rowOf = (user: OnPremUser): readonly string[] => [
  immutableIdOf(user),
  user.key,
  user.userPrincipalName,
  user.mail ?? '',
  user.proxyAddresses.join(';'),
  user.targetAddress ?? '',
  String(user.msExchRecipientTypeDetails ?? ''),
  distinguishedName(user),
];

type Poison = (csv: string, seal: (csv: string | Buffer) => Files) => Files;
const anyPoison: fc.Arbitrary<Poison> = fc.oneof(
  anyFileSpoil.map(
    ({ apply }): Poison =>
      (csv, seal) =>
        apply(seal(csv)),
  ),
  fc.tuple(anyCsvChange, anyEncoding).map(
    ([{ apply }, encode]): Poison =>
      (csv, seal) =>
        seal(encode(apply(csv))),
  ),
);

function write({ gzip, manifest }: Files): void {
  writeFileSync(join(folder, 'domain.com', 'users-1.csv.gz'), gzip);
  writeFileSync(join(folder, 'domain.com', 'manifest.json'), manifest);
}

/** The world's own directory as an export of two hours ago. */
function exported({ world, clock }: Stage): {
  readonly csv: string;
  readonly seal: (csv: string | Buffer) => Files;
} {
  const rows = [...world.onPrem.users()].map(rowOf);
  const hoursAgo = (hours: number) => at(Date.parse(clock.now()) - hours * HOUR_MS);
  const manifest = { domain: 'domain.com', started: hoursAgo(3), finished: hoursAgo(2) };
  return { csv: csvOf(rows), seal: (csv) => filesOf(csv, rows.length, manifest) };
}

const onStage = (seed: number) =>
  setStage({
    furnish: (world) => {
      seedPopulation(world, { users: 40, deleted: 30, seed });
    },
  });

/** With the export of `folder` beside Entra ID. */
function night(stage: Stage) {
  const source = createExportSource({
    store: createFolderExportStore(folder),
    domains: ['domain.com'],
    maxAgeHours: 26,
    clock: stage.clock,
  });
  return stage.night(policy, { sources: [...stage.ports.sources, source] });
}

test('on an export that is not spoilt, whoever is gone is purged', async () => {
  const stage = await onStage(1);
  try {
    const { csv, seal } = exported(stage);
    write(seal(csv));
    const { report, violations, missed } = await night(stage);
    expect({ violations, missed }).toEqual({ violations: [], missed: [] });
    expect(report.outcomes.purged).toBeGreaterThan(5);
  } finally {
    await stage.close();
  }
});

fuzz('a night on a spoilt export purges nobody who is on-premises', {
  runs: 6,
  of: fc.tuple(anyPoison, fc.constantFrom('at first', 'meanwhile'), fc.nat({ max: 1_000 })),
  run: async ([poison, when, seed]) => {
    const stage = await onStage(seed);
    try {
      const { csv, seal } = exported(stage);
      const spoil = () => write(poison(csv, seal));
      write(seal(csv));
      if (when === 'at first') spoil();
      else
        stage.servers.faults.add({ match: /^GET \/users\/[0-9a-f]/, kind: 'none', after: 3, before: spoil });
      const { report, violations } = await night(stage);
      expect(violations).toEqual([]);
      for (const text of [report.detail, ...report.warnings]) expectClear(text);
      return when === 'at first' ? report.status : 'spoilt meanwhile';
    } finally {
      await stage.close();
    }
  },
  atLeast: { refused: 10, 'spoilt meanwhile': 10 },
});
