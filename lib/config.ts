/** The app settings: environment → Config, or every problem at once. */
import { z } from 'zod';
import host from '../host.json' with { type: 'json' };
import { hostsOf, leadsTo, type Service, telemetryStays } from './allowedHosts.ts';
import { NightRefused } from './errors.ts';
import { scheduleProblem } from './schedule.ts';

/** Six fields, seconds first (Azure Functions, NCRONTAB expressions): every night at 02:00 UTC. */
export const DEFAULT_SCHEDULE = '0 0 2 * * *';

/** `hh:mm:ss`. The host then ends the function by force. */
const [TIMEOUT_HOURS = 0, TIMEOUT_MINUTES = 0] = host.functionTimeout.split(':').map(Number);
const FUNCTION_TIMEOUT_MINUTES = TIMEOUT_HOURS * 60 + TIMEOUT_MINUTES;

const url = (protocol: RegExp) => z.url({ protocol, error: 'must be an https URL' });

/** Origin only. Tokens go there. */
const root = (service: Service) =>
  url(/^https$/)
    .refine((text) => !URL.canParse(text) || leadsTo(service, text), {
      error: `must be one of ${hostsOf(service)}, since tokens go there`,
    })
    .transform((text) => new URL(text).origin);

/** Nothing but the place: it is told to people, and a SAS would be told with it. The identity is what signs in. */
const storage = (path: RegExp, shape: string) =>
  url(/^https$/).refine(
    (text) => {
      const place = URL.parse(text);
      // What is no URL at all is told so already.
      if (place === null) return true;
      const isBare = `${place.search}${place.username}${place.password}` === '';
      return isBare && path.test(place.pathname) && leadsTo('storage', text);
    },
    {
      error: `must be https://<account>.blob.core.windows.net/${shape}, or the same in a national cloud, without a SAS`,
    },
  );
const container = storage(/^\/[^/]/, '<container>');
const blob = storage(/^\/[^/]+\/[^/]/, '<container>/<blob>');

const settings = z.object({
  GRAPH_ROOT: root('graph')
    .prefault('https://graph.microsoft.com')
    .describe('Microsoft Graph, or the Graph of a national cloud.'),
  MANAGED_IDENTITY_CLIENT_ID: z
    .guid({ error: 'must be a GUID' })
    .optional()
    .describe('Client id of the user-assigned managed identity; the system-assigned one where absent.'),
  POLICY_FILE: z.string().default('policy.json').describe('Path of the policy file.'),
  LEDGER_CONTAINER_URL: container
    .optional()
    .describe('Blob container that keeps the ledger, https://<account>.blob.core.windows.net/<container>.'),
  LEDGER_DIRECTORY: z
    .string()
    .optional()
    .describe('Folder that keeps the ledger, where there is no blob container.'),
  APPLICATIONINSIGHTS_CONNECTION_STRING: z
    .string()
    .regex(/InstrumentationKey=/i, { error: 'must be a connection string' })
    .refine(telemetryStays, { error: `must lead to Application Insights: ${hostsOf('telemetry')}` })
    .optional()
    .describe('Where telemetry goes. Without it there is only the log.'),
  EXPORT_CONTAINER_URL: container
    .optional()
    .describe('Blob container with the on-premises export, where the policy names that source.'),
  EXPORT_DIRECTORY: z.string().optional().describe('Folder with the export, where there is no container.'),
  EXCHANGE_ROOT: root('exchange')
    .prefault('https://outlook.office365.com')
    .describe('Exchange Online, or that of a national cloud; used where the policy asks it.'),
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: z
    .string()
    .regex(/Authorization=AAD/i, { error: 'must contain "Authorization=AAD"' })
    .optional()
    .describe('Set where Application Insights takes no keys: the managed identity then sends telemetry.'),
  NIGHTLY_SCHEDULE: z
    .string()
    .trim()
    .superRefine((text, context) => {
      const problem = scheduleProblem(text);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    })
    .default(DEFAULT_SCHEDULE)
    .describe('When the night runs.'),
  NIGHT_TIME_LIMIT_MINUTES: z.coerce
    .number({ error: 'must be a number' })
    .positive({ error: 'must be more than 0' })
    .lt(FUNCTION_TIMEOUT_MINUTES, {
      error: `must be less than ${FUNCTION_TIMEOUT_MINUTES}, the functionTimeout of host.json`,
    })
    .default(50)
    .describe('After this the night stops cleanly; less than functionTimeout in host.json.'),
  NIGHTLY_PURGE_HALT: z
    .string()
    .optional()
    .describe('Any value but "false" and "0" refuses every night until it is taken away.'),
  HALT_BLOB_URL: blob
    .optional()
    .describe('A blob: as long as it exists, every night is refused, and one under way stops at once.'),
  HALT_FILE: z.string().optional().describe('The same as a file, where there is no container.'),
});

