import { expect, test } from '@jest/globals';
import { exploreAll, SHORT_RUNS } from './runs.ts';

test.each(SHORT_RUNS)(
  '$name: nothing breaks a rule, whatever comes first',
  (run) => {
    const { states, violation } = exploreAll(run);
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(1_000);
  },
  600_000,
);
