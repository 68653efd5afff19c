/** The aggregation functions that our queries call. Nulls are left out, as the documentation of each says. */
import { compare, type Value } from './values.ts';

/** One row's values of the arguments. */
type Given = readonly Value[];
type Aggregate = (given: readonly Given[]) => Value;

const known = (given: readonly Given[]): Value[] =>
  given.map(([value = null]) => value).filter((value) => value !== null);
const where = (given: readonly Given[], at: number): readonly Given[] =>
  given.filter((one) => one[at] === true);
const extreme =
  (sign: 1 | -1): Aggregate =>
  (given) =>
    known(given).reduce<Value>(
      (best, value) => (best === null || sign * compare(value, best) > 0 ? value : best),
      null,
    );
const [max, min] = [extreme(1), extreme(-1)];
const numbers = (given: readonly Given[]) =>
  known(given).map((value) => {
    if (typeof value !== 'number') throw new Error('a number was expected');
    return value;
  });
/** Any will do in Kusto, the first here: a query whose result depends on which is a wrong query. */
const takeAny: Aggregate = (given) => known(given).find((value) => value !== '') ?? given[0]?.[0] ?? null;

export const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  count: (given) => given.length,
  countif: (given) => where(given, 0).length,
  max,
  min,
  maxif: (given) => max(where(given, 1)),
  minif: (given) => min(where(given, 1)),
  avg: (given) => {
    const values = numbers(given);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  },
  sum: (given) => numbers(given).reduce((sum, value) => sum + value, 0),
  take_any: takeAny,
  take_anyif: (given) => takeAny(where(given, 1)),
};
