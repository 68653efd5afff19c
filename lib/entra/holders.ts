/** Who has, just now, the name or an address that a deleted user had: any live user, a guest or a shared mailbox too. */
import { formerUpn, smtpAddress } from '../core/addresses.ts';
import type { ObjectId } from '../core/ids.ts';
import type { DeletedUser, Fact, JsonObject } from '../core/model.ts';
import type { Held } from '../ports.ts';
import type { GraphClient } from './client.ts';
import { equals, hasText, type Looked, lookUp, lookUpAnyhow } from './lookup.ts';
import { nameOf } from './schema.ts';

/** Graph takes so many clauses joined by `or` in a default query (microsoft-graph-docs issue 21098). */
export const MAX_CLAUSES = 15;
const SELECT = 'id,userPrincipalName,mail,proxyAddresses';

interface Query {
  readonly user: DeletedUser;
  readonly clauses: readonly string[];
}

/** Never throws for what the service answers. What could not be learnt is `unknown`. */
export async function holders(
  client: GraphClient,
  users: readonly DeletedUser[],
  signal: AbortSignal,
): Promise<ReadonlyMap<ObjectId, Held>> {
  const answers = new Map(users.map(({ id }) => [id, [] as Looked[]]));
  const together = users.flatMap((user) => inGroups(user, textsOf(user).flatMap(clausesFor)));
  const apart: Query[] = [];
  const looked = await lookUp(client, together.map(filterOf), SELECT, 'default', signal);
  for (const [index, { user, clauses }] of together.entries()) {
    const answer = looked[index];
    if (answer === undefined) continue;
    // Whether Graph joins these clauses is documented nowhere: where it does not, each is a query of its own.
    if ('why' in answer && answer.unsupported)
      apart.push(...clauses.map((one) => ({ user, clauses: [one] })));
    else answers.get(user.id)?.push(answer);
  }
  const single = await lookUpAnyhow(client, apart.map(filterOf), SELECT, signal);
  for (const [index, answer] of single.entries())
    answers.get(apart[index]?.user.id ?? ('' as ObjectId))?.push(answer);
  return judged(users, answers);
}

const filterOf = ({ clauses }: Query) => clauses.join(' or ');

/** One answer that is not of what was asked makes all of them doubtful: they may have changed places. */
function judged(
  users: readonly DeletedUser[],
  answers: ReadonlyMap<ObjectId, readonly Looked[]>,
): ReadonlyMap<ObjectId, Held> {
  const mixedUp = users.some((user) => {
    const texts = textsOf(user);
    return rowsIn(answers.get(user.id) ?? []).some((row) => !holdsOne(row, texts));
  });
  return new Map(
    users.map((user) => {
      const held = heldBy(user, answers.get(user.id) ?? []);
      const doubtful = mixedUp && held.value === 'no';
      return [user.id, doubtful ? unknown('it answered with users who have none of them') : held];
    }),
  );
}

const rowsIn = (answers: readonly Looked[]) => answers.flatMap((one) => ('rows' in one ? one.rows : []));

function heldBy(user: DeletedUser, answers: readonly Looked[]): Held {
  const texts = textsOf(user);
  const holder = rowsIn(answers).find((row) => holdsOne(row, texts));
  if (holder !== undefined) return { value: 'yes', origin: `a live user has it: ${inWords(holder)}` };
  if (formerUpn(user) === undefined || user.proxyAddresses === undefined) {
    return unknown('Graph did not say what the deleted user was called, and by which addresses');
  }
  for (const looked of answers) {
    if ('why' in looked) return unknown(looked.why);
    if (looked.more) return unknown('it gave only some of the users');
  }
  const origin = 'Entra ID has no live user with its name or one of its addresses';
  return answers.some((one) => 'stale' in one && one.stale)
    ? { value: 'no', origin: `${origin} (by an index that can lag behind)`, stale: true }
    : { value: 'no', origin };
}

const unknown = (why: string): Fact => ({
  value: 'unknown',
  origin: `Entra ID was asked for a live user with its name or one of its addresses: ${why}`,
});

/** The former name, and every SMTP address, without its prefix. */
function textsOf(user: DeletedUser): readonly string[] {
  const addresses = [user.mail, ...(user.proxyAddresses ?? [])].map((text) => smtpAddress(text ?? ''));
  const texts = [formerUpn(user)?.trim().toLowerCase(), ...addresses];
  return [...new Set(texts.filter((text): text is string => text !== undefined && text !== ''))];
}

/** That `eq` disregards case within a list is not documented, hence both spellings of the prefix. */
export const clausesFor = (text: string): readonly string[] => [
  equals('userPrincipalName', text),
  equals('mail', text),
  hasText('proxyAddresses', `smtp:${text}`),
  hasText('proxyAddresses', `SMTP:${text}`),
];

function inGroups(user: DeletedUser, clauses: readonly string[]): readonly Query[] {
  const count = Math.ceil(clauses.length / MAX_CLAUSES);
  return Array.from({ length: count }, (_, index) => ({
    user,
    clauses: clauses.slice(index * MAX_CLAUSES, (index + 1) * MAX_CLAUSES),
  }));
}

const holdsOne = (row: JsonObject, texts: readonly string[]) =>
  valuesOf(row).some((value) => texts.includes(value));

/** Its name and every address, in lower case and without the prefix of their type. */
export function valuesOf({ userPrincipalName, mail, proxyAddresses }: JsonObject): readonly string[] {
  const held = [userPrincipalName, mail, ...(Array.isArray(proxyAddresses) ? proxyAddresses : [])];
  return held
    .filter((one) => typeof one === 'string')
    .map((one) =>
      one
        .replace(/^(?:smtp|x500):/i, '')
        .trim()
        .toLowerCase(),
    );
}

function inWords(row: JsonObject): string {
  const { userPrincipalName } = row;
  return typeof userPrincipalName === 'string' ? `${userPrincipalName} (${nameOf(row)})` : nameOf(row);
}
