/** The exports that on-premises delivers, one for each domain, as a source reads them. */
import { type OnPremUser as AdUser, immutableIdOf } from '../tenant/onPrem.ts';
import type { World } from '../tenant/world.ts';

export const ON_PREM_DOMAINS = ['domain.com', 'domain2.com'] as const;
export type OnPremDomain = (typeof ON_PREM_DOMAINS)[number];

export interface Delivery {
  readonly at: number;
  readonly users: readonly AdUser[];
  readonly ids: ReadonlySet<string>;
}

export interface Exports {
  /** A new export of every domain, of now. */
  deliver(): void;
  newest(domain: OnPremDomain): Delivery | undefined;
  /** The last but two, which an earlier night has most likely seen a successor of. */
  older(domain: OnPremDomain): Delivery | undefined;
  newestHas(immutableId: string): boolean;
}

export const domainIn = (user: AdUser): OnPremDomain =>
  user.userPrincipalName.toLowerCase().endsWith('@domain2.com') ? 'domain2.com' : 'domain.com';

/** So many deliveries are kept. */
const KEPT = 4;

export function openExports(world: World): Exports {
  const deliveries = new Map<OnPremDomain, Delivery[]>();
  const newest = (domain: OnPremDomain) => deliveries.get(domain)?.at(-1);
  return {
    deliver() {
      for (const domain of ON_PREM_DOMAINS) {
        const users = [...world.onPrem.users()].filter((user) => domainIn(user) === domain);
        const delivery = { at: world.clock.now(), users, ids: new Set(users.map(immutableIdOf)) };
        deliveries.set(domain, [...(deliveries.get(domain) ?? []), delivery].slice(-KEPT));
      }
    },
    newest,
    older: (domain) => deliveries.get(domain)?.at(-3),
    newestHas: (id) => ON_PREM_DOMAINS.some((domain) => newest(domain)?.ids.has(id) === true),
  };
}
