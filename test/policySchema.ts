/** Writes `policy.schema.json`, so that editors complete and check the policy file. */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { policySchema } from '../lib/core/policy.ts';

export function publishedSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(policySchema, { io: 'input' });
  return `${JSON.stringify({ $schema, title: 'Policy of mailuser-purge', ...schema }, null, 2)}\n`;
}

if (process.argv[2] === '--write') writeFileSync('policy.schema.json', publishedSchema());
