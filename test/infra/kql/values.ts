/** The values of KQL, as far as our queries use them (Kusto documentation, "Scalar data types", "Null values"). */

/** A length of time. */
export class Timespan {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** A string is never null in KQL; an empty one stands for it. A moment is a Date. */
export type Value =
  | string
  | number
  | boolean
  | null
  | Date
  | Timespan
  | readonly Value[]
  | { readonly [key: string]: Value };

export type Row = Readonly<Record<string, Value>>;
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export const isBag = (value: Value): value is { readonly [key: string]: Value } =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !(value instanceof Timespan);

/** The number that a value is compared by; `undefined` where it has none. */
function magnitude(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (value instanceof Date) return value.getTime();
  return value instanceof Timespan ? value.ms : undefined;
}

/** Negative, 0 or positive. @throws Error where the two cannot be compared. */
export function compare(left: Value, right: Value): number {
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  const [a, b] = [magnitude(left), magnitude(right)];
  if (a === undefined || b === undefined) throw new Error(`${text(left)} and ${text(right)} do not compare`);
  return a - b;
}

/** As `tostring` writes it. A real number is written in no way that is worth relying on. */
export function text(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString().replace('Z', '0000Z');
  if (value instanceof Timespan) throw new Error('a timespan as text');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What a group or a join tells rows apart by. */
export function keyOf(values: readonly Value[]): string {
  return JSON.stringify(values.map((value) => (value instanceof Timespan ? value.ms : value)));
}
