/** "Microsoft Graph service-specific throttling limits", identity and access, for one app in one tenant. */
import { type Call, GraphError } from './answer.ts';
import type { TenantClock } from './directory.ts';

export interface Limits {
  readonly resourceUnits: number;
  /** Milliseconds in which so many resource units may be used. */
  readonly resourceWindow: number;
  readonly writes: number;
  readonly writeWindow: number;
}

/** What the app has cost so far. */
export interface Counters {
  /** HTTP requests to Graph; a batch is one. */
  calls: number;
  /** Requests inside batches. */
  batched: number;
  resourceUnits: number;
  writes: number;
  /** 429 answers of the throttle itself, those inside a batch included. */
  throttled: number;
  /** The fullest that each quota ever was, from 0 to 1. */
  maxResourceUse: number;
  maxWriteUse: number;
  /** Tokens issued by the managed identity endpoint. */
  tokens: number;
}

export const newCounters = (): Counters => ({
  calls: 0,
  batched: 0,
  resourceUnits: 0,
  writes: 0,
  throttled: 0,
  maxResourceUse: 0,
  maxWriteUse: 0,
  tokens: 0,
});

/** Small: under 50 users; medium: 50 to 500; large: above 500. */
export function limitsFor(users: number): Limits {
  const resourceUnits = users < 50 ? 3_500 : users <= 500 ? 5_000 : 8_000;
  return { resourceUnits, resourceWindow: 10_000, writes: 3_000, writeWindow: 150_000 };
}

export interface Cost {
  readonly resourceUnits: number;
  readonly writes: number;
}

/** Base cost of the path, less one for `$select` and for a `$top` under 20, never below one. */
export function costOf(call: Call): Cost {
  if (call.method !== 'GET') return { resourceUnits: 1, writes: 1 };
  const options = new Map(
    [...new URLSearchParams(call.search)].map(([name, value]) => [name.toLowerCase(), value]),
  );
  const base = /^\/users$/i.test(call.path) ? 2 : 1;
  const selects = options.has('$select') ? 1 : 0;
  const small = Number(options.get('$top') ?? '20') < 20 ? 1 : 0;
  return { resourceUnits: Math.max(1, base - selects - small), writes: 0 };
}

/** Charges for a request. Returns the headers that say so. @throws GraphError 429 */
export type Throttle = (call: Call) => Readonly<Record<string, string>>;

export interface ThrottleOptions {
  readonly clock: TenantClock;
  /** Absent: nothing is ever throttled, only counted. */
  readonly limits: Limits | undefined;
  readonly counters: Counters;
  /** `<ApplicationId>/<TenantId>`, for `x-ms-throttle-scope`. */
  readonly scope: string;
}

export function createThrottle({ clock, limits, counters, scope }: ThrottleOptions): Throttle {
  const units = bucket(clock, limits?.resourceUnits, limits?.resourceWindow);
  const writes = bucket(clock, limits?.writes, limits?.writeWindow);

  return (call) => {
    const cost = costOf(call);
    const wait = Math.max(units.shortBy(cost.resourceUnits), writes.shortBy(cost.writes));
    if (wait > 0) {
      counters.throttled += 1;
      const byWrites = writes.shortBy(cost.writes) > 0;
      throw new GraphError(429, 'TooManyRequests', 'Please retry again later.', {
        'Retry-After': String(wait / 1_000),
        'x-ms-throttle-scope': `Tenant_Application/${byWrites ? 'Write' : 'ReadWrite'}/${scope}`,
        'x-ms-throttle-information': byWrites ? 'WriteLimitExceeded' : 'ResourceUnitLimitExceeded',
      });
    }
    counters.resourceUnits += cost.resourceUnits;
    counters.writes += cost.writes;
    const resourceUse = units.take(cost.resourceUnits);
    const writeUse = writes.take(cost.writes);
    counters.maxResourceUse = Math.max(counters.maxResourceUse, resourceUse);
    counters.maxWriteUse = Math.max(counters.maxWriteUse, writeUse);
    const use = Math.max(resourceUse, writeUse);
    return {
      'x-ms-resource-unit': String(cost.resourceUnits),
      ...(use > 0.8 ? { 'x-ms-throttle-limit-percentage': use.toFixed(2) } : {}),
    };
  };
}

/** Full at first, and refilled evenly by the tenant's clock. */
function bucket(clock: TenantClock, capacity = Number.POSITIVE_INFINITY, window = 1) {
  const perMs = capacity / window;
  let level = capacity;
  let at = clock.now();
  const refill = () => {
    const now = clock.now();
    if (capacity !== Number.POSITIVE_INFINITY) level = Math.min(capacity, level + (now - at) * perMs);
    at = now;
  };
  return {
    /** Whole milliseconds until `cost` can be paid; 0 where it can be now. */
    shortBy(cost: number): number {
      refill();
      return cost <= level ? 0 : Math.ceil((cost - level) / perMs);
    },
    /** Pays, and returns how much of the quota is now in use. */
    take(cost: number): number {
      refill();
      if (capacity === Number.POSITIVE_INFINITY) return 0;
      level -= cost;
      return 1 - level / capacity;
    },
  };
}
