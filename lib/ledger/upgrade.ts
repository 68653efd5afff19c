/** Lines of version 0.1 in today's terms. */
import { isObject } from '../core/json.ts';
import type { Json, JsonObject } from '../core/model.ts';

const OUTCOMES: Readonly<Record<string, string | undefined>> = {
  refused: 'denied',
  restoredMeanwhile: 'restored',
  keptOnReread: 'kept',
};
/** Nothing was known yet of these: the fold says so by itself. */
const NO_END: ReadonlySet<Json | undefined> = new Set(['unverified', 'notAttempted']);

/** `undefined` where today there is no such line. */
export function upgraded(json: Json): Json | undefined {
  if (!isObject(json) || !isObject(json['record'])) return json;
  const { fence: _, record, ...line } = json;
  const upgradedRecord = isObject(record) ? recordOf(record) : undefined;
  return upgradedRecord && { ...line, record: upgradedRecord };
}

function recordOf(record: JsonObject): JsonObject | undefined {
  switch (record['kind']) {
    case 'nightStarted': {
      const { continues: _, ...rest } = record;
      return rest;
    }
    case 'planned':
      return {
        ...record,
        state: record['state'] === 'refused' ? 'overLimit' : (record['state'] ?? null),
        refusals: refusalsOf(record),
      };
    case 'intended':
      return { ...record, kind: 'announced' };
    case 'answered':
      return { ...record, answer: record['answer'] === 'forbidden' ? 'denied' : (record['answer'] ?? null) };
    case 'settled':
      return settledOf(record);
    case 'nightEnded':
      return endedOf(record);
    case 'takenOver':
      return undefined;
    default:
      return record;
  }
}

function settledOf({ intendedBy, ...record }: JsonObject): JsonObject | undefined {
  const outcome = record['outcome'];
  if (NO_END.has(outcome)) return undefined;
  return {
    ...record,
    outcome: OUTCOMES[String(outcome)] ?? outcome ?? null,
    ...(intendedBy !== undefined && { announcedBy: intendedBy }),
  };
}

function endedOf(record: JsonObject): JsonObject {
  const told = isObject(record['outcomes']) ? record['outcomes'] : {};
  const { unverified = 0, notAttempted = 0, ...ends } = told;
  const outcomes = Object.fromEntries(
    Object.entries(ends).map(([name, users]) => [OUTCOMES[name] ?? name, users]),
  );
  return { ...record, refusals: refusalsOf(record), outcomes, open: unverified, notAttempted };
}

/** The share of the synced users was a limit of its own. */
const refusalsOf = ({ refusals }: JsonObject): Json =>
  Array.isArray(refusals)
    ? refusals.map((one: Json) =>
        isObject(one) && one['refusal'] === 'tooLargeShare' ? { ...one, refusal: 'tooManyPurges' } : one,
      )
    : [];
