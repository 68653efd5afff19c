/** The ledger for whoever only reads it. No lease is taken, and nothing is written. */
import { isDenied } from '../azure/storageProblem.ts';
import { at, nightId, type Timestamp } from '../core/ids.ts';
import { messageOf, NightRefused } from '../errors.ts';
import type { LedgerReader, StoredReport } from '../ports.ts';
import { begunAtOf, readLog } from './readLog.ts';
import { type LogStore, logName, logsAmong } from './store.ts';

const REPORT = /^\d{4}\/\d{2}\/\d{2}\/\d{8}T\d{6}Z-([0-9a-f]{32})\.html$/;

export function createLedgerReader(store: LogStore): LedgerReader {
  return {
    location: store.location,
    async *lines(since) {
      try {
        yield* readLog(store, since);
      } catch (error) {
        throw unreadable(store, error);
      }
    },
    async *kept(since) {
      try {
        const begin = await beginOf(store);
        yield* readLog(store, since < begin ? begin : since);
      } catch (error) {
        throw unreadable(store, error);
      }
    },
    async reports() {
      try {
        return (await store.names()).flatMap(reportNamed).sort((a, b) => (a.name < b.name ? -1 : 1));
      } catch (error) {
        throw unreadable(store, error);
      }
    },
    async report(name) {
      try {
        const chunks: Uint8Array[] = [];
        for await (const chunk of store.read(name)) chunks.push(chunk);
        return Buffer.concat(chunks).toString('utf8');
      } catch (error) {
        throw unreadable(store, error);
      }
    },
  };
}

/** Since when to read so that the oldest file that is kept is the first, and none is missed before it. */
async function beginOf(store: LogStore): Promise<Timestamp> {
  const [oldest = 1] = logsAmong(await store.names());
  const begunAt = oldest === 1 ? undefined : await begunAtOf(store, logName(oldest));
  return begunAt === undefined ? at(0) : at(Date.parse(begunAt) + 1);
}

function reportNamed(name: string): readonly StoredReport[] {
  const night = nightId(REPORT.exec(name)?.[1] ?? '');
  return night === undefined ? [] : [{ name, night }];
}

function unreadable(store: LogStore, error: unknown): NightRefused {
  const refusal = causesOf(error).some(isDenied) ? 'accessDenied' : 'ledgerUnusable';
  return new NightRefused(refusal, `The ledger in ${store.location} cannot be read: ${messageOf(error)}.`, {
    cause: error,
  });
}

function causesOf(error: unknown): readonly unknown[] {
  const { cause } = Object(error) as { readonly cause?: unknown };
  return cause === undefined ? [error] : [error, ...causesOf(cause)];
}
