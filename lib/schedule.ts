/**
 * When the night runs: NCRONTAB as the Functions host reads it (NCrontab.Signed 3.4). The host says nothing when it
 * refuses a schedule, and nothing when one never fires: there is then no function, or no night.
 */
const SECONDS_AND_MINUTES = { from: 0, to: 59, names: [] };
const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

interface Field {
  readonly field: string;
  readonly from: number;
  readonly to: number;
  /** Taken in place of numbers from `from` on, also shortened. */
  readonly names: readonly string[];
}

const FIELDS: readonly Field[] = [
  { field: 'second', ...SECONDS_AND_MINUTES },
  { field: 'minute', ...SECONDS_AND_MINUTES },
  { field: 'hour', from: 0, to: 23, names: [] },
  { field: 'day', from: 1, to: 31, names: [] },
  { field: 'month', from: 1, to: 12, names: MONTHS },
  { field: 'weekday', from: 0, to: 6, names: WEEKDAYS },
];

/** In a leap year. */
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** The host reads a step as a 32-bit number. */
const LARGEST_STEP = 2 ** 31 - 1;
const DAY_MS = 86_400_000;
/** After so long the calendar repeats itself. */
const DAYS_IN_400_YEARS = 146_097;

interface Schedule {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  readonly weekdays: readonly number[];
}

/** Why no night would ever run, to be read behind the name of the setting; `undefined` where some will. */
export function scheduleProblem(expression: string): string | undefined {
  const schedule = parse(expression);
  return typeof schedule === 'string' ? schedule : undefined;
}

/** Nothing where the schedule is refused. */
export function nextStarts(expression: string, after: Date, count: number): readonly Date[] {
  const schedule = parse(expression);
  if (typeof schedule === 'string') return [];
  const starts: Date[] = [];
  const today = Date.UTC(after.getUTCFullYear(), after.getUTCMonth(), after.getUTCDate());
  for (let day = 0; day <= DAYS_IN_400_YEARS && starts.length < count; day += 1)
    starts.push(...startsOn(schedule, new Date(today + day * DAY_MS)).filter((at) => at > after));
  return starts.slice(0, count);
}

function startsOn({ days, months, weekdays, ...times }: Schedule, date: Date): readonly Date[] {
  const matches =
    months.includes(date.getUTCMonth() + 1) &&
    days.includes(date.getUTCDate()) &&
    weekdays.includes(date.getUTCDay());
  if (!matches) return [];
  return times.hours.flatMap((hour) =>
    times.minutes.flatMap((minute) =>
      times.seconds.map((second) => new Date(date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000)),
    ),
  );
}

/** The schedule, or what is wrong with it. */
function parse(expression: string): Schedule | string {
  const texts = expression.split(' ').filter((text) => text !== '');
  if (texts.length !== FIELDS.length)
    return 'must be an NCRONTAB expression with six fields, seconds first, such as "0 0 2 * * *"';
  const fields = FIELDS.map((field, index) => ({ field, values: valuesOf(field, texts[index] ?? '') }));
  const wrong = fields.find(({ values }) => values === undefined)?.field;
  if (wrong !== undefined) return mustHave(wrong);
  const [seconds = [], minutes = [], hours = [], days = [], months = [], weekdays = []] = fields.map(
    ({ values }) => values,
  );
  const fires = months.some((month) => days.some((day) => day <= (DAYS_IN_MONTH[month - 1] ?? 0)));
  if (!fires) return 'never fires: none of its months has any of its days';
  return { seconds, minutes, hours, days, months, weekdays };
}

function mustHave({ field, from, to, names: [, name] }: Field): string {
  const named = name === undefined ? '' : `, or names such as ${name.slice(0, 3).toUpperCase()}`;
  return `must have its ${field} in ${from} to ${to}${named} (also a list 2,3, a range 2-5, a step */2, or *)`;
}

/** The values that a field stands for, in order; `undefined` where the host refuses it. */
function valuesOf(field: Field, text: string): readonly number[] | undefined {
  const parts = text.split(',').map((part) => partOf(field, part));
  const all = new Set<number>();
  for (const part of parts) {
    if (part === undefined) return undefined;
    for (let value = part.first; value <= part.last; value += part.step) all.add(value);
  }
  return [...all].sort((a, b) => a - b);
}

function partOf(field: Field, text: string) {
  const [, range = '', stepText] = /^([^/]+)(?:\/(\d+))?$/.exec(text) ?? [];
  const step = Math.max(1, Number(stepText ?? 1));
  if (step > LARGEST_STEP) return undefined;
  if (range === '*') return { first: field.from, last: field.to, step };
  // One value alone is itself; with a step, it is where the steps begin.
  const [start = '', end = stepText === undefined ? start : String(field.to), ...more] = range.split('-');
  const first = numberOf(field, start);
  const last = numberOf(field, end);
  if (first === undefined || last === undefined || more.length > 0) return undefined;
  // The host turns a range round that falls: 22-2 is 2 to 22.
  return { first: Math.min(first, last), last: Math.max(first, last), step };
}

function numberOf({ from, to, names }: Field, text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    return value >= from && value <= to ? value : undefined;
  }
  const index = text === '' ? -1 : names.findIndex((name) => name.startsWith(text.toLowerCase()));
  return index === -1 ? undefined : from + index;
}
