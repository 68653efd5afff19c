/** The scalar functions that our queries call. What is not here is refused, not guessed. */
import { compare, isBag, Timespan, text, type Value } from './values.ts';

const number = (value: Value): number | null => {
  if (value === null || value === '') return null;
  const parsed = Number(value);
  return Number.isNaN(parsed) ? null : parsed;
};
const truncated = (value: Value) => {
  const parsed = number(value);
  return parsed === null ? null : Math.trunc(parsed);
};
const moment = (value: Value): Value => {
  if (value === null || value instanceof Date) return value;
  const parsed = new Date(text(value));
  return Number.isNaN(parsed.getTime()) ? null : parsed;
};
const isEmpty = (value: Value) => value === null || value === '';
const list = (value: Value): readonly Value[] => (Array.isArray(value) ? value : []);
const DAY_MS = 86_400_000;

/** Weeks begin on Sunday (Kusto documentation, `startofweek()`). */
function startOfWeek(value: Value): Value {
  if (!(value instanceof Date)) return null;
  const midnight = Math.floor(value.getTime() / DAY_MS) * DAY_MS;
  return new Date(midnight - new Date(midnight).getUTCDay() * DAY_MS);
}

function formatDatetime(value: Value, format: Value): Value {
  const lengths: Readonly<Record<string, number>> = { 'yyyy-MM-dd HH:mm': 16, 'yyyy-MM-dd HH': 13 };
  const length = lengths[text(format)];
  if (length === undefined) throw new Error(`format_datetime with ${text(format)}`);
  return value instanceof Date ? value.toISOString().slice(0, length).replace('T', ' ') : '';
}

function withoutKeys(bag: Value, keys: Value): Value {
  if (!isBag(bag)) return null;
  return Object.fromEntries(Object.entries(bag).filter(([key]) => !list(keys).includes(key)));
}

/** Decimal places; half away from zero. */
function round(value: Value, places: Value = 0): Value {
  if (typeof value !== 'number' || typeof places !== 'number') return null;
  return (Math.sign(value) * Math.round(Math.abs(value) * 10 ** places)) / 10 ** places;
}

export const FUNCTIONS: Readonly<Record<string, (...values: readonly Value[]) => Value>> = {
  tostring: (value = null) => text(value),
  todouble: (value = null) => number(value),
  tolong: (value = null) => truncated(value),
  todatetime: (value = null) => moment(value),
  tolower: (value = null) => text(value).toLowerCase(),
  isempty: (value = null) => isEmpty(value),
  isnotempty: (value = null) => !isEmpty(value),
  isnull: (value = null) => value === null,
  isnotnull: (value = null) => value !== null,
  not: (value = null) => (value === null ? null : value !== true),
  strcat: (...values) => values.map(text).join(''),
  substring: (value = null, start = null, length = null) => {
    if (typeof start !== 'number') throw new Error('substring without a start');
    return text(value).slice(start, typeof length === 'number' ? start + length : undefined);
  },
  split: (value = null, by = null) => text(value).split(text(by)),
  set_has_element: (set = null, value = null) => list(set).includes(value),
  pack_array: (...values) => values,
  bag_keys: (bag = null) => (isBag(bag) ? Object.keys(bag) : null),
  bag_remove_keys: (bag = null, keys = null) => withoutKeys(bag, keys),
  round,
  startofweek: (value = null) => startOfWeek(value),
  format_datetime: (value = null, format = null) => formatDatetime(value, format),
};

type Operator = (left: Value, right: Value) => Value;

const arithmetic =
  (numbers: (a: number, b: number) => number, others: Operator): Operator =>
  (left, right) => {
    if (left === null || right === null) return null;
    return typeof left === 'number' && typeof right === 'number' ? numbers(left, right) : others(left, right);
  };
const no = (what: string): never => {
  throw new Error(`${what} of such values`);
};

const comparison =
  (holds: (order: number) => boolean): Operator =>
  (left, right) =>
    left === null || right === null ? null : holds(compare(left, right));

export const OPERATORS: Readonly<Record<string, Operator>> = {
  '==': comparison((order) => order === 0),
  '!=': (left, right) => {
    // What Kusto makes of null here is easily misremembered; no query of ours may rest on it.
    if (left === null || right === null) throw new Error('!= with null');
    return compare(left, right) !== 0;
  },
  '<': comparison((order) => order < 0),
  '<=': comparison((order) => order <= 0),
  '>': comparison((order) => order > 0),
  '>=': comparison((order) => order >= 0),
  '=~': (left, right) => text(left).toLowerCase() === text(right).toLowerCase(),
  contains: (left, right) => text(left).toLowerCase().includes(text(right).toLowerCase()),
  startswith: (left, right) => text(left).toLowerCase().startsWith(text(right).toLowerCase()),
  '+': arithmetic(
    (a, b) => a + b,
    (a, b) => (a instanceof Date && b instanceof Timespan ? new Date(a.getTime() + b.ms) : sumOf(a, b)),
  ),
  '-': arithmetic(
    (a, b) => a - b,
    (a, b) => {
      if (!(a instanceof Date)) return no('difference');
      if (b instanceof Date) return new Timespan(a.getTime() - b.getTime());
      return b instanceof Timespan ? new Date(a.getTime() - b.ms) : no('difference');
    },
  ),
  '*': arithmetic(
    (a, b) => a * b,
    (a, b) => (typeof a === 'number' && b instanceof Timespan ? new Timespan(a * b.ms) : no('product')),
  ),
  '/': arithmetic(
    (a, b) => a / b,
    (a, b) => (a instanceof Timespan && b instanceof Timespan ? a.ms / b.ms : no('quotient')),
  ),
};

const sumOf: Operator = (a, b) =>
  a instanceof Timespan && b instanceof Timespan ? new Timespan(a.ms + b.ms) : no('sum');