const placesOf = ({ LEDGER_CONTAINER_URL, LEDGER_DIRECTORY }: z.output<typeof settings>) =>
  [LEDGER_CONTAINER_URL, LEDGER_DIRECTORY].filter((place) => place !== undefined).length;
const ledgerProblem = (error: string) => ({ path: ['LEDGER_CONTAINER_URL'], error, when: () => true });
/** A night has one ledger. Whoever only looks may have none. */
const ofTheNight = settings.refine(
  (values) => placesOf(values) === 1,
  ledgerProblem('or LEDGER_DIRECTORY must be set, and not both'),
);
const ofTheDesk = settings.refine(
  (values) => placesOf(values) <= 1,
  ledgerProblem('and LEDGER_DIRECTORY must not both be set'),
);

export interface Config {
  /** Origin only, without `/v1.0`. */
  readonly graphRoot: string;
  readonly managedIdentityClientId: string | undefined;
  /** The platform gives this process a managed identity (IDENTITY_ENDPOINT) or a function app (WEBSITE_INSTANCE_ID). */
  readonly inAzure: boolean;
  readonly policyFile: string;
  readonly ledger: { readonly containerUrl: string } | { readonly directory: string };
  /** Absent where no setting says where exports are. */
  readonly exports: { readonly containerUrl: string } | { readonly directory: string } | undefined;
  readonly exchangeRoot: string;
  /** By the NAME in AD_<NAME>_USERNAME, AD_<NAME>_PASSWORD and AD_<NAME>_CA. */
  readonly directoryCredentials: Readonly<Record<string, DirectoryCredentials>>;
  readonly connectionString: string | undefined;
  /** Telemetry goes under the managed identity. */
  readonly telemetryByIdentity: boolean;
  readonly timeLimitMs: number;
  /** Of the app setting, as it is at this moment. */
  readonly isHalted: () => boolean;
  readonly haltBlobUrl: string | undefined;
  readonly haltFile: string | undefined;
}

/** Of an operator's desk. */
export interface DeskConfig extends Omit<Config, 'ledger'> {
  readonly ledger: Config['ledger'] | undefined;
}

/** Who asks an Active Directory domain, and whose certificates are believed. */
interface DirectoryCredentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** PEM; the machine's own certificate authorities where absent. */
  readonly ca: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The names of the settings that {@link readConfig} knows. */
export const SETTING_NAMES: readonly string[] = Object.keys(settings.shape);

/** @throws NightRefused `configurationInvalid`, naming every setting that is wrong. */
export function readConfig(environment: Environment): Config {
  const values = settingsIn(environment, ofTheNight);
  return { ...configOf(values, environment), ledger: ledgerOf(values) ?? { directory: '' } };
}

/** The same for an operator's desk, which may have no ledger. @throws NightRefused `configurationInvalid` */
export function readDeskConfig(environment: Environment): DeskConfig {
  const values = settingsIn(environment, ofTheDesk);
  return { ...configOf(values, environment), ledger: ledgerOf(values) };
}

type Settings = z.output<typeof settings>;

