/** Why a night is refused on account of Active Directory, for whoever has to put it right. */
import { messageOf, NightRefused } from '../errors.ts';
import type { ForestConfig } from './domainController.ts';
import type { DirectoryFailed, DirectoryRefusal } from './ldapErrors.ts';

/** What one domain controller had to say. */
export interface Failure {
  readonly url: string;
  readonly failure: DirectoryFailed;
}

const NEXT: Readonly<Record<DirectoryRefusal, string>> = {
  accessDenied: 'Check the account, its password and what it may read: every user of the domain.',
  sourceEmpty: 'Check what the account may read, and that this is the right directory.',
  sourceIncomplete: 'Check the domain controllers, their certificates and the way to them.',
};

/** No domain controller of the domain answered to the end. */
export function refused({ domain }: ForestConfig, failures: readonly Failure[]): NightRefused {
  const order: readonly DirectoryRefusal[] = ['accessDenied', 'sourceEmpty', 'sourceIncomplete'];
  const refusal =
    order.find((name) => failures.some(({ failure }) => failure.refusal === name)) ?? 'sourceIncomplete';
  const said = failures.map(({ url, failure }) => `${url}: ${messageOf(failure)}`).join('; ');
  return new NightRefused(
    refusal,
    `Active Directory domain ${domain} was not read to its end (${said}). Nobody is purged, since only a whole directory proves that somebody is gone. ${NEXT[refusal]}`,
  );
}

/** @throws NightRefused `configurationInvalid`, naming everything that is wrong. */
export function checkConfiguration(forests: readonly ForestConfig[]): void {
  const names = forests.map(({ domain }) => domain.toLowerCase());
  const problems = [
    ...(forests.length === 0 ? ['no domain is named'] : []),
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is named twice`),
    ...forests.flatMap((forest) => problemsOf(forest).map((problem) => `${forest.domain}: ${problem}`)),
  ];
  if (problems.length === 0) return;
  throw new NightRefused(
    'configurationInvalid',
    `The source Active Directory is set up wrongly: ${problems.join('; ')}. Nobody is purged. Correct the policy and the app settings.`,
  );
}

function problemsOf({ domainControllers, startTls, username, password }: ForestConfig): readonly string[] {
  const needed = startTls ? 'ldap:' : 'ldaps:';
  return [
    ...(domainControllers.length === 0 ? ['no domain controller is named'] : []),
    ...domainControllers
      .filter((url) => !URL.canParse(url) || new URL(url).protocol !== needed)
      .map((url) => `${url} must be ${needed}//…, since startTls is ${startTls ? 'on' : 'off'}`),
    ...(username.trim() === '' ? ['the user name is missing'] : []),
    ...(password === '' ? ['the password is missing'] : []),
  ];
}
