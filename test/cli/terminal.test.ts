/** What reaches a terminal: never a control character of somebody else's. */
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { createTerminal, visible } from '../../lib/cli/terminal.ts';

function stream(isTTY: boolean) {
  const chunks: string[] = [];
  const one = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  one.on('data', (chunk) => chunks.push(String(chunk)));
  return { stream: one as unknown as NodeJS.WriteStream, text: () => chunks.join('') };
}
const step = (what: string) => ({ step: 2, of: 4, what });

test.each([
  ['\u001b[31mred\u001b[0m', '\\u001b[31mred\\u001b[0m'],
  ['\u009b2J', '\\u009b2J'],
  ['a\r\nb\tc', 'a\\u000d\\u000ab\\u0009c'],
  ['\u202Etxt.exe\u2066', '\\u202etxt.exe\\u2066'],
  ['\u{E0041}', '\\udb40\\udc41'],
  ['\uD800', '\uFFFD'],
  ['Björn 李 👩‍👧', 'Björn 李 👩‍👧'],
])('%j is shown as %s', (text, shown) => expect(visible(text)).toBe(shown));

test('JSON is the same value, and its text has no control character', () => {
  const out = stream(true);
  const value = { name: 'a\u009b\u202E\u{E0041}\n', list: ['\u001b'] };
  createTerminal(out.stream, stream(true).stream).json(value);
  expect(out.text()).not.toMatch(/[^\P{Cc}\n]|\u202E/u);
  expect(JSON.parse(out.text())).toEqual(value);
});

test('a progress bar appears on a terminal after a second, and is gone before a line is written', () => {
  const [out, err] = [stream(true), stream(true)];
  let now = 0;
  const terminal = createTerminal(out.stream, err.stream, () => now);
  terminal.progress(step('reading \u001b[2J'));
  expect(err.text()).toBe('');
  now = 1_001;
  terminal.progress(step('reading \u001b[2J'), 1_200);
  expect(err.text()).toBe('\r\u001b[2K██████░░░░░░░░░░░░░░░░░░ 2 of 4: reading \\u001b[2J (1,200 so far)');
  terminal.out('done');
  expect(err.text().endsWith('so far)\r\u001b[2K')).toBe(true);
  expect(out.text()).toBe('done\n');
});

test('elsewhere each step is one plain line, whatever its count', () => {
  const err = stream(false);
  const terminal = createTerminal(stream(false).stream, err.stream);
  for (const count of [0, 999, 1_998]) terminal.progress(step('reading the users'), count);
  terminal.note({ text: 'red', style: 'red' });
  expect(err.text()).toBe('2 of 4: reading the users\nred\n');
});
