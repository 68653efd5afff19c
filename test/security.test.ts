/** What SECURITY.md says is shown somewhere is shown there. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const text = readFileSync('SECURITY.md', 'utf8');
const links = [...text.matchAll(/\]\(([^)#]+)(?:#([^)]+))?\)/g)].map(([, path = '', anchor]) => ({
  path,
  anchor,
}));
/** Rows of the table of threats, by their cells. */
const threats = text
  .split('\n')
  .filter((line) => line.startsWith('| **'))
  .map((line) => line.split(' | '));

test('it is one page, and the README leads to it', () => {
  expect(text.split('\n').length).toBeLessThan(110);
  expect(readFileSync('README.md', 'utf8')).toContain('](SECURITY.md)');
});

test('every file that it names is there, every heading too', () => {
  const named = [...text.matchAll(/`((?:infra|lib|test)\/[^`]+)`/g)].map(([, path = '']) => path);
  expect([...named, ...links.map(({ path }) => path)].filter((path) => !existsSync(path))).toEqual([]);
  const lost = links.filter(({ path, anchor }) => anchor !== undefined && !headingsOf(path).includes(anchor));
  expect(lost).toEqual([]);
});

test('each threat says what stands against it, what is left, and which tests show it', () => {
  expect(threats.length).toBeGreaterThan(10);
  for (const [who = '', against = '', left = '', shown = '', ...more] of threats) {
    expect(more).toEqual([]);
    expect([who, against.length > 20, left.length > 20]).toEqual([who, true, true]);
    const tests = [...shown.matchAll(/\]\((test\/[^)]+\.test\.ts)\)/g)];
    expect([who, tests.length > 0]).toEqual([who, true]);
  }
});

test('the number of direct dependencies is right', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object };
  const words = ['Six', 'Seven', 'Eight', 'Nine', 'Ten', 'Eleven', 'Twelve'];
  expect(text).toContain(`${words[Object.keys(dependencies).length - 6]} direct ones.`);
});

/** As GitHub makes them. */
function headingsOf(path: string): readonly string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(/\s/g, '-'),
  );
}
