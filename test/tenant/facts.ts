/** What a night says it did, as plain data. */
export interface NightFacts {
  /** Written down before the DELETE was sent. `at` in ms since 1970, where it is known. */
  readonly announced: readonly { id: string; deletedDateTime: string; at?: number }[];
  /** Claimed to be purged and verified. */
  readonly purged: readonly { id: string; deletedDateTime?: string }[];
}

/**
 * The facts in a ledger's lines, whatever else they hold. It reads the words that the ledger promises
 * (`announced`; `settled` with the outcome `purged`) and shares no code with who wrote them.
 */
export function factsOfLedger(lines: readonly unknown[]): NightFacts {
  const announced: { id: string; deletedDateTime: string; at?: number }[] = [];
  const purged: { id: string; deletedDateTime: string }[] = [];
  for (const line of lines) {
    const record = field(line, 'record');
    const generation = {
      id: text(field(record, 'id')).toLowerCase(),
      deletedDateTime: text(field(record, 'deletedDateTime')),
    };
    const kind = field(record, 'kind');
    if (kind === 'announced') announced.push({ ...generation, at: Date.parse(text(field(line, 'at'))) });
    if (kind === 'settled' && field(record, 'outcome') === 'purged') purged.push(generation);
  }
  return { announced, purged };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');
