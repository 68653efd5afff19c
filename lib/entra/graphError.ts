import { isObject, withoutSecrets } from '../core/json.ts';
import type { Json } from '../core/model.ts';

/** Graph's code and message in an error's body, fit for a log; empty where there is none. */
export function graphErrorIn(body: Json | undefined): string {
  const error = isObject(body) ? body['error'] : undefined;
  if (!isObject(error)) return '';
  const parts = [error['code'], error['message']].filter(
    (part) => typeof part === 'string' && part.trim() !== '',
  );
  return withoutSecrets(parts.join(': '));
}
