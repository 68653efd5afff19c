/** What the records of the ledger are made of, as schemas: text becomes branded ids here. */
import { z } from 'zod';
import {
  type ImmutableId,
  immutableId,
  type NightId,
  nightId,
  type ObjectId,
  objectId,
  type TenantId,
  type Timestamp,
  tenantId,
  timestamp,
} from './ids.ts';
import type { Json } from './model.ts';
import { KEEP_REASONS, REFUSALS } from './vocabulary.ts';

const parsed = <T>(parse: (text: string) => T | undefined, what: string) =>
  z.string().transform((text, context) => {
    const value = parse(text);
    if (value === undefined) {
      context.addIssue({ code: 'custom', message: `is not ${what}` });
      return z.NEVER;
    }
    return value;
  });

export const zObjectId = parsed<ObjectId>(objectId, 'an object id');
export const zTenantId = parsed<TenantId>(tenantId, 'a tenant id');
export const zImmutableId = parsed<ImmutableId>(immutableId, 'an immutable id');
export const zNightId = parsed<NightId>(nightId, 'a night id');
export const zTimestamp = parsed<Timestamp>(timestamp, 'a UTC time');
export const zJson = z.json() as unknown as z.ZodType<Json>;
export const zCount = z.number().int().nonnegative();
export const zAttempt = z.number().int().positive();
export const zHash = z.string().regex(/^[0-9a-f]{64}$/);
export const zFact = z.strictObject({ value: z.enum(['yes', 'no', 'unknown']), origin: z.string() });
export const zGeneration = { id: zObjectId, deletedDateTime: zTimestamp };
export const zRefusal = z.strictObject({
  refusal: z.enum(REFUSALS),
  detail: z.string(),
  limit: z.number().optional(),
  actual: z.number().optional(),
});
export const zCounts = z.strictObject({
  deletedUsers: zCount,
  purge: zCount,
  keep: zCount,
  keptBy: z.partialRecord(z.enum(KEEP_REASONS), zCount),
});
export const zVersion = z.string().regex(/^\d+\.\d+\.\d+$/);
export const zMeasurements = z.strictObject({
  durationMs: z.number().nonnegative(),
  graphCalls: zCount,
  resourceUnits: zCount,
  throttled: zCount,
  retries: zCount,
});
