/** Graph as a service: who may call, what it costs, what goes wrong, and a log of it all. */
import { type Answer, type Call, decoded, failed, GraphError, inWords } from './answer.ts';
import { answerBatch } from './batch.ts';
import type { Programme } from './faults.ts';
import type { Graph } from './graph.ts';
import type { Identity } from './identity.ts';
import { Random } from './random.ts';
import type { Counters, Throttle } from './throttle.ts';

/** One request to Graph, as it was answered. */
export interface LogEntry {
  /** By the tenant's clock. */
  readonly at: number;
  readonly method: string;
  /** With its query, decoded, without the version. */
  readonly path: string;
  /** 0 where no answer was sent. */
  readonly status: number;
  /** Of a batch: the requests in it, in the order in which they were carried out. */
  readonly requests: readonly LogEntry[];
}

export interface ServiceParts {
  readonly graph: Graph;
  readonly identity: Identity;
  readonly throttle: Throttle;
  readonly faults: Programme;
  readonly counters: Counters;
  readonly log: LogEntry[];
  readonly now: () => number;
  readonly seed: number;
  readonly batchStatusWhenThrottled: 200 | 424;
}

/** Answers what the socket received. Never rejects but for a fault's own code. */
export function createService(parts: ServiceParts): (raw: Call) => Promise<Answer> {
  const { graph, identity, throttle, faults, counters, now } = parts;
  const random = new Random(parts.seed);

  function toAnswer(error: unknown, call: Call): Answer {
    if (error instanceof GraphError) return failed(error, now(), call);
    return failed(new GraphError(500, 'InternalServerError', String(error)), now(), call);
  }

  /** A request alone, or one of a batch, whose JSON has the wait to the millisecond; a header has whole seconds. */
  function answerOne(
    call: Call,
    authorization: string | undefined,
    place: 'alone' | 'batch',
  ): Promise<Answer> {
    return faults.around(call, (twist) => {
      let charged: Answer['headers'] = {};
      try {
        const token = identity.verify(authorization);
        charged = throttle(call);
        return withHeaders(graph(call, token, twist), charged);
      } catch (error) {
        const answer = withHeaders(toAnswer(error, call), charged);
        const wait = answer.headers['Retry-After'];
        if (wait === undefined || place === 'batch') return answer;
        return withHeaders(answer, { 'Retry-After': String(Math.ceil(Number(wait))) });
      }
    });
  }

  function answerAll(call: Call, requests: LogEntry[]): Promise<Answer> {
    const authorization = call.headers['authorization'];
    return faults.around(call, async () => {
      try {
        identity.verify(authorization);
        return await answerBatch(call, {
          random: () => random.between(0, 1),
          statusWhenThrottled: parts.batchStatusWhenThrottled,
          answer: async (item) => {
            counters.batched += 1;
            const answer = await answerOne(item, authorization, 'batch');
            requests.push(entry(now(), item, answer, []));
            return answer;
          },
        });
      } catch (error) {
        return toAnswer(error, call);
      }
    });
  }

  return async (raw) => {
    counters.calls += 1;
    const requests: LogEntry[] = [];
    const call = parsed(raw);
    const malformed = new GraphError(400, 'BadRequest', 'Invalid version, or a body that is not JSON.');
    const answer =
      call === undefined
        ? toAnswer(malformed, raw)
        : await (/^\/\$batch$/i.test(call.path)
            ? answerAll(call, requests)
            : answerOne(call, call.headers['authorization'], 'alone'));
    parts.log.push(entry(now(), call ?? raw, answer, requests));
    return answer;
  };
}

const entry = (at: number, call: Call, answer: Answer, requests: readonly LogEntry[]): LogEntry => ({
  at,
  method: call.method,
  path: inWords(call).slice(call.method.length + 1),
  status: answer.wire === 'drop' || answer.wire === 'stall' ? 0 : answer.status,
  requests,
});

const VERSION = /^\/v1\.0(?=\/)/;

/** Without the version, decoded, the body as JSON; `undefined` where that cannot be. */
function parsed(call: Call): Call | undefined {
  if (!VERSION.test(call.path)) return undefined;
  try {
    const body = typeof call.body === 'string' ? (JSON.parse(call.body) as unknown) : undefined;
    return { ...call, path: decoded(call.path.replace(VERSION, '')), body };
  } catch {
    return undefined;
  }
}

const withHeaders = (answer: Answer, headers: Answer['headers']): Answer => ({
  ...answer,
  headers: { ...answer.headers, ...headers },
});
