/** Deliberate bugs in purging and verifying. */
import type { Bug } from './bugsDeciding.ts';

export const BUGS_IN_PURGING: readonly Bug[] = [
  {
    name: 'report mode purges',
    file: 'lib/night.ts',
    edits: [
      ["  if (policy.mode === 'report') {", "  if (policy.mode !== 'report' && purgesNobody) {"],
      ['const HISTORY_DAYS = 31;', 'const HISTORY_DAYS = 31;\nconst purgesNobody = false;'],
    ],
  },
  {
    name: 'the sources are not asked again',
    file: 'lib/night/step.ts',
    edits: [
      [
        'const presence = combinePresence(',
        "const presence: Presence = { state: 'absent', origin: '' };\n  combinePresence(",
      ],
    ],
  },
  {
    name: 'a recheck that says nothing is taken for absent',
    file: 'lib/core/presence.ts',
    edits: [
      [
        "answers.find((answer) => answer.state === 'unknown')",
        'answers.find((answer) => answer.origin === undefined)',
      ],
    ],
  },
  {
    name: 'not seen again before the purge',
    file: 'lib/night/step.ts',
    edits: [
      [
        '  const { purge, attempt } = task;\n',
        '  const { purge, attempt } = task;\n  if (attempt > 0) return { task, user: purge.decision.user };\n',
      ],
    ],
  },
  {
    name: 'tried again without being seen again',
    file: 'lib/night/step.ts',
    edits: [
      [
        '  const { purge, attempt } = task;\n',
        '  const { purge, attempt } = task;\n  if (attempt > 1) return { task, user: purge.decision.user };\n',
      ],
    ],
  },
  {
    name: 'restored and deleted anew is the same deletion',
    file: 'lib/core/outcome.ts',
    edits: [
      [
        "=== generation.deletedDateTime ? 'still' : 'restored'",
        "=== generation.deletedDateTime ? 'still' : 'still'",
      ],
    ],
  },
  {
    name: 'the intent is written after the DELETE',
    file: 'lib/night/step.ts',
    edits: [
      ['  await record(night, confirmed.map(intendedRecord));\n', ''],
      [
        '  await record(night, answered.map(answeredRecord));',
        '  await record(night, [...confirmed.map(intendedRecord), ...answered.map(answeredRecord)]);',
      ],
    ],
  },
  {
    name: 'the intent is written while the DELETE is sent',
    file: 'lib/night/step.ts',
    edits: [
      [
        '  await record(night, confirmed.map(intendedRecord));',
        '  void record(night, confirmed.map(intendedRecord)).catch(() => {});',
      ],
    ],
  },
  {
    name: 'only the first of a step is announced',
    file: 'lib/night/step.ts',
    edits: [['confirmed.map(intendedRecord)', 'confirmed.slice(0, 1).map(intendedRecord)']],
  },
  {
    name: '204 is proof enough',
    file: 'lib/night/prove.ts',
    edits: [
      [
        "    case 'still':\n",
        "    case 'still':\n      if (one.answer === 'accepted') return settledRecord(run, task, 'purged', 'accepted');\n",
      ],
    ],
  },
  {
    name: '404 is proof enough',
    file: 'lib/night/prove.ts',
    edits: [
      [
        "    case 'still':\n",
        "    case 'still':\n      if (one.answer === 'notFound') return settledRecord(run, task, 'purged', 'not found');\n",
      ],
    ],
  },
  {
    name: 'unclear is gone',
    file: 'lib/core/outcome.ts',
    edits: [
      ["live === 'absent' ? 'gone' : 'unclear'", "live === 'absent' ? 'gone' : 'gone'"],
      ["if (deleted === 'unclear') return 'unclear';", "if (deleted === 'unclear') return 'gone';"],
    ],
  },
  {
    name: 'the first step is for many',
    file: 'lib/core/outcome.ts',
    edits: [['readonly number[] = [1, 5]', 'readonly number[] = []']],
  },
  {
    name: 'the first step is not waited for',
    file: 'lib/core/outcome.ts',
    edits: [['waitForProof: first !== undefined', 'waitForProof: false']],
  },
  {
    name: 'a first purge that fails stops nothing',
    file: 'lib/core/outcome.ts',
    edits: [['if (steps === 1 && failed > 0)', 'if (steps === 0 && failed > 0)']],
  },
  {
    name: 'one refusal stops every night',
    file: 'lib/core/outcome.ts',
    edits: [
      ['TOLERATED_FAILURES = 2', 'TOLERATED_FAILURES = 0'],
      ['TOLERATED_SHARE = 0.2', 'TOLERATED_SHARE = 0'],
    ],
  },
  {
    name: 'the end of the throttling is not waited for',
    file: 'lib/night/step.ts',
    edits: [['now + answer.retryAfterMs', 'now']],
  },
  {
    name: 'whoever is asked to end purges on',
    file: 'lib/night/purge.ts',
    edits: [['if (run.night.signal.aborted)', 'if (run.night.signal.aborted && run.queue.length === 0)']],
  },
  {
    name: 'a halt stops nothing that is under way',
    file: 'lib/night/purge.ts',
    edits: [['if (halted !== undefined) return halted;', 'void halted;']],
  },
  {
    name: 'where nobody can tell, it is not halted',
    file: 'lib/night/read.ts',
    edits: [['halt.reason().catch(messageOf)', 'halt.reason().catch(() => undefined)']],
  },
  {
    name: 'one outcome is counted twice',
    file: 'lib/night/run.ts',
    edits: [['(run.outcomes[outcome] ?? 0) + 1', '(run.outcomes[outcome] ?? 0) + (attempt > 1 ? 2 : 1)']],
  },
  {
    name: 'whoever was under way at the end is forgotten',
    file: 'lib/night/purge.ts',
    edits: [['[...unproven, ...left]', '[...left]']],
  },
  {
    name: 'a failed night calls itself completed',
    file: 'lib/night.ts',
    edits: [['(outcomes.notPurged ?? 0) + (outcomes.unverified ?? 0)', '(outcomes.notPurged ?? 0)']],
  },
];
