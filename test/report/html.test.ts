/** A display name is hostile input: whatever it is, it stays text. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DefaultTreeAdapterMap, parse, parseFragment } from 'parse5';
import { html } from '../../lib/report/html.ts';
import { everyKind, infest, renderedStory } from './night.ts';

type Node = DefaultTreeAdapterMap['node'];

/** Every element with its attributes, in order: what the parser made of the page, without its text. */
function skeleton(page: string): readonly string[] {
  const names: string[] = [];
  const errors: string[] = [];
  const walk = (node: Node) => {
    if ('tagName' in node) {
      const attributes = node.attrs.map(({ name, value }) => `${name}=${value}`);
      names.push([node.tagName, ...attributes].join(' '));
    }
    if ('childNodes' in node) for (const child of node.childNodes) walk(child);
  };
  walk(parse(page, { onParseError: ({ code }) => errors.push(code) }));
  expect(errors).toEqual([]);
  return names;
}

const textOf = (node: Node): string => {
  if ('value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
};

const pageWith = (text: string) => renderedStory(everyKind((record) => infest(record, text)));

describe('no text breaks out', () => {
  const harmless = skeleton(pageWith('harmless'));
  const check = (text: string) => expect(skeleton(pageWith(text))).toEqual(harmless);

  test('the text is on the page at all, in every place', () => {
    expect(pageWith('harmless').match(/harmless/g)?.length).toBeGreaterThan(20);
  });

  test.each([
    '<script>alert(1)</script>',
    '</script><script>alert(1)</script>',
    '</style><img src=x onerror=alert(1)>',
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    '</title></head><body onload=alert(1)>',
    '<!-- --!> --> <![CDATA[ ]]>',
    '&lt;script&gt;&#60;script&#62;&amp;',
    '</bdi></td></tr></table><h1>Nobody was purged</h1>',
    '{{7*7}} `alert(1)`',
    '\u0000\u0008\u000b\u001f\u007f\u0085 \r\n\t',
    '\ud800 \udfff half a pair',
    '\ufffe\uffff\u2028\u2029',
    '-->\u202emoc.tfosorcim@resu',
  ])('%j', check);

  test('whatever it is', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '&',
      '/',
      '=',
      '`',
      '!--',
      '-->',
      'script',
      '\0',
      ']]>',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.array(fc.oneof(pieces, fc.string({ maxLength: 4 })), { maxLength: 12 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(
        text.filter((one) => one.trim() !== ''),
        check,
      ),
      { numRuns: 100 },
    );
  });
});

describe('what is shown', () => {
  const shown = (text: string) => textOf(parse(html`<p>${text}</p>`.text)).trim();

  test('ordinary text of any script is shown as it is', () => {
    for (const text of ['Zoë & "Ann" <a@b.com>', "O'Neil", '木村', 'שלום', '👩‍👩‍👧', 'نرم‌افزار']) {
      expect(shown(text)).toBe(text);
    }
  });

  test('the same in an attribute', () => {
    const text = `" onclick='alert(1)' x="& <b>`;
    const [paragraph] = parseFragment(html`<p title="${text}" lang='${text}'></p>`.text).childNodes;
    expect(paragraph && 'attrs' in paragraph && paragraph.attrs).toEqual([
      { name: 'title', value: text },
      { name: 'lang', value: text },
    ]);
  });

  test('what cannot be seen, or turns text around, is named', () => {
    expect(shown('a\u202eb\u0000c\u200bd')).toBe('a[U+202E]b[U+0000]c[U+200B]d');
  });

  test('HTML made by a template is not escaped again; lists are joined; nothing is left out as nothing', () => {
    const items = ['<a>', '<b>'].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${items}${undefined}${false}${0}</ul>`.text).toBe(
      '<ul><li>&lt;a&gt;</li><li>&lt;b&gt;</li>0</ul>',
    );
  });
});
