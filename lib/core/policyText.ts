/** The policy file as text: strict before the schema is, since a slip here would be read as something else. */
import { type Policy, parsePolicy } from './policy.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The policy in `bytes` (JSON in UTF-8, with or without a byte order mark), or everything that is wrong with it. In
 * another encoding a protected name would not be the one that is meant, and of two keys of one name only the last
 * would hold.
 * @throws Error for the operator: why it is no JSON
 */
export function parsePolicyText(
  bytes: Uint8Array,
): { readonly policy: Policy } | { readonly problems: readonly string[] } {
  const text = decoded(bytes);
  const json: unknown = JSON.parse(text);
  const twice = keysTwice(text);
  return twice.length > 0
    ? { problems: twice.map((key) => `${key} stands there twice, and only one can be meant`) }
    : parsePolicy(json);
}

function decoded(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new Error('it is not UTF-8; save it in that encoding', { cause: error });
  }
}

/** A text, with a colon behind it where it is a key; or where an object or a list begins or ends. */
const TOKEN = /("(?:[^"\\]+|\\.)*")(\s*:)?|[{}[\]]/gs;

/** The keys that come twice in one object of valid JSON, by path. */
function keysTwice(text: string): readonly string[] {
  const found = new Set<string>();
  const open: { readonly keys: Set<string>; last: string }[] = [];
  for (const [token, quoted, colon] of text.matchAll(TOKEN)) {
    const inner = open.at(-1);
    if (token === '{' || token === '[') {
      open.push({ keys: new Set(), last: '' });
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (quoted !== undefined && colon !== undefined && inner !== undefined) {
      inner.last = String(JSON.parse(quoted));
      if (inner.keys.has(inner.last)) found.add(pathOf(open));
      inner.keys.add(inner.last);
    }
  }
  return [...found];
}

const pathOf = (open: readonly { readonly last: string }[]) =>
  open
    .map(({ last }) => last)
    .filter((key) => key !== '')
    .join('.');
