/** Deliberate bugs in what is recorded, and in what later nights make of it. */
import type { Bug } from './bugsDeciding.ts';

export const BUGS_IN_RECORDING: readonly Bug[] = [
  {
    name: 'a ledger that fails is no matter',
    file: 'lib/night.ts',
    edits: [
      [
        'await ledger.append(ports.clock.now(), records);',
        'await ledger.append(ports.clock.now(), records).catch(() => []);',
      ],
    ],
  },
  {
    name: 'a DELETE is sent before its announcement is durable',
    file: 'lib/night.ts',
    edits: [
      [
        '    const lines = await ledger.append(ports.clock.now(), records);\n',
        `    const now = ports.clock.now();
    const early = records.filter(({ kind }) => kind === 'announced');
    for (const one of early) apply(state, { night: options.id, seq: 0, at: now, prev: '', record: one }, options.pace);
    const lines = (await ledger.append(now, records)).filter(({ record: { kind } }) => kind !== 'announced');
`,
      ],
      ['      await night.record(lines);\n', '      void night.record(lines).catch(() => {});\n'],
    ],
  },
  {
    name: 'the snapshot is the id alone',
    file: 'lib/core/judge.ts',
    edits: [['snapshot: user.snapshot }', 'snapshot: { id: user.id } }']],
  },
  {
    name: 'the ledger is read back for two days',
    file: 'lib/night.ts',
    edits: [['const days = Math.max(HISTORY_DAYS,', 'const days = Math.min(2,']],
  },
  {
    name: 'open DELETEs of earlier nights are not looked at',
    file: 'lib/core/looks.ts',
    edits: [
      ['if (one.night !== night) return 0;', 'if (one.night !== night) return undefined;'],
      ['return looked === undefined || looked.again', 'return looked?.again'],
    ],
  },
  {
    name: 'earlier nights are settled before their purges show',
    file: 'lib/core/looks.ts',
    edits: [
      [
        'return Math.max(earlier, Date.parse(one.announcedAt) + pace.unansweredMs);',
        'return Math.max(earlier, Date.parse(one.announcedAt));',
      ],
    ],
  },
  {
    name: 'nobody looks whether a purge cured anything',
    file: 'lib/core/purging.ts',
    edits: [["  if (outcome === 'purged') {\n", "  if (outcome === 'alreadyGone') {\n"]],
  },
  {
    name: 'telemetry is said to have arrived',
    file: 'lib/nightAfter.ts',
    edits: [
      [
        "night.record([{ kind: 'telemetrySent', of: id, ...tonight }]);\n  if (!tonight.delivered) return;",
        "night.record([{ kind: 'telemetrySent', of: id, ...tonight, delivered: true }]);\n  if (!tonight.delivered) return;",
      ],
    ],
  },
  {
    name: 'telemetry is not sent again',
    file: 'lib/nightAfter.ts',
    edits: [['of state.telemetryOwed)', 'of [...state.telemetryOwed].slice(0, 0))']],
  },
  {
    name: 'telemetry hears before the ledger has it',
    file: 'lib/night.ts',
    edits: [
      [
        '    const lines = await ledger.append(ports.clock.now(), records);\n',
        `    const now = ports.clock.now();
    const [record] = records;
    if (record !== undefined) ports.telemetry.record([{ night: options.id, seq: 9_000, at: now, prev: '', record }]);
    const lines = await ledger.append(now, records);
`,
      ],
    ],
  },
  {
    name: 'a ledger that cannot be read again undoes the night',
    file: 'lib/nightAfter.ts',
    edits: [
      [
        '    return { events: 0, delivered: false, detail: `could not be read again',
        '    if (owed !== undefined) throw error;\n    return { events: 0, delivered: false, detail: `could not be read again',
      ],
    ],
  },
  {
    name: 'a lost lease is no matter',
    file: 'lib/perform.ts',
    edits: [['await ledger.stillOurs();', 'await ledger.stillOurs().catch(() => undefined);']],
  },
];
