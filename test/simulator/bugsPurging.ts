/** Deliberate bugs in the loop of a night: what may start, what answers mean, and how the night ends. */
import type { Bug } from './bugsDeciding.ts';

export const BUGS_IN_PURGING: readonly Bug[] = [
  {
    name: 'report mode purges',
    file: 'lib/core/apply.ts',
    edits: [["|| tonight.started.mode !== 'purge') return;", ') return;']],
  },
  {
    name: 'the sources are not asked again',
    file: 'lib/core/secondDecision.ts',
    edits: [
      [
        'presenceAgain(user, fresh.rechecked, goneRules(policy))',
        'presenceAgain(user, [], goneRules(policy)) && planned.found.presence',
      ],
    ],
  },
  {
    name: 'a recheck that says nothing is taken for absent',
    file: 'lib/core/evidence/onPremises.ts',
    edits: [
      ['if (failure !== undefined) return unknown(failure);', 'if (failure === "") return unknown(failure);'],
    ],
  },
  {
    name: 'the snapshot is taken from the list',
    file: 'lib/core/judge.ts',
    edits: [
      [
        'snapshot: user.snapshot }',
        'snapshot: (tonight.notes.known?.planned.get(key)?.user ?? user).snapshot }',
      ],
    ],
  },
  {
    name: 'the second decision is on the facts of the plan',
    file: 'lib/core/secondDecision.ts',
    edits: [
      ['gatherEvidence(user, found, tenant,', 'gatherEvidence(planned.user, planned.found, tenant,'],
      ['decide({ user, found, ...gathered', 'decide({ user: planned.user, found, ...gathered'],
    ],
  },
  {
    name: 'changed addresses are no matter on re-read',
    file: 'lib/core/secondDecision.ts',
    edits: [['identityOf(user) !== identityOf(planned.user)', 'user.id !== planned.user.id']],
  },
  {
    name: 'what could not be looked at is kept for a reason',
    file: 'lib/core/judge.ts',
    edits: [["    return settled(\n      'unread',", "    return settled(\n      'kept',"]],
  },
  {
    name: 'unclear facts on re-read are a reason to keep',
    file: 'lib/core/secondDecision.ts',
    edits: [
      [
        "UNKNOWN_REASONS.has(verdict.reason) ? 'unread' : 'kept'",
        "UNKNOWN_REASONS.has(verdict.reason) ? 'kept' : 'kept'",
      ],
    ],
  },
  {
    name: 'restored and deleted anew is the same deletion',
    file: 'lib/core/looks.ts',
    edits: [
      [
        "secondOf(generation.deletedDateTime) ? 'still' : 'restored'",
        "secondOf(generation.deletedDateTime) ? 'still' : 'still'",
      ],
    ],
  },
  {
    name: 'unclear is gone',
    file: 'lib/core/looks.ts',
    edits: [
      ["live === 'absent' ? 'gone' : 'unclear'", "live === 'absent' ? 'gone' : 'gone'"],
      ["if (deleted === 'unclear') return 'unclear';", "if (deleted === 'unclear') return 'gone';"],
    ],
  },
  {
    name: 'an answer of 204 is proof enough',
    file: 'lib/core/judge.ts',
    edits: [
      [
        '    lines: isKnown ?',
        "    lines: answer === 'accepted' ? [answered, settledRecord(tonight, one, 'purged', detail, now)] : isKnown ?",
      ],
    ],
  },
  {
    name: 'an answer of 404 is proof enough',
    file: 'lib/core/judge.ts',
    edits: [
      [
        '    lines: isKnown ?',
        "    lines: answer === 'notFound' ? [answered, settledRecord(tonight, one, 'purged', detail, now)] : isKnown ?",
      ],
    ],
  },
  {
    name: 'no answer is an answer',
    file: 'lib/core/judge.ts',
    edits: [["answer: 'unclear' as const,", "answer: 'accepted' as const,"]],
  },
  {
    name: 'a look from before the answer counts',
    file: 'lib/core/looks.ts',
    edits: [
      [
        'Date.parse(at) + retryAfterMs + pace.showMs, Date.parse(startedAt) + pace.showMs);',
        'Date.parse(at) - pace.showMs, Date.parse(startedAt) - pace.showMs);',
      ],
    ],
  },
  {
    name: 'the first steps are for many',
    file: 'lib/core/next.ts',
    edits: [['    if (earned < steps) {', '    if (earned < 0) {']],
  },
  {
    name: 'more may be unclear than the bound allows',
    file: 'lib/core/next.ts',
    edits: [['pace.maxUnclear - unclear,', 'pace.maxUnclear + 400 - unclear,']],
  },
  {
    name: 'the stop rule stops nothing',
    file: 'lib/core/breaker.ts',
    edits: [['return failed > pace.toleratedFailures && failed >', 'return failed > 9_999 && failed >']],
  },
  {
    name: 'silence is no failure',
    file: 'lib/core/breaker.ts',
    edits: [
      ['one !== undefined && (isUnclear(one) || givenUp)', 'one !== undefined && isUnclear(one) && givenUp'],
    ],
  },
  {
    name: 'kept users dilute the stop rule',
    file: 'lib/core/purging.ts',
    edits: [["takeTurn(state, tonight, key, outcome === 'unread')", 'takeTurn(state, tonight, key, true)']],
  },
  {
    name: 'the stubborn go first',
    file: 'lib/core/apply.ts',
    edits: [
      ['tonight.plan.push(...keys, ...tonight.stubborn)', 'tonight.plan.push(...tonight.stubborn, ...keys)'],
    ],
  },
  {
    name: 'the stubborn are forgotten',
    file: 'lib/core/purging.ts',
    edits: [
      [
        'if (makesStubborn) state.stubborn.set',
        'if (makesStubborn && tonight.earned < 0) state.stubborn.set',
      ],
    ],
  },
  {
    name: 'the silence that the service asks for is not kept',
    file: 'lib/core/next.ts',
    edits: [
      ['if (notes.notBefore > Date.parse(now)) return', 'if (notes.notBefore < 0) return'],
      ['if (notBefore > Date.parse(now)) return', 'if (notBefore < 0) return'],
    ],
  },
  {
    name: 'an asked silence lets the DELETE through at once',
    file: 'lib/core/apply.ts',
    edits: [['Math.max(notes.notBefore, one.until)', 'Math.min(notes.notBefore, one.until)']],
  },
  {
    name: 'an action is done before its lines are applied',
    file: 'lib/night.ts',
    edits: [
      [
        '      await night.record(lines);\n',
        "      note(state, { kind: 'done', action });\n      await night.record(lines);\n",
      ],
    ],
  },
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
    name: 'a night that is asked to end purges on',
    file: 'lib/core/next.ts',
    edits: [
      [
        'if (notes.stop !== undefined) return stopping(tonight);',
        "if (notes.stop !== undefined && notes.stop.how !== 'stopped') return stopping(tonight);",
      ],
    ],
  },
  {
    name: 'a halt stops nothing that is under way',
    file: 'lib/perform.ts',
    edits: [["if (reason !== undefined) return notSent(reason, 'stopped');", 'void reason;']],
  },
  {
    name: 'where nobody can tell, it is not halted',
    file: 'lib/perform.ts',
    edits: [['halt.reason().catch(messageOf)', 'halt.reason().catch(() => undefined)']],
  },
  {
    name: 'announced long ago, sent all the same',
    file: 'lib/perform.ts',
    edits: [
      [
        'const why = whyNotSend(state, open, pace, now);',
        "const why = open.includes(undefined) ? 'nobody' : undefined;",
      ],
    ],
  },
  {
    name: 'one outcome is counted twice',
    file: 'lib/core/purging.ts',
    edits: [
      [
        '(tonight.outcomes[outcome] ?? 0) + 1',
        "(tonight.outcomes[outcome] ?? 0) + (outcome === 'restored' ? 2 : 1)",
      ],
    ],
  },
  {
    name: 'open users are not counted at the end',
    file: 'lib/core/ending.ts',
    edits: [
      ['open: [...open.keys()].filter(isOpen).length', 'open: 0 * [...open.keys()].filter(isOpen).length'],
    ],
  },
  {
    name: 'a night in vain calls itself completed',
    file: 'lib/core/ending.ts',
    edits: [['const why = counts.planned === 0 ? undefined', 'const why = counts.planned >= 0 ? undefined']],
  },
  {
    name: 'a night that stopped itself calls itself completed',
    file: 'lib/core/ending.ts',
    edits: [['  if (isTripped(state, pace)) {', '  if (isTripped(state, pace) && counts.planned < 0) {']],
  },
  {
    name: 'a user who waits for another attempt is forgotten',
    file: 'lib/core/next.ts',
    edits: [['if (retries.length > 0) return retries;', 'if (retries.length > 99) return retries;']],
  },
  {
    name: 'a night purges without the permission to',
    file: 'lib/core/judgeReading.ts',
    edits: [
      ['roles === undefined || roles.includes(PURGE_ROLE)', 'roles === undefined || roles.length >= 0'],
    ],
  },
];