function settingsIn(environment: Environment, schema: z.ZodType<Settings>): Settings {
  const unresolved = unresolvedReferences(environment);
  const result = schema.safeParse(withoutBlanks(environment));
  if (result.success && unresolved.length === 0) return result.data;
  const problems = [
    ...(unresolved.length === 0 ? [] : [`${unresolved.join(', ')}: ${UNRESOLVED}`]),
    ...(result.error?.issues ?? [])
      .map((issue) => ({ name: issue.path.join('.'), problem: issue.message }))
      .filter(({ name }) => !unresolved.includes(name))
      .map(({ name, problem }) => `${name} ${problem}`),
  ];
  throw new NightRefused(
    'configurationInvalid',
    `The app settings are wrong: ${problems.join('; ')}. Nobody is purged. Correct them and wait for the next night.`,
  );
}

const ledgerOf = (values: Settings) => place(values.LEDGER_CONTAINER_URL, values.LEDGER_DIRECTORY);

function configOf(values: Settings, environment: Environment): Omit<Config, 'ledger'> {
  return {
    graphRoot: values.GRAPH_ROOT,
    managedIdentityClientId: values.MANAGED_IDENTITY_CLIENT_ID,
    inAzure: ['IDENTITY_ENDPOINT', 'WEBSITE_INSTANCE_ID'].some((name) => Boolean(environment[name])),
    policyFile: values.POLICY_FILE,
    exports: place(values.EXPORT_CONTAINER_URL, values.EXPORT_DIRECTORY),
    exchangeRoot: values.EXCHANGE_ROOT,
    directoryCredentials: directoryCredentials(environment),
    connectionString: values.APPLICATIONINSIGHTS_CONNECTION_STRING,
    telemetryByIdentity: values.APPLICATIONINSIGHTS_AUTHENTICATION_STRING !== undefined,
    timeLimitMs: Math.ceil(values.NIGHT_TIME_LIMIT_MINUTES * 60_000),
    isHalted: () => isHalting(environment['NIGHTLY_PURGE_HALT']),
    haltBlobUrl: values.HALT_BLOB_URL,
    haltFile: values.HALT_FILE,
  };
}

const isHalting = (value = '') => !['', 'false', '0'].includes(value.trim().toLowerCase());

function place(
  containerUrl: string | undefined,
  directory: string | undefined,
): { readonly containerUrl: string } | { readonly directory: string } | undefined {
  if (containerUrl !== undefined) return { containerUrl };
  return directory === undefined ? undefined : { directory };
}

const CREDENTIAL = /^AD_([A-Z0-9]+)_(?:USERNAME|PASSWORD|CA)$/;

function directoryCredentials(environment: Environment): Config['directoryCredentials'] {
  const names = Object.keys(environment).flatMap((key) => CREDENTIAL.exec(key)?.[1] ?? []);
  const of = (name: string): DirectoryCredentials => ({
    username: environment[`AD_${name}_USERNAME`],
    password: environment[`AD_${name}_PASSWORD`],
    // App settings and Key Vault references hold one line; a PEM needs its own.
    ca: environment[`AD_${name}_CA`]?.replaceAll('\\n', '\n'),
  });
  return Object.fromEntries(names.map((name) => [name, of(name)]));
}

/**
 * The schedule, for a binding that is registered while the file loads and may not throw there: a wrong one
 * gives the default, and the night itself then names the mistake.
 */
export function scheduleOf(environment: Environment): string {
  const schedule = environment['NIGHTLY_SCHEDULE'];
  return schedule !== undefined && scheduleProblem(schedule) === undefined
    ? schedule.trim()
    : DEFAULT_SCHEDULE;
}

const UNRESOLVED =
  'a Key Vault reference that Azure could not resolve (see its status among the environment variables of the function app: is the secret there, may the identity read it, is the vault reached?)';

/** Azure leaves the text of such a reference where the secret should be. */
function unresolvedReferences(environment: Environment): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    const isRead = SETTING_NAMES.includes(name) || CREDENTIAL.test(name);
    return isRead && /^\s*@Microsoft\.KeyVault\(/i.test(value ?? '') ? [name] : [];
  });
}

/** A setting left blank in the portal is a setting not made. */
function withoutBlanks(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim() !== ''));
}
