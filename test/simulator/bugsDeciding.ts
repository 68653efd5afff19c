/** Deliberate bugs in reading, deciding and planning. Each edit's text must stand exactly once in its file. */

export interface Bug {
  readonly name: string;
  readonly file: string;
  /** What stands there, and what is put in its place. */
  readonly edits: readonly (readonly [string, string])[];
}

export const BUGS_IN_DECIDING: readonly Bug[] = [
  {
    name: 'a source error is read as the end',
    file: 'lib/perform.ts',
    edits: [
      [
        'const pages = source.read(eitherWanted(diff.wanted, sampled.wanted), signal);',
        `const pages = (async function* () {
          try {
            return yield* source.read(eitherWanted(diff.wanted, sampled.wanted), signal);
          } catch {
            return { kind: source.kind, total: 99, slices: {}, asOf: '2999-01-01T00:00:00.000Z' as Timestamp };
          }
        })();`,
      ],
    ],
  },
  {
    name: 'only the first page of a source is read',
    file: 'lib/perform.ts',
    edits: [
      [
        '    diff.see(source.kind, page.value);',
        '    if (found.size === 0) diff.see(source.kind, page.value);\n    found.add("" as ImmutableId);',
      ],
    ],
  },
  {
    name: 'a failed read of the recycle bin is read as empty',
    file: 'lib/perform.ts',
    edits: [['await entra.deletedUsers(signal)', 'await entra.deletedUsers(signal).catch(() => [])']],
  },
  {
    name: 'Exchange is not needed where the policy requires it',
    file: 'lib/perform.ts',
    edits: [["policy.exchange.use === 'required' || !(error", '!(error']],
  },
  {
    name: 'who is not known to Exchange needs no word of it',
    file: 'lib/core/exchangeWord.ts',
    edits: [["if (use === 'whenAvailable') return", 'if (recipient === undefined) return']],
  },
  {
    name: 'a shrunken source becomes the measure',
    file: 'lib/core/baselines.ts',
    edits: [['if (!record.accepted) return', 'if (!record.accepted && before === undefined) return']],
  },
  {
    name: 'a source may shrink',
    file: 'lib/core/guards.ts',
    edits: [['> limits.maxShrinkPercent)', '> 100 + limits.maxShrinkPercent)']],
  },
  {
    name: 'a source may be older than it was',
    file: 'lib/core/guards.ts',
    edits: [['seen !== undefined && asOf < seen', 'seen !== undefined && asOf > seen && asOf < seen']],
  },
  {
    name: 'a source may speak of other people',
    file: 'lib/core/overlap.ts',
    edits: [['sample.length * TOLERATED_SHARE)', 'sample.length)']],
  },
  {
    name: 'any tenant will do',
    file: 'lib/core/guards.ts',
    edits: [['    wrongTenant(organization, policy),\n', '']],
  },
  {
    name: 'the clock is trusted',
    file: 'lib/core/guards.ts',
    edits: [['    clockSkewed(organization, now),\n', '']],
  },
  {
    name: 'a stale sync is no matter',
    file: 'lib/core/guards.ts',
    edits: [['    syncStale(organization, policy, now),\n', '']],
  },
  {
    name: 'immutable ids in lower case',
    file: 'lib/core/evidence/keys.ts',
    edits: [
      ['enlist(exact, immutableId, id)', 'enlist(exact, immutableId.toLowerCase() as ImmutableId, id)'],
      ['add(exact.get(id))', 'add(exact.get(id.toLowerCase() as ImmutableId))'],
    ],
  },
  {
    name: 'whoever has its address is no matter',
    file: 'lib/core/evidence/diff.ts',
    edits: [['!own.has(id) && !holders.has(id)', 'own.has(id) && !holders.has(id)']],
  },
  {
    name: 'unknown is taken for no',
    file: 'lib/core/decide.ts',
    edits: [
      [
        "if (value === 'unknown') return keep(unknown ?? otherwise, origin);",
        "if (value === 'unknown') continue;",
      ],
    ],
  },
  {
    name: 'a missing tombstone is absence where tombstones can be seen',
    file: 'lib/core/evidence/onPremises.ts',
    edits: [['if (there.tombstones) {', 'if (there.tombstones && !there.containers.has(place)) {']],
  },
  {
    name: 'a place that nobody was seen in is covered',
    file: 'lib/core/evidence/onPremises.ts',
    edits: [['return there.containers.has(place)', 'return place !== undefined']],
  },
  {
    name: 'who was seen and vanished without a tombstone is absent',
    file: 'lib/core/decide.ts',
    edits: [
      [
        "kind === 'covered' && before?.wasLive === true",
        "kind === 'covered' && before?.parked !== undefined",
      ],
    ],
  },
  {
    name: 'the SID is no key',
    file: 'lib/core/evidence/keys.ts',
    edits: [
      ['if (sid !== undefined) enlist(bySid, sid, id);', 'if (id === undefined) enlist(bySid, sid, id);'],
    ],
  },
  {
    name: 'holds are no matter',
    file: 'lib/core/decide.ts',
    edits: [[' of FACT_NAMES) {', " of FACT_NAMES.filter((one) => one !== 'onHold')) {"]],
  },
  {
    name: 'mailboxes and licences are no matter',
    file: 'lib/core/decide.ts',
    edits: [
      [' of FACT_NAMES) {', " of FACT_NAMES.filter((one) => one !== 'hadMailbox' && one !== 'licensed')) {"],
    ],
  },
  {
    name: 'every member is a mail user',
    file: 'lib/core/mailUser.ts',
    edits: [
      ["  if (membership.value !== 'yes') return membership;", '  if (verifiedDomains) return membership;'],
    ],
  },
  {
    name: 'the own domain is a stranger’s',
    file: 'lib/core/addresses.ts',
    edits: [['host === other || host.endsWith', 'other === "." || host.endsWith']],
  },
  {
    name: 'the name of a deleted user is not made plain',
    file: 'lib/core/addresses.ts',
    edits: [['return upn.toLowerCase().startsWith(prefix) ?', 'return upn === prefix ?']],
  },
  {
    name: 'protect rules are ignored',
    file: 'lib/core/decide.ts',
    edits: [['    protectedVerdict(user, policy, now) ??\n', '']],
  },
  {
    name: 'a protect rule that cannot be judged protects nobody',
    file: 'lib/core/protect.ts',
    edits: [['return blind === undefined ?', "return blind !== '' ?"]],
  },
  {
    name: 'the grace period has the wrong sign',
    file: 'lib/core/decide.ts',
    edits: [['days < graceDays', '-days > graceDays']],
  },
  {
    name: 'nights absent are not asked for',
    file: 'lib/core/decide.ts',
    edits: [['nightsAbsent < nights', 'nightsAbsent > 29']],
  },
  {
    name: 'nights absent never add up',
    file: 'lib/core/standing.ts',
    edits: [['absentNights: absentNights + 1, ...here', 'absentNights, ...here']],
  },
  {
    name: 'nights absent are not reset',
    file: 'lib/core/standing.ts',
    edits: [
      [
        "if (!isAbsent) return { ...base, absentNights: 0, absentOn: '', absentParts: {} };",
        'if (!isAbsent && last !== undefined) return { ...last, ...base };',
      ],
    ],
  },
  {
    name: 'two runs of one day are two nights',
    file: 'lib/core/standing.ts',
    edits: [['absentOn !== date && known', "absentOn !== '' && known"]],
  },
  {
    name: 'a former deletion counts for the next',
    file: 'lib/core/standing.ts',
    edits: [
      [
        'before.decided.deletedDateTime === deletedDateTime ? before',
        'deletedDateTime !== undefined ? before',
      ],
    ],
  },
  {
    name: 'unchanged users who left the recycle bin stand on',
    file: 'lib/core/standing.ts',
    edits: [['    state.evidence.delete(id);\n', '']],
  },
  {
    name: 'a user who was moved to cloud management is absent like the others',
    file: 'lib/core/mailUser.ts',
    edits: [["return syncFlag === 'told'", "return syncFlag !== 'told'"]],
  },
  {
    name: 'a domain that is not verified any more is forgotten',
    file: 'lib/core/state.ts',
    edits: [['...ownDomains(state, now)])]', '])]']],
  },
  {
    name: 'the list is cut to the limit',
    file: 'lib/core/plan.ts',
    edits: [
      [
        '  const refusals = exceededLimits(',
        '  purges.splice(allowed.perNight);\n  const refusals = exceededLimits(',
      ],
    ],
  },
  {
    name: 'one more than the limit is no matter',
    file: 'lib/core/limits.ts',
    edits: [['actual > limit)', 'actual > limit + 1)']],
  },
  {
    name: 'number and percentage of a limit are added',
    file: 'lib/core/limits.ts',
    edits: [
      [
        'Math.max(users, Math.floor((percent * syncedUsers) / 100 + 1e-9))',
        'users + Math.ceil((percent * syncedUsers) / 100)',
      ],
    ],
  },
  {
    name: 'the budget forgets what nobody verified',
    file: 'lib/core/purging.ts',
    edits: [['  spent.set(key, at);\n', '']],
  },
  {
    name: 'the budget forgets nights before the last two',
    file: 'lib/core/judgeReading.ts',
    edits: [['budgetSpent(state, limits.rollingBudget.days, now)', 'budgetSpent(state, 2, now)']],
  },
  {
    name: 'the budget is for tonight alone',
    file: 'lib/core/limits.ts',
    edits: [['const afterTonight = before + tonight;', 'const afterTonight = tonight;']],
  },
];
