import type { Random } from './random.ts';

const FIRST =
  'Ada Amir Anneliese Björn Carla Chidi Dana Émile Fatima Giulia Hiro Ines Jörg Katya Liam Mei Nadia Óscar Priya Quentin Rosa Sven Tomás Uma Viktor Wanda Xin Yusuf Zoë'.split(
    ' ',
  );
const LAST =
  "Abe Bauer Costa Dvořák Eriksen Ferrari García Haddad Ito Jansen Kowalski Li Müller Novak O'Neil Petrov Quist Rossi Silva Tanaka Ueda Varga Weiss Yılmaz Zhang".split(
    ' ',
  );

/** Other people's domains. One of them only looks like the tenant's own. */
const PARTNER_DOMAINS = [
  'contoso.com',
  'fabrikam.com',
  'northwindtraders.com',
  'adatum.com',
  'tailspintoys.de',
  'wingtip.co.uk',
  'notdomain.com',
] as const;

/** Somebody, with a number that keeps the addresses apart. */
export interface Person {
  readonly displayName: string;
  readonly alias: string;
  /** In a partner's domain. */
  readonly externalAddress: string;
  /** In the tenant's default domain. */
  readonly internalAddress: string;
  /** In the domain through which on-premises reaches Exchange Online. */
  readonly routingAddress: string;
}

export function person(random: Random, number: number): Person {
  const [first, last] = [random.pick(FIRST), random.pick(LAST)];
  const alias = `${plain(first)}.${plain(last)}${number}`;
  return {
    displayName: `${first} ${last} ${number}`,
    alias,
    externalAddress: `${alias}@${random.pick(PARTNER_DOMAINS)}`,
    internalAddress: `${alias}@domain.com`,
    routingAddress: `${alias}@serviceDomain.mail.onmicrosoft.com`,
  };
}

const PLAIN = new Map<string, string>();
function plain(name: string): string {
  const known = PLAIN.get(name);
  if (known !== undefined) return known;
  const ascii = name
    .normalize('NFD')
    .replaceAll('ı', 'i')
    .replaceAll(/[^a-zA-Z]/g, '')
    .toLowerCase();
  PLAIN.set(name, ascii);
  return ascii;
}
