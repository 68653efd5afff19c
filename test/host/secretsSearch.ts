/** Looks for secrets in whatever a night left behind, however they are written. */

/** A place and what is there. */
export interface Trace {
  readonly where: string;
  readonly content: string | Buffer;
}

/** As short a piece of a secret as is told from chance. What is cut off in the middle is found by its pieces. */
const PIECE = 20;

/** Each trace that holds one of the secrets, or a piece of it: `stdout holds the password of CORP (base64)`. */
export function leaksIn(
  traces: readonly Trace[],
  secrets: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  const needles = new Map<string, string>();
  for (const [name, values] of Object.entries(secrets)) {
    for (const value of values) {
      for (const piece of piecesOf(value)) {
        for (const [how, spelling] of spellingsOf(piece)) {
          if (!needles.has(spelling)) needles.set(spelling, `${name}${how}`);
        }
      }
    }
  }
  const found = traces.flatMap(({ where, content }) => {
    const text = (typeof content === 'string' ? Buffer.from(content) : content).toString('latin1');
    const held = [...needles].filter(([needle]) => text.includes(needle)).map(([, what]) => what);
    return [...new Set(held)].map((what) => `${where} holds ${what}`);
  });
  return [...new Set(found)];
}

/** The whole of a short one. Of a token its three parts are as good as the whole: each is cut into pieces by itself. */
function piecesOf(secret: string): readonly string[] {
  return secret.split('.').flatMap((part) => {
    if (part.length < 2 * PIECE) return part.length < 6 ? [] : [part];
    const starts = Array.from({ length: Math.floor(part.length / PIECE) }, (_, index) => index * PIECE);
    return starts.map((start) => part.slice(start, start + PIECE));
  });
}

function spellingsOf(piece: string): readonly (readonly [how: string, spelling: string])[] {
  const bytes = Buffer.from(piece);
  return [
    ['', piece],
    [', lower case', piece.toLowerCase()],
    [', upper case', piece.toUpperCase()],
    [', percent-encoded', encodeURIComponent(piece)],
    [', as JSON', JSON.stringify(piece).slice(1, -1)],
    [', as HTML', piece.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')],
    [', in hex', bytes.toString('hex')],
    [', in UTF-16', bytes.toString('latin1').replaceAll(/./gs, '$&\0')],
    ...[0, 1, 2].flatMap((before) =>
      (['base64', 'base64url'] as const).map(
        (code) => [`, in ${code}`, inside(bytes, before, code)] as const,
      ),
    ),
  ];
}

/** What of a text in base64 does not depend on what stands before and after these bytes. */
function inside(bytes: Buffer, before: number, code: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(code);
  const first = Math.ceil((before * 8) / 6);
  return text.slice(first, Math.floor(((before + bytes.length) * 8) / 6));
}
