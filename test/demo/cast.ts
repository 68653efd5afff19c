/** The people whom the story names, and how the company's other deleted users fit into it. */
import { seedBlogTest } from '../tenant/blogTest.ts';
import { immutableIdOf, type OnPremUser } from '../tenant/onPrem.ts';
import type { PopulationOptions } from '../tenant/population.ts';
import type { Step } from '../tenant/timeline.ts';
import { ARCHIVE_OU, PARTNERS_OU, type World } from '../tenant/world.ts';

/** Domain of a partner whom the demo's policy protects. */
export const PROTECTED_DOMAIN = 'northwindtraders.com';

/** Within the grace period that goes with the source. */
const recentDays = (sourceKnowsOnPrem: boolean) =>
  sourceKnowsOnPrem ? ([1.8, 0.2] as const) : ([10, 1] as const);

export interface CastOptions {
  /** A source that knows on-premises is asked: whoever merely moved has done so long ago. */
  readonly sourceKnowsOnPrem: boolean;
  /** Exchange Online is asked: holds are known, and may be old. */
  readonly exchange: boolean;
}

/** Entra object ids. */
export interface Cast {
  readonly blogTest: string;
  /** Somebody asked that this one be kept for a while. */
  readonly protectedUser: string;
  /** Moved to an OU that is not synced; on-premises as alive as ever. */
  readonly movedUser: string;
  /** On litigation hold, which Graph cannot show. */
  readonly heldUser: string;
  /** A mail user whose primary address is the tenant's own. */
  readonly internalPrimary: string;
}

const JOINED_DAYS_AGO = 40;

/** What becomes of them, and afterwards who they are. */
export function castSteps(
  world: World,
  { sourceKnowsOnPrem, exchange }: CastOptions,
): { readonly steps: readonly Step[]; readonly cast: () => Cast } {
  const people = new Map<keyof Cast, OnPremUser>();
  const idOf = (name: keyof Cast) => {
    const user = people.get(name);
    return (user && world.entra.holderOf(immutableIdOf(user))) ?? '';
  };
  const join = () => {
    people.set('blogTest', seedBlogTest(world));
    people.set('protectedUser', mailUser(world, 'Priya Patel', 'priya.patel@fabrikam.com'));
    people.set('movedUser', mailUser(world, 'Mona Moss', 'mona.moss@contoso.com'));
    people.set('heldUser', mailUser(world, 'Hugo Holt', 'hugo.holt@adatum.com'));
    people.set(
      'internalPrimary',
      mailUser(world, 'Ines Inman', 'ines.inman@contoso.com', 'ines.inman@domain.com'),
    );
  };
  const leave = (name: keyof Cast, daysAgo: number): Step => ({
    daysAgo,
    run: () => {
      const user = people.get(name);
      if (user === undefined) return;
      if (name === 'movedUser') world.onPrem.move(user, ARCHIVE_OU);
      else world.onPrem.delete(user);
    },
  });
  return {
    steps: [
      { daysAgo: JOINED_DAYS_AGO, run: join },
      {
        daysAgo: JOINED_DAYS_AGO - 1,
        run: () => world.exchange.placeHold(idOf('heldUser'), { litigationHoldEnabled: true }),
      },
      leave('blogTest', 16),
      leave('protectedUser', 20),
      leave('movedUser', sourceKnowsOnPrem ? 18 : 5),
      leave('heldUser', exchange ? 19 : recentDays(sourceKnowsOnPrem)[0]),
      leave('internalPrimary', 21),
    ],
    cast: () => ({
      blogTest: idOf('blogTest'),
      protectedUser: idOf('protectedUser'),
      movedUser: idOf('movedUser'),
      heldUser: idOf('heldUser'),
      internalPrimary: idOf('internalPrimary'),
    }),
  };
}

/**
 * The others. Whom tonight's means cannot tell from the gone (moved, deleted by an administrator, on hold) was
 * deleted within the grace period, which is what that is for.
 */
export function kindsFor({
  sourceKnowsOnPrem,
  exchange,
}: CastOptions): NonNullable<PopulationOptions['kinds']> {
  const recently = { deleted: recentDays(sourceKnowsOnPrem) };
  return {
    longGoneMailUser: { share: 40 },
    ...(!sourceKnowsOnPrem && { movedOutOfScopeMailUser: recently, deletedByAdminMailUser: recently }),
    ...(!exchange && { onHoldMailUser: recently }),
  };
}

function mailUser(
  world: World,
  displayName: string,
  externalAddress: string,
  primary = externalAddress,
): OnPremUser {
  const alias = displayName.replace(' ', '.').toLowerCase();
  const user = world.onPrem.create({
    displayName,
    userPrincipalName: `${alias}@domain.com`,
    ou: PARTNERS_OU,
  });
  return world.onPrem.mailEnable(user, {
    externalAddress,
    primary,
    aliases: [externalAddress, `${alias}@serviceDomain.mail.onmicrosoft.com`],
  });
}
