/** What Exchange warns of beside an answer: of one object, or of the answer as a whole. */
import type { JsonObject } from '../core/model.ts';

/** By any of these a warning can name an object. */
const NAMES = [
  'Guid',
  'ExchangeGuid',
  'ExternalDirectoryObjectId',
  'Identity',
  'DistinguishedName',
  'LegacyExchangeDN',
  'PrimarySmtpAddress',
  'UserPrincipalName',
  'DisplayName',
  'Name',
  'Alias',
];
/** Shorter names stand in any sentence. */
const MIN_NAME = 4;

/** "The object contoso.com/Users/Bob has been corrupted, and it's in an inconsistent state." */
const OF_ONE_OBJECT =
  /\bthe (?:object|recipient|mailbox|mail user|user) \S.* (?:has been corrupted|is corrupted|is in an inconsistent state)/i;

/** Is this warning about one object, so that the others stand as they are? */
export const isOfOneObject = (warning: string, objects: readonly JsonObject[]) =>
  OF_ONE_OBJECT.test(warning) || objects.some((object) => names(warning, object));

/** Does the warning name this object? */
export function names(warning: string, object: JsonObject): boolean {
  const text = warning.toLowerCase();
  return NAMES.some((name) => {
    const value = object[name];
    return typeof value === 'string' && value.length >= MIN_NAME && text.includes(value.toLowerCase());
  });
}
