/** A ledger whose lines of tonight stay in this process, behind those that another ledger has. Nobody else sees them. */
import type { LedgerLine } from '../core/record.ts';
import type { Ledger, LedgerReader } from '../ports.ts';
import { linkRecords, NOTHING_BEFORE, type Tail } from './chain.ts';

export interface MemoryLedger {
  readonly ledger: Ledger;
  /** The night's page, once it was left. */
  html(): string | undefined;
}

/** `onLine` hears of every line, of earlier nights and of tonight, in order. */
export function createMemoryLedger(
  past: LedgerReader | undefined,
  onLine: (line: LedgerLine) => void,
): MemoryLedger {
  let html: string | undefined;
  const location = 'this process alone';
  const ledger: Ledger = {
    location,
    async open(night, clock) {
      let tail: Tail = { seq: 0, prev: NOTHING_BEFORE };
      return {
        location,
        startedAt: clock.now(),
        async *lines(since) {
          if (past === undefined) return;
          for await (const line of past.lines(since)) {
            onLine(line);
            yield line;
          }
        },
        async append(at, records) {
          const linked = linkRecords(night, tail, at, records);
          tail = linked.tail;
          for (const line of linked.lines) onLine(line);
          return linked.lines;
        },
        stillOurs: async () => undefined,
        async attach(page) {
          html = page;
          return location;
        },
        release: async () => undefined,
      };
    },
  };
  return { ledger, html: () => html };
}
