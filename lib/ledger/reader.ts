/** The ledger for whoever only reads it. No lease is taken, and nothing is written. */
import { isDenied } from '../azure/storageProblem.ts';
import { nightId } from '../core/ids.ts';
import { messageOf, NightRefused } from '../errors.ts';
import type { LedgerReader, StoredReport } from '../ports.ts';
import { readLog } from './readLog.ts';
import type { LogStore } from './store.ts';

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
