/**
 * The last hand on what leaves for Application Insights, and the first eye on what it answers: a policy in the
 * HTTP pipeline of its SDK. The SDK itself says neither when an event happened nor whether it arrived.
 */
import { withoutSecrets } from '../core/json.ts';
import { messageOf } from '../errors.ts';

/** What has not arrived yet of the events handed over since the last flush. */
export interface Tally {
  /** Events by ledger line. An answer that comes after its flush finds other lines here, and changes nothing. */
  readonly missing: Map<string, number>;
  /** What went wrong, each once. */
  readonly problems: Set<string>;
  /** Ends the tries that are still under way when the flush has no more time. */
  readonly signal: AbortSignal;
}

/** The ledger line that an event is made of. */
export function lineKey({ properties, measurements }: Carrier): string {
  return `${properties?.['NightId']}/${measurements?.['LedgerLine']}`;
}

interface Carrier {
  readonly properties?: Readonly<Record<string, string>>;
  readonly measurements?: Readonly<Record<string, number>>;
}

export interface WireOptions {
  /** Where the next answers are counted. */
  readonly tally: () => Tally;
  /** The night of calls to Graph, which carry none themselves. */
  readonly night: () => string | undefined;
  /** Milliseconds for one try. */
  readonly timeoutMs: number;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
}

interface Request {
  timeout: number;
  abortSignal?: unknown;
  body?: unknown;
}
interface Response {
  readonly status: number;
  readonly bodyAsText?: string | null;
}

/** `cloud_RoleName` of everything sent. */
export const ROLE = 'mailuser-purge';

const HOUR_MS = 3_600_000;
/** The service refuses what is older than 48 hours or newer than 2; some room is left for the way there. */
const OLDEST_MS = 47 * HOUR_MS;
const NEWEST_MS = HOUR_MS;

export function createWire({ tally, night, timeoutMs, now }: WireOptions) {
  return {
    name: 'mailuserPurgeWire',
    async sendRequest<Sent extends Request, Got extends Response>(
      request: Sent,
      next: (request: Sent) => Promise<Got>,
    ): Promise<Got> {
      const into = tally();
      const items = parse(request.body).filter(({ data }) => data.baseType !== 'MetricData');
      for (const item of items) stamp(item, night(), now());
      if (items.length > 0) Object.assign(request, { body: JSON.stringify(items) });
      request.timeout = timeoutMs;
      request.abortSignal = into.signal;
      try {
        const response = await next(request);
        count(into, items, response);
        return response;
      } catch (error) {
        into.problems.add(`no answer (${messageOf(error)})`);
        throw error;
      }
    },
  };
}

/** One telemetry item as the SDK writes it ("Azure Monitor ingestion", the Track operation). */
interface Item {
  time: string;
  readonly tags: Record<string, string>;
  readonly data: {
    readonly baseType: string;
    readonly baseData: Carrier;
  };
}

function parse(body: unknown): readonly Item[] {
  return typeof body === 'string' ? (JSON.parse(body) as Item[]) : [];
}

function stamp(item: Item, night: string | undefined, now: number): void {
  const { NightId = night, OccurredAt } = item.data.baseData.properties ?? {};
  item.tags['ai.cloud.role'] = ROLE;
  if (NightId !== undefined) item.tags['ai.operation.id'] = NightId;
  if (OccurredAt === undefined) return;
  const age = now - Date.parse(OccurredAt);
  item.time = age <= OLDEST_MS && age >= -NEWEST_MS ? OccurredAt : new Date(now).toISOString();
}

function count(into: Tally, items: readonly Item[], { status, bodyAsText }: Response): void {
  const errors = errorsIn(bodyAsText);
  if (status === 200 || status === 206) {
    const refused = new Set(errors.map(({ index }) => index));
    for (const [index, { data }] of items.entries()) {
      if (data.baseType === 'EventData' && !refused.has(index)) arrived(into, lineKey(data.baseData));
    }
  }
  if (status === 200 && errors.length === 0) return;
  const [first] = errors;
  const said = [WORDS[status], first?.message].filter((text) => typeof text === 'string').join('; ');
  into.problems.add(`HTTP ${status}${said === '' ? '' : ` (${withoutSecrets(said)})`}`);
}

function arrived({ missing }: Tally, key: string): void {
  const left = missing.get(key) ?? 0;
  if (left > 1) missing.set(key, left - 1);
  else missing.delete(key);
}

/** "Azure Monitor OpenTelemetry: status codes of the ingestion endpoint". */
const WORDS: Readonly<Record<number, string>> = {
  206: 'a part was refused',
  401: 'the identity was not accepted; give it "Monitoring Metrics Publisher"',
  402: 'the quota is used up',
  403: 'access denied; give the identity "Monitoring Metrics Publisher"',
  429: 'too much at once',
  439: 'the daily cap is reached',
};

interface ItemError {
  readonly index: number;
  readonly message?: string;
}

function errorsIn(body: string | null | undefined): readonly ItemError[] {
  try {
    const { errors } = JSON.parse(body ?? '') as { errors?: unknown };
    return Array.isArray(errors) ? (errors as readonly ItemError[]) : [];
  } catch {
    return [];
  }
}
