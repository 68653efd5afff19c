import { z } from 'zod';
import { parseDn } from './distinguishedName.ts';

export const comment = {
  $comment: z.string().optional().describe('For people; the tool does not read it.'),
};

export const zDomain = z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, {
  error: 'must be a domain name such as "contoso.com", without @',
});

export const zDistinguishedName = z.string().refine((text) => parseDn(text) !== undefined, {
  error: 'must be a distinguished name such as "OU=Board,DC=contoso,DC=com"',
});
