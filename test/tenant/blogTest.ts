import type { OnPremUser } from './onPrem.ts';
import { PEOPLE_OU, type World } from './world.ts';

export const BLOG_TEST = {
  userPrincipalName: 'BlogTest@domain.com',
  externalAddress: 'user@microsoft.com',
} as const;

/**
 * The user of the case that this is all about: on-premises, mail-enabled with an address outside (Tim McMichael,
 * "Office 365: Mail to deleted mail enabled user accounts results in NDR", 2014). Not synced yet.
 */
export function seedBlogTest(world: World): OnPremUser {
  const user = world.onPrem.create({
    displayName: 'Blog Test',
    samAccountName: 'BlogTest',
    userPrincipalName: BLOG_TEST.userPrincipalName,
    ou: PEOPLE_OU,
  });
  world.truth.tag(user.key, 'blogTest');
  return world.onPrem.mailEnable(user, {
    externalAddress: BLOG_TEST.externalAddress,
    aliases: [
      'BlogTest@domain1.domain2.com',
      'BlogTest@serviceDomain.mail.onmicrosoft.com',
      'BlogTest@domain.com',
    ],
  });
}
