/**
 * The on-prem user set from files that a scheduled task on-premises writes (infra/onprem): for every domain a
 * manifest, and the file of users that it names. The manifest is written last and each file has a name of its
 * own, so that an export under way never disturbs the one before: either is read whole or not at all.
 */
import type { ImmutableId } from '../core/ids.ts';
import type { OnPremUser, Presence, SourceSummary } from '../core/model.ts';
import { codeOf, messageOf, NightRefused } from '../errors.ts';
import type { OnPremSource } from '../ports.ts';
import { canHaveMade, otherIdsOf } from './exportAnchor.ts';
import { ExportUnreadable } from './exportCsv.ts';
import { readUsers, type Slices } from './exportFile.ts';
import { createExportLookup, type ExportLookupOptions, type FoundExport } from './exportLookup.ts';
import type { ExportManifest } from './exportManifest.ts';

export interface ExportSourceOptions extends ExportLookupOptions {
  /** DNS names of every domain with synced users. All are required: who is in none of them is absent. */
  readonly domains: readonly string[];
}

/** What one read to the end established. */
interface Reading {
  readonly manifests: readonly ExportManifest[];
  readonly asked: ReadonlySet<ImmutableId>;
  /** Those of them that were found, and where. */
  readonly present: ReadonlyMap<ImmutableId, string>;
}

/**
 * Pages are yielded as they are read, before hash and count are known: they prove somebody's absence only once
 * the summary is returned. When `read` throws, forget them.
 */
export function createExportSource(options: ExportSourceOptions): OnPremSource {
  const lookup = createExportLookup(options);
  const domains = [...new Set(options.domains.map((domain) => domain.toLowerCase()))];
  let last: Reading | undefined;

  async function* readAll(
    asked: ReadonlySet<ImmutableId>,
    patience: 'wait' | 'now',
    signal: AbortSignal,
  ): AsyncGenerator<readonly OnPremUser[], SourceSummary, undefined> {
    const manifests: ExportManifest[] = [];
    const present = new Map<ImmutableId, string>();
    let slices: Slices = {};
    for (const domain of domains) {
      const found = await lookup.find(domain, patience, signal);
      const { manifest } = found;
      const pages = readFile(found, asked, options.store.location, signal);
      let page = await pages.next();
      for (; !page.done; page = await pages.next()) {
        for (const { immutableId } of page.value) {
          if (immutableId !== undefined && asked.has(immutableId)) present.set(immutableId, nameOf(manifest));
        }
        yield page.value;
      }
      slices = { ...slices, ...page.value };
      manifests.push(manifest);
    }
    const [asOf] = manifests.map(({ finished }) => finished).sort();
    if (asOf === undefined) {
      throw new NightRefused(
        'sourceEmpty',
        'No domain is named whose export is to be read. Nobody is purged. Name every domain with synced users.',
      );
    }
    manifests.forEach(lookup.saw);
    last = { manifests, asked, present };
    const total = manifests.reduce((sum, { rows }) => sum + rows, 0);
    const parts = Object.fromEntries(
      manifests.map(({ domain, finished }) => [domain.toLowerCase(), finished]),
    );
    return { kind: 'export', total, slices, asOf, parts };
  }

  /** A reading that knows of all `wanted` and that the manifests, as they are now, still bear out. */
  async function currentReading(
    wanted: readonly ImmutableId[],
    signal: AbortSignal,
  ): Promise<Reading | undefined> {
    const known = last;
    if (known !== undefined && wanted.every((id) => known.asked.has(id))) {
      const now: ExportManifest[] = [];
      for (const domain of domains) now.push(await lookup.manifest(domain, signal));
      if (now.every(({ sha256 }, index) => sha256 === known.manifests[index]?.sha256)) return known;
    }
    for await (const _ of readAll(new Set([...(known?.asked ?? []), ...wanted]), 'now', signal));
    return last;
  }

  return {
    kind: 'export',
    read: (wanted, signal) => readAll(new Set(wanted), 'wait', signal),
    recheck: async (wanted, signal) => {
      try {
        const reading = await currentReading(wanted, signal);
        return new Map(wanted.map((id) => [id, presenceOf(id, reading)]));
      } catch (error) {
        const unknown: Presence = { state: 'unknown', origin: messageOf(error) };
        return new Map(wanted.map((id) => [id, unknown]));
      }
    },
  };
}

function presenceOf(id: ImmutableId, reading: Reading | undefined): Presence {
  if (reading?.asked.has(id) !== true) return { state: 'unknown', origin: 'no export was read' };
  const where = reading.present.get(id);
  if (where === undefined && !reading.manifests.some(({ sourceAnchor }) => canHaveMade(id, sourceAnchor))) {
    return { state: 'unknown', origin: 'no export makes such an immutable id of its source anchor' };
  }
  return where === undefined
    ? { state: 'absent', origin: `not in ${reading.manifests.map(nameOf).join(', nor in ')}` }
    : { state: 'present', origin: `in ${where}` };
}

const nameOf = ({ domain, finished }: ExportManifest) => `the export of ${domain}, finished ${finished}`;

/** @throws NightRefused */
async function* readFile(
  { manifest, file }: FoundExport,
  asked: ReadonlySet<ImmutableId>,
  location: string,
  signal: AbortSignal,
): AsyncGenerator<readonly OnPremUser[], Slices, undefined> {
  try {
    return yield* readUsers(manifest, file, otherIdsOf(asked, manifest.sourceAnchor), signal);
  } catch (error) {
    const { domain, file: name } = manifest;
    throw new NightRefused(
      'sourceIncomplete',
      `The export of ${domain} (${location}/${domain.toLowerCase()}/${name}) ${whatIsWrong(error, signal)}. Nobody is purged, since who is still on-premises is not known. Run Export-OnPremUsers.ps1 for ${domain} again.`,
      { cause: error },
    );
  }
}

function whatIsWrong(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'was not read to its end, since the night was stopped';
  if (error instanceof ExportUnreadable) return error.message;
  const code = codeOf(error);
  if (code.startsWith('Z_')) return `is not one whole gzip file (${messageOf(error)})`;
  if (code.startsWith('CSV_')) return `is not the CSV it should be (${messageOf(error)})`;
  return `could not be read to its end (${messageOf(error)})`;
}
