/** What schedules are taken, held against Microsoft's own parser (schedules.json says how it was asked). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { nextStarts, scheduleProblem } from '../../lib/schedule.ts';

const { schedules } = z
  .object({
    schedules: z.array(
      z.object({ expression: z.string(), microsoft: z.enum(['fires', 'never', 'refused']) }),
    ),
  })
  .parse(JSON.parse(readFileSync('test/schedule/schedules.json', 'utf8')));

/** The host takes these, and we do not: they say too little of when a night runs. */
const TOO_SHORT = ['*/5 * * * *', '24:00:00', '00:05:00'];

test('there are schedules of every kind', () => {
  const kinds = schedules.map(({ microsoft }) => microsoft);
  for (const kind of ['fires', 'never', 'refused'] as const)
    expect(kinds.filter((one) => one === kind).length).toBeGreaterThanOrEqual(3);
});

describe.each(schedules)('$expression, which with Microsoft $microsoft', ({ expression, microsoft }) => {
  const problem = scheduleProblem(expression);

  test(microsoft === 'fires' && !TOO_SHORT.includes(expression) ? 'is taken' : 'is refused', () => {
    if (TOO_SHORT.includes(expression))
      expect(problem).toMatch(/^must be an NCRONTAB expression with six fields/);
    else if (microsoft === 'fires') expect(problem).toBeUndefined();
    else if (microsoft === 'never') expect(problem).toMatch(/^never fires: /);
    else expect(problem).toMatch(/^must /);
  });
});

test.each([
  ['60 0 2 * * *', 'second'],
  ['0 60 2 * * *', 'minute'],
  ['0 0 24 * * *', 'hour'],
  ['0 0 2 32 * *', 'day'],
  ['0 0 2 * 13 *', 'month'],
  ['0 0 2 * * 7', 'weekday'],
])('the reason names the field that is wrong: %s', (expression, field) => {
  expect(scheduleProblem(expression)).toContain(`must have its ${field} `);
});

test('a step beyond what the host can count with is refused', () => {
  expect(scheduleProblem('0 0 */2147483647 * * *')).toBeUndefined();
  expect(scheduleProblem('0 0 */2147483648 * * *')).toContain('must have its hour');
});

test('the reason does not repeat what was written there, which could be a secret', () => {
  expect(scheduleProblem('0 0 p4ss-w0rd * * *')).not.toContain('p4ss');
  expect(scheduleProblem('p4ss-w0rd')).not.toContain('p4ss');
});

describe('the next starts', () => {
  // A Wednesday.
  const now = new Date('2026-11-25T02:00:00Z');
  test.each([
    ['0 0 2 * * *', ['2026-11-26T02:00:00', '2026-11-27T02:00:00', '2026-11-28T02:00:00']],
    ['  0 30 3 * * 1-5 ', ['2026-11-25T03:30:00', '2026-11-26T03:30:00', '2026-11-27T03:30:00']],
    ['0 30 3 * * MON,SUNDAY', ['2026-11-29T03:30:00', '2026-11-30T03:30:00', '2026-12-06T03:30:00']],
    ['0 0 22-2/8 25 * *', ['2026-11-25T10:00:00', '2026-11-25T18:00:00', '2026-12-25T02:00:00']],
    ['15 */40 2/23 * jan *', ['2027-01-01T02:00:15', '2027-01-01T02:40:15', '2027-01-02T02:00:15']],
    ['0 0 2 29 2 *', ['2028-02-29T02:00:00', '2032-02-29T02:00:00', '2036-02-29T02:00:00']],
    // Day and weekday must both agree, unlike in a crontab of Unix.
    ['0 0 2 13 * FRI', ['2027-08-13T02:00:00', '2028-10-13T02:00:00', '2029-04-13T02:00:00']],
  ])('%s', (expression, expected) => {
    expect(nextStarts(expression, now, 3).map((at) => at.toISOString().slice(0, 19))).toEqual(expected);
  });

  test('are none where the schedule is refused', () => {
    expect(nextStarts('0 0 24 * * *', now, 3)).toEqual([]);
    expect(nextStarts('0 0 2 31 2 *', now, 3)).toEqual([]);
  });
});
