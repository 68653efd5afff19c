/** Deliberate bugs that the explorer must find (`npm run explore:bugs`). */
import type { Bug } from '../simulator/bugsDeciding.ts';

export const BUGS: readonly Bug[] = [
  {
    name: 'a note lets something be sent',
    file: 'lib/core/next.ts',
    edits: [
      [
        'one.night === night && one.answer === undefined && !notes',
        'one.night === night && (one.answer === undefined || notes.looked.get(keyOf(one))?.retry === true) && !notes',
      ],
    ],
  },
  {
    name: 'an action is done before its lines are applied',
    file: 'test/explore/steps.ts',
    edits: [
      [
        '  for (const one of notes) note(state, one);\n',
        "  for (const one of notes) note(state, one);\n  note(state, { kind: 'done', action: flight.action });\n",
      ],
    ],
  },
  {
    name: 'more may be unclear than the bound allows',
    file: 'lib/core/next.ts',
    edits: [
      ['pace.maxUnclear - unclear,', 'pace.maxUnclear + 400 - unclear,'],
      ['Math.min(bound - accepted', 'Math.min(400 + bound - accepted'],
    ],
  },
  {
    name: 'the stop rule stops nothing',
    file: 'lib/core/breaker.ts',
    edits: [['return failed > pace.toleratedFailures && failed >', 'return failed > 9_999 && failed >']],
  },
  {
    name: 'the silence that the service asks for is not kept',
    file: 'lib/core/apply.ts',
    edits: [['Math.max(notes.notBefore, one.until)', 'Math.min(notes.notBefore, one.until)']],
  },
  {
    name: 'a user who is under way is free',
    file: 'lib/core/next.ts',
    edits: [
      [
        'const isFree = (key: Key) => !notes.underWay.has(key);',
        'const isFree = (key: Key) => notes !== undefined || key;',
      ],
    ],
  },
  {
    name: 'what could not be looked at is kept for a reason',
    file: 'lib/core/judge.ts',
    edits: [["    return settled(\n      'unread',", "    return settled(\n      'kept',"]],
  },
  {
    name: 'a crash forgets the open intent',
    file: 'lib/core/apply.ts',
    edits: [
      ['  state.telemetryOwed.add(night);\n', '  state.telemetryOwed.add(night);\n  state.open.clear();\n'],
    ],
  },
  {
    name: 'a late DELETE is taken for one that was not sent',
    file: 'lib/core/apply.ts',
    edits: [["if (notes.isClosing && one.action.kind === 'send') return;", '']],
  },
  {
    name: 'what came in meanwhile holds no batch back',
    file: 'lib/core/next.ts',
    edits: [
      ["if (stop !== undefined) return 'the night is to end';\n", ''],
      ['if (notBefore > Date.parse(now)) return', 'if (notBefore < 0) return'],
    ],
  },
  {
    name: 'a stubborn user is tried again and again',
    file: 'lib/core/looks.ts',
    edits: [['tonight.stubborn.has(keyOf(one)) ? 1', 'tonight.stubborn.has(keyOf(one)) ? pace.attempts']],
  },
  {
    name: 'the same stubborn users always go first',
    file: 'lib/core/purging.ts',
    edits: [["if (makesStubborn || (outcome !== 'kept' &&", "if ((outcome !== 'kept' &&"]],
  },
];
