/** What a probe (`infra/probe`) captured in a real tenant, as fixtures of the simulated one and as answers to questions. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { EntraUser } from './directory.ts';
import { entraUser } from './entraUser.ts';

const KINDS = ['external', 'internal'] as const;

const capture = z.strictObject({
  at: z.iso.datetime(),
  request: z.string(),
  /** Of HTTP; null for a cmdlet. */
  status: z.number().nullable(),
  answer: z.unknown(),
});
const text = z.string().nullable().default(null);
/** What the simulated tenant's user is made of. */
const givenUser = z.object({
  displayName: z.string(),
  userPrincipalName: z.string(),
  deletedDateTime: z.string(),
  mail: text,
  proxyAddresses: z.array(z.string()),
  onPremisesSyncEnabled: z.boolean().nullable().default(null),
  onPremisesImmutableId: text,
  onPremisesSecurityIdentifier: text,
  onPremisesDistinguishedName: text,
  onPremisesDomainName: text,
});
/** Whatever else Graph says is a fact, too. */
const deletedUser = z.looseObject({
  id: z.guid(),
  displayName: z.string(),
  userPrincipalName: z.string(),
  deletedDateTime: z.string(),
});
const mailUser = z.looseObject({ Guid: z.string(), ExternalDirectoryObjectId: z.string().nullable() });
const details = z.array(z.looseObject({ Event: z.string().nullable(), Detail: z.string().nullable() }));

export interface ProbeFixtures {
  readonly deletedUsers: readonly EntraUser[];
  /** Soft-deleted mail users as Exchange showed them, before the purge and at each look after it. */
  readonly mailUsers: Readonly<Record<string, readonly z.infer<typeof mailUser>[]>>;
  /** What no captured answer backed before, and what this probe saw. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** @throws where a file is missing or has another form */
export function probeFixtures(folder: string): ProbeFixtures {
  const read = (name: string) =>
    capture.parse(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')));
  const ofKinds = (name: string, see: (found: z.infer<typeof capture>) => unknown) =>
    Object.fromEntries(KINDS.map((kind) => [kind, see(read(`${name}-${kind}`))]));
  const deleted = KINDS.map((kind) => deletedUser.parse(read(`deleted-${kind}`).answer));
  const looks = readdirSync(folder)
    .filter((name) => name.startsWith('mailusers-'))
    .toSorted()
    .map((name) => name.slice(0, -'.json'.length));
  const mailUsers = Object.fromEntries(
    looks.map((name) => [name, z.array(mailUser).parse(read(name).answer)] as const),
  );
  const perUser = (see: (user: z.infer<typeof deletedUser>) => unknown) => deleted.map(see);
  return {
    deletedUsers: deleted.map((user) =>
      entraUser(user.id, Date.parse(user.deletedDateTime), givenUser.parse(user)),
    ),
    mailUsers,
    facts: {
      onPremisesSyncEnabledAfterDeletion: perUser((user) => user['onPremisesSyncEnabled']),
      propertiesAfterDeletion: perUser((user) => Object.keys(user).toSorted()),
      plansAfterDeletion: perUser((user) => user['assignedPlans']),
      statusOfHolderQueryWithOr: ofKinds('holder', ({ status }) => status),
      statusOfDelete: ofKinds('purge', ({ status }) => status),
      statusAfterDelete: ofKinds('purged', ({ status }) => status),
      traceDetails: ofKinds('trace-details', ({ answer }) =>
        details.parse(answer).map(({ Detail }) => Detail),
      ),
      mailUsersAfterPurge: Object.entries(mailUsers)
        .filter(([name]) => name.includes('after'))
        .map(([name, found]) => ({
          look: name,
          left: found.length,
          entraIds: found.map(({ ExternalDirectoryObjectId }) => ExternalDirectoryObjectId),
        })),
      propertiesOfMailUser: Object.keys(mailUsers['mailusers-before']?.[0] ?? {}).toSorted(),
    },
  };
}
