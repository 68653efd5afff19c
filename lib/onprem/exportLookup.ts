/** Finds a domain's export: a manifest that is in order, and the file it names. */
import { messageOf, NightRefused } from '../errors.ts';
import type { Clock } from '../ports.ts';
import {
  DEFAULT_SOURCE_ANCHOR,
  type ExportManifest,
  type Flaw,
  parseManifest,
  type SeenExport,
} from './exportManifest.ts';
import type { ExportStore, StoredFile } from './exportStore.ts';

export interface ExportLookupOptions {
  readonly store: ExportStore;
  readonly clock: Clock;
  /** Counted from when the export began, since nothing in it is newer than that for sure. */
  readonly maxAgeHours: number;
  /** The attribute that Entra Connect makes immutable ids from; {@link DEFAULT_SOURCE_ANCHOR} by default. */
  readonly sourceAnchor?: string;
  /** By domain: what an earlier night read. An export older than that is refused. */
  readonly lastSeen?: Readonly<Record<string, SeenExport>>;
  /** How long a missing, stale or incomplete export is waited for, since one may be under way. 5 by default. */
  readonly waitMinutes?: number;
}

export interface FoundExport {
  readonly manifest: ExportManifest;
  readonly file: StoredFile;
}

export interface ExportLookup {
  /** Whether the domain's manifest is in order now. Does not wait. @throws NightRefused */
  manifest(domain: string, signal: AbortSignal): Promise<ExportManifest>;
  /** The domain's export, to be read at once. Waits for one under way where told to. @throws NightRefused */
  find(domain: string, patience: 'wait' | 'now', signal: AbortSignal): Promise<FoundExport>;
  /** From now on, an older export than this is refused. */
  saw(manifest: ExportManifest): void;
}

const POLL_MS = 30_000;
const MAX_MANIFEST_BYTES = 65_536;

export function createExportLookup(options: ExportLookupOptions): ExportLookup {
  const { store, clock, maxAgeHours, sourceAnchor = DEFAULT_SOURCE_ANCHOR, waitMinutes = 5 } = options;
  const seen = new Map<string, SeenExport>();
  for (const [domain, one] of Object.entries(options.lastSeen ?? {})) seen.set(domain.toLowerCase(), one);

  async function look(domain: string, signal: AbortSignal): Promise<ExportManifest | Flaw> {
    const stored = await store.open(manifestPath(domain), signal);
    if (stored === undefined)
      return { refusal: 'sourceIncomplete', detail: 'has no manifest', mayPass: true };
    const text = await textOf(stored);
    if (typeof text !== 'string') return text;
    const now = clock.now();
    return parseManifest(text, { domain, sourceAnchor, maxAgeHours, now, lastSeen: seen.get(domain) });
  }

  async function lookForFile(domain: string, signal: AbortSignal): Promise<FoundExport | Flaw> {
    const manifest = await look(domain, signal);
    if ('refusal' in manifest) return manifest;
    const file = await store.open(`${domain}/${manifest.file}`, signal);
    return file === undefined
      ? {
          refusal: 'sourceIncomplete',
          detail: `has a manifest that names ${manifest.file}, which is not there`,
          mayPass: true,
        }
      : { manifest, file };
  }

  function refused(domain: string, { refusal, detail }: Flaw): NightRefused {
    return new NightRefused(
      refusal,
      `The export of ${domain} (${store.location}/${manifestPath(domain)}) ${detail}. Nobody is purged, since who is still on-premises is not known. Look at the last run of Export-OnPremUsers.ps1 for ${domain}.`,
    );
  }

  return {
    manifest: async (domain, signal) => {
      const found = await look(domain, signal);
      if ('refusal' in found) throw refused(domain, found);
      return found;
    },
    find: async (domain, patience, signal) => {
      let waitedMs = 0;
      for (;;) {
        const found = await lookForFile(domain, signal);
        if (!('refusal' in found)) return found;
        const hopeless = !found.mayPass || patience === 'now' || waitedMs >= waitMinutes * 60_000;
        if (hopeless || signal.aborted) throw refused(domain, found);
        await clock.sleep(POLL_MS, signal);
        waitedMs += POLL_MS;
      }
    },
    saw: (manifest) => seen.set(manifest.domain.toLowerCase(), manifest),
  };
}

const manifestPath = (domain: string) => `${domain}/manifest.json`;

async function textOf({ content }: StoredFile): Promise<string | Flaw> {
  const flaw = (what: string, mayPass: boolean): Flaw => ({
    refusal: 'sourceIncomplete',
    detail: `has a manifest that ${what}`,
    mayPass,
  });
  try {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of content) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_MANIFEST_BYTES) return flaw(`has more than ${MAX_MANIFEST_BYTES} bytes`, false);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    return flaw(`could not be read (${messageOf(error)})`, true);
  }
}
