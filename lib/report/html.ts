/** HTML that cannot be broken out of: whatever is put into a template is text, unless it is HTML made here. */

class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
export type Html = Markup;

/** What a template takes; `undefined` and `false` are left out. */
export type Content = string | number | Html | readonly (Html | undefined)[] | undefined | false;

/** A piece of HTML. Every value is escaped, for text and for quoted attributes alike; never leave off the quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Markup(parts.reduce((text, part, index) => `${text}${written(values[index - 1])}${part}`));
}

/** A constant of this folder, to be taken as it is. Never for anything that came from outside. */
export const verbatim = (constant: string): Html => new Markup(constant);

function written(value: Content): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  return typeof value === 'object' ? value.map((one) => one?.text ?? '').join('') : escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(UNSEEN, inSight)
    .replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
}

/** Controls, non-characters, and what turns text around: a name must not look like another one. */
const UNSEEN =
  /[\p{Cc}\p{Noncharacter_Code_Point}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/gu;
const inSight = (sign: string) =>
  sign === '\n' || sign === '\t'
    ? ' '
    : `[U+${sign.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`;
