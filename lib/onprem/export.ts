/**
 * The on-prem user set from files that a scheduled task on-premises writes (infra/onprem): for every domain a
 * manifest, and the file of users that it names. The manifest is written last and each file has a name of its
 * own, so that an export under way never disturbs the one before: either is read whole or not at all.
 */
import { eitherWanted, type Wanted } from '../core/evidence/keys.ts';
import type { Coverage, DomainCoverage, OnPremUser, Recheck, SourceSummary } from '../core/model.ts';
import { codeOf, messageOf, NightRefused } from '../errors.ts';
import type { OnPremSource } from '../ports.ts';
import { ExportUnreadable } from './exportCsv.ts';
import { readUsers } from './exportFile.ts';
import { createExportLookup, type ExportLookupOptions, type FoundExport } from './exportLookup.ts';
import { type ExportManifest, usersIn } from './exportManifest.ts';

export interface ExportSourceOptions extends ExportLookupOptions {
  /** DNS names of every domain with synced users. All are required. */
  readonly domains: readonly string[];
}

/** What one read to the end established. */
interface Reading {
  readonly manifests: readonly ExportManifest[];
  readonly wanted: Wanted;
  /** Who has one of the wanted keys. */
  readonly users: readonly OnPremUser[];
  readonly coverage: Coverage;
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
    wanted: Wanted,
    patience: 'wait' | 'now',
    signal: AbortSignal,
  ): AsyncGenerator<readonly OnPremUser[], SourceSummary, undefined> {
    const manifests: ExportManifest[] = [];
    const users: OnPremUser[] = [];
    const coverage: Record<string, DomainCoverage> = {};
    for (const domain of domains) {
      const found = await lookup.find(domain, patience, signal);
      const pages = readFile(found, options.store.location, signal);
      let page = await pages.next();
      for (; !page.done; page = await pages.next()) {
        users.push(...page.value.filter(wanted.has));
        yield page.value;
      }
      coverage[domain] = page.value;
      manifests.push(found.manifest);
    }
    const [asOf] = manifests.map(({ finished }) => finished).sort();
    if (asOf === undefined) {
      throw new NightRefused(
        'sourceEmpty',
        'No domain is named whose export is to be read. Nobody is purged. Name every domain with synced users.',
      );
    }
    manifests.forEach(lookup.saw);
    last = { manifests, wanted, users, coverage };
    const by = <T>(tell: (manifest: ExportManifest) => T) =>
      Object.fromEntries(manifests.map((one) => [one.domain.toLowerCase(), tell(one)]));
    return {
      kind: 'export',
      total: manifests.reduce((sum, one) => sum + usersIn(one), 0),
      slices: by(usersIn),
      asOf,
      parts: by(({ finished }) => finished),
      coverage,
    };
  }

  /** A reading that knows of all `wanted` and that the manifests, as they are now, still bear out. */
  async function currentReading(wanted: Wanted, signal: AbortSignal): Promise<Reading | undefined> {
    const known = last;
    if (known !== undefined && includes(known.wanted, wanted)) {
      const now: ExportManifest[] = [];
      for (const domain of domains) now.push(await lookup.manifest(domain, signal));
      if (now.every(({ sha256 }, index) => sha256 === known.manifests[index]?.sha256)) return known;
    }
    for await (const _ of readAll(
      known === undefined ? wanted : eitherWanted(known.wanted, wanted),
      'now',
      signal,
    ));
    return last;
  }

  return {
    kind: 'export',
    read: (wanted, signal) => readAll(wanted, 'wait', signal),
    recheck: async (wanted, signal): Promise<Recheck> => {
      const reading = await currentReading(wanted, signal);
      if (reading === undefined) throw new Error('no export was read');
      return { users: reading.users.filter(wanted.has), coverage: reading.coverage };
    },
  };
}

function includes(known: Wanted, { ids, sids }: Wanted): boolean {
  const [knownIds, knownSids] = [new Set(known.ids), new Set(known.sids)];
  return ids.every((id) => knownIds.has(id)) && sids.every((sid) => knownSids.has(sid));
}

/** @throws NightRefused */
async function* readFile(
  { manifest, file }: FoundExport,
  location: string,
  signal: AbortSignal,
): AsyncGenerator<readonly OnPremUser[], DomainCoverage, undefined> {
  try {
    return yield* readUsers(manifest, file, signal);
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
