/** `<domain>/manifest.json`: what an export says of itself. It is written last, so that what it names is whole. */
import { z } from 'zod';
import { elapsedMs, HOUR_MS, type Timestamp, timestamp } from '../core/ids.ts';

/** The columns of each format version. Others may be there as well, and are not read. */
export const EXPORT_COLUMNS = [
  'immutableId',
  'objectGuid',
  'userPrincipalName',
  'mail',
  'proxyAddresses',
  'targetAddress',
  'recipientTypeDetails',
  'distinguishedName',
] as const;

const EXPORT_COLUMNS_2 = [
  'kind',
  'immutableId',
  'objectGuid',
  'objectSid',
  'sidHistory',
  'userPrincipalName',
  'mail',
  'proxyAddresses',
  'targetAddress',
  'recipientTypeDetails',
  'disabled',
  'distinguishedName',
  'deletedAt',
  'leftOut',
] as const;
/** Live users: in format 1 every row is one. */
export const usersIn = (manifest: ExportManifest) =>
  manifest.formatVersion === 1 ? manifest.rows : manifest.users;
export const columnsOf = ({ formatVersion }: Pick<ExportManifest, 'formatVersion'>) =>
  formatVersion === 1 ? EXPORT_COLUMNS : EXPORT_COLUMNS_2;

/** `mS-DS-ConsistencyGuid`, else `objectGUID`, as Entra Connect does unless told otherwise. */
export const DEFAULT_SOURCE_ANCHOR = 'auto';

/** Clocks of servers in one forest are never further apart (Kerberos' own limit). */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;
/** Bounds the memory that a manifest can ask for: 10 million ids take 213 MB. */
const MAX_ROWS = 10_000_000;

const zTimestamp = z.string().transform((text, context): Timestamp => {
  const moment = timestamp(text);
  if (moment !== undefined) return moment;
  context.addIssue({ code: 'custom', message: 'must be a UTC time such as "2026-01-05T02:11:09.000Z"' });
  return z.NEVER;
});

const common = {
  /** DNS name. */
  domain: z.string().min(1),
  /** The attribute that `immutableId` was taken from, or {@link DEFAULT_SOURCE_ANCHOR}. */
  sourceAnchor: z.string().min(1),
  domainController: z.string().min(1),
  /** The domain controller's `highestCommittedUSN` at the start: a decimal number, as text, since it has 64 bits. */
  highestUsn: z.string().regex(/^\d{1,20}$/, { error: 'must be a decimal number in quotes' }),
  started: zTimestamp,
  finished: zTimestamp,
  rows: z.number().int().min(0).max(MAX_ROWS),
  /** Of the file as stored, gzip and all. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/i, { error: 'must be 64 hexadecimal digits' }),
  /** Beside the manifest. The name is never used twice. */
  file: z.string().regex(/^users-[\w-]+\.csv\.gz$/i, {
    error: 'must be a file name such as "users-20260105T021109Z.csv.gz"',
  }),
  columns: z.array(z.string().min(1)).min(1),
};
const zCount = z.number().int().min(0);
const exportManifest = z.discriminatedUnion('formatVersion', [
  z.strictObject({ formatVersion: z.literal(1), ...common }),
  /** See infra/onprem/FORMAT.md. */
  z.strictObject({
    formatVersion: z.literal(2),
    ...common,
    invocationId: z.string(),
    users: zCount,
    tombstones: zCount,
    containers: zCount,
    usersWithAnchor: zCount,
    /** false: that there are no tombstones says nothing. */
    tombstonesReadable: z.boolean(),
    leftOut: z.array(z.looseObject({ why: z.string(), kind: z.string(), objects: zCount })),
    duplicateAnchors: zCount,
    duplicates: z.array(z.looseObject({ immutableId: z.string() })),
  }),
]);
export type ExportManifest = Readonly<z.infer<typeof exportManifest>>;

/** Which export of a domain was seen last. */
export type SeenExport = Pick<ExportManifest, 'finished'> &
  Partial<Pick<ExportManifest, 'domainController' | 'highestUsn'>>;

/** Why an export cannot be used. */
export interface Flaw {
  readonly refusal: 'sourceIncomplete' | 'sourceEmpty';
  readonly detail: string;
  /** An export under way may mend it, so that waiting a little makes sense. */
  readonly mayPass: boolean;
}

const flaw = (detail: string, mayPass = false): Flaw => ({ refusal: 'sourceIncomplete', detail, mayPass });

export interface Expected {
  readonly domain: string;
  readonly sourceAnchor: string;
  readonly maxAgeHours: number;
  readonly now: Timestamp;
  readonly lastSeen: SeenExport | undefined;
}

/** The manifest in `text`, or what is wrong with it. */
export function parseManifest(text: string, expected: Expected): ExportManifest | Flaw {
  let json: unknown;
  try {
    // Out-File and Set-Content of older PowerShell begin with a byte order mark.
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return flaw('has a manifest that is not JSON');
  }
  const parsed = exportManifest.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
    return flaw(`has a manifest that is not of format version 1 or 2 (${problems.join('; ')})`);
  }
  return flawOf(parsed.data, expected) ?? parsed.data;
}

function flawOf(manifest: ExportManifest, expected: Expected): Flaw | undefined {
  const { domain, sourceAnchor, started, finished, columns } = manifest;
  const { now, maxAgeHours } = expected;
  if (!sameText(domain, expected.domain)) return flaw(`says that it is of the domain ${domain}`);
  if (!sameText(sourceAnchor, expected.sourceAnchor)) {
    return flaw(`took the immutable ids from ${sourceAnchor}, and ${expected.sourceAnchor} is expected`);
  }
  const missing = columnsOf(manifest).filter((column) => !columns.some((one) => sameText(one, column)));
  if (missing.length > 0) return flaw(`has no column ${missing.join(', ')}, as its manifest says`);
  if (started > finished)
    return flaw(`says that it finished at ${finished}, before it started at ${started}`);
  if (elapsedMs(now, finished) > MAX_CLOCK_SKEW_MS) {
    return flaw(`says that it finished at ${finished}, which is yet to come: it is ${now}`);
  }
  const backwards = backwardsFrom(manifest, expected.lastSeen);
  if (backwards !== undefined) return flaw(backwards);
  const hours = elapsedMs(started, now) / HOUR_MS;
  if (hours > maxAgeHours) {
    return flaw(`began ${hours.toFixed(1)} hours ago, at ${started}; ${maxAgeHours} are allowed`, true);
  }
  if (usersIn(manifest) === 0)
    return { refusal: 'sourceEmpty', detail: 'says that it holds not one user', mayPass: false };
  return undefined;
}

function backwardsFrom(manifest: ExportManifest, seen: SeenExport | undefined): string | undefined {
  if (seen === undefined) return undefined;
  if (manifest.finished < seen.finished) {
    return `finished at ${manifest.finished}, before the one that was read last, of ${seen.finished}`;
  }
  // USNs count on each domain controller for itself.
  if (seen.highestUsn === undefined || !sameText(manifest.domainController, seen.domainController ?? '')) {
    return undefined;
  }
  return BigInt(manifest.highestUsn) < BigInt(seen.highestUsn)
    ? `has USN ${manifest.highestUsn} of ${manifest.domainController}, which was at ${seen.highestUsn} before: an old state of that domain controller was restored`
    : undefined;
}

/** Attribute and domain names are compared without regard to case. */
export const sameText = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
