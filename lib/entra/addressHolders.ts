/** Which live users, guests among them, hold an address just now. */
import { objectId } from '../core/ids.ts';
import type { JsonObject } from '../core/model.ts';
import type { AddressHolders, LiveHolder } from '../ports.ts';
import type { GraphClient } from './client.ts';
import { clausesFor, MAX_CLAUSES, valuesOf } from './holders.ts';
import { hasText, lookUpAnyhow } from './lookup.ts';

const SELECT = 'id,displayName,userPrincipalName,userType,mail,proxyAddresses';

/**
 * `addresses`: SMTP addresses or UPNs, and legacyExchangeDNs (`/o=…`), which live objects hold as `X500:/o=…`. Never
 * throws for what the service answers: `notRead` says what could not be learnt.
 */
export async function addressHolders(
  client: GraphClient,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<AddressHolders> {
  const wanted = addresses.map((address) => address.toLowerCase());
  const clauses = wanted.flatMap((text) => (text.startsWith('/') ? x500Clauses(text) : clausesFor(text)));
  const filters = Array.from({ length: Math.ceil(clauses.length / MAX_CLAUSES) }, (_, group) =>
    clauses.slice(group * MAX_CLAUSES, (group + 1) * MAX_CLAUSES),
  );
  const joined = await lookUpAnyhow(
    client,
    filters.map((group) => group.join(' or ')),
    SELECT,
    signal,
  );
  // Whether Graph joins these clauses is documented nowhere: where it does not, each is a query of its own.
  const apart = filters.flatMap((group, index) => {
    const answer = joined[index];
    return answer !== undefined && 'why' in answer && answer.unsupported ? group : [];
  });
  const single = await lookUpAnyhow(client, apart, SELECT, signal);
  const answers = [...joined.filter((one) => !('why' in one && one.unsupported)), ...single];
  const rows = answers.flatMap((one) => ('rows' in one ? one.rows : []));
  const found = rows.flatMap((row) => holderIn(row, wanted));
  const reasons = answers.flatMap((one) => {
    if ('why' in one) return [one.why];
    return one.more ? ['it gave only some of the users'] : [];
  });
  // An answer that is not of what was asked says nothing of who was.
  if (found.length < rows.length) reasons.push('it answered with users who have none of the addresses');
  return {
    holders: [...new Map(found.map((holder) => [holder.id, holder])).values()],
    notRead: reasons[0],
  };
}

const x500Clauses = (dn: string) => [
  hasText('proxyAddresses', `x500:${dn}`),
  hasText('proxyAddresses', `X500:${dn}`),
];

function holderIn(row: JsonObject, wanted: readonly string[]): readonly LiveHolder[] {
  const id = objectId(String(row['id']));
  const held = valuesOf(row).filter((value) => wanted.includes(value));
  if (id === undefined || held.length === 0) return [];
  const text = (name: string) => (typeof row[name] === 'string' ? row[name] : undefined);
  return [
    {
      id,
      displayName: text('displayName'),
      userPrincipalName: text('userPrincipalName'),
      isGuest: text('userType')?.toLowerCase() === 'guest',
      holds: [...new Set(held)],
    },
  ];
}
