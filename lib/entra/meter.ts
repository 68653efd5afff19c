/** What the night has cost: calls and resource units ("Microsoft Graph service-specific throttling limits"). */
import type { GraphUsage } from '../ports.ts';

export interface Meter {
  call(): void;
  retry(): void;
  throttled(): void;
  /** One request, alone or in a batch. `told` is the header `x-ms-resource-unit`, where there is one. */
  charge(method: string, url: string, told: string | null | undefined): void;
  usage(): GraphUsage;
}

export function createMeter(): Meter {
  let usage: GraphUsage = { calls: 0, resourceUnits: 0, throttled: 0, retries: 0 };
  return {
    call() {
      usage = { ...usage, calls: usage.calls + 1 };
    },
    retry() {
      usage = { ...usage, retries: usage.retries + 1 };
    },
    throttled() {
      usage = { ...usage, throttled: usage.throttled + 1 };
    },
    charge(method, url, told) {
      const units = /^\d{1,9}$/.test(told ?? '') ? Number(told) : resourceUnitsOf(method, url);
      usage = { ...usage, resourceUnits: usage.resourceUnits + units };
    },
    usage: () => usage,
  };
}

/**
 * The documented cost: listing users 2, any other request 1; `$select` takes one off, and so does a `$top` under 20;
 * `$expand` adds one; never below 1.
 */
export function resourceUnitsOf(method: string, url: string): number {
  if (method !== 'GET') return 1;
  const [path = '', query = ''] = url.split('?');
  const options = new URLSearchParams(query);
  const base = /\/users$/i.test(path) ? 2 : 1;
  const select = options.has('$select') ? 1 : 0;
  const small = Number(options.get('$top') ?? '20') < 20 ? 1 : 0;
  const expand = options.has('$expand') ? 1 : 0;
  return Math.max(1, base - select - small + expand);
}
