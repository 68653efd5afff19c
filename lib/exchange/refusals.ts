/** Why a read of Exchange Online refuses, in words for an operator. */
import type { Answered, Failed } from '../azure/answer.ts';
import { isObject, withoutSecrets } from '../core/json.ts';
import type { Reception } from '../core/retry.ts';
import { NightRefused } from '../errors.ts';

/** Exchange understood the request and will not answer it. Sending it again would not help. */
export class ReadRefused extends NightRefused {}

export const noToken = (scope: string, why: string) =>
  new NightRefused(
    'accessDenied',
    `No token for Exchange Online (${scope}): ${why}. Nobody is purged where Exchange's word is required. Check the app's managed identity.`,
  );

const notAllowed = (cmdlet: string, answer: string) =>
  new ReadRefused(
    'accessDenied',
    `Exchange Online does not let this app run ${cmdlet} (${answer}). Nobody is purged where Exchange's word is required. Grant the app Exchange.ManageAsApp and, in Exchange Online, membership of a role group with View-Only Recipients: infra/identity/grant.sh --exchange does the one and says how to do the other. New grants take a while to hold.`,
  );

const notUnderstood = (cmdlet: string, answer: string) =>
  new ReadRefused('sourceIncomplete', unexpected(cmdlet, `it answered ${answer}`).message);

export const incomplete = (cmdlet: string, how: string) =>
  new NightRefused(
    'sourceIncomplete',
    `Reading Exchange Online with ${cmdlet} ${how}. What Exchange knows of the deleted users is not known, and nobody is purged where its word is required. Wait for the next night.`,
  );

export const unexpected = (cmdlet: string, what: string) =>
  new NightRefused(
    'sourceIncomplete',
    `Exchange Online answered unexpectedly at its undocumented admin API. Asked with ${cmdlet}, ${what}. Nobody is purged where Exchange's word is required. If the next nights bring the same, the API has changed: look for a newer release of this tool, or let the policy do without Exchange.`,
  );

/** After so many attempts that did not bring a page. */
export function refusalOf(
  cmdlet: string,
  reception: Reception,
  answer: Answered | Failed,
  attempts: number,
): NightRefused {
  const words = answer.kind === 'answered' ? wordsIn(answer.body) : '';
  const what = `${reception}${words === '' ? '' : `: ${words}`}`;
  if (reception === 401 || reception === 403) {
    return notAllowed(cmdlet, what);
  }
  if (reception === 400 || reception === 404) {
    return notUnderstood(cmdlet, what);
  }
  if (typeof reception === 'number' && reception < 500 && reception !== 429 && reception !== 408) {
    return unexpected(cmdlet, `it answered ${what}`);
  }
  return incomplete(cmdlet, `failed ${attempts} times, the last time with ${what}`);
}

/** Exchange's own words in an error's body; empty where there are none. */
function wordsIn(json: unknown): string {
  const error = isObject(json) ? json['error'] : undefined;
  if (!isObject(error)) return '';
  const details = Array.isArray(error['details']) ? error['details'].filter(isObject) : [];
  const words = details.map((detail) => String(detail['message'] ?? '').replace(/^.*\|/s, '')).join(' ');
  return withoutSecrets(words.trim() === '' ? String(error['message'] ?? error['code'] ?? '') : words);
}
