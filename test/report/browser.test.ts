/** The report in a real browser: it reads well everywhere, it finds people, and nothing in it runs or calls out. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import axe from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { redacted } from '../../lib/core/redaction.ts';
import { CAN_BROWSE, HOW_TO_BROWSE, type Reading, startReading } from './browser.ts';
import { eventfulNight, everyKind, infest, MONTH, renderedStory } from './night.ts';

jest.setTimeout(60_000);

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };
const SMALL = renderedStory(eventfulNight(14, 30), MONTH);

let reading: Reading;
if (!CAN_BROWSE) process.stderr.write(`The report is not tested in a browser: ${HOW_TO_BROWSE}.\n`);
const describeInBrowser = CAN_BROWSE ? describe : describe.skip;

describeInBrowser('in Chromium', () => {
  beforeAll(async () => {
    reading = await startReading();
  });
  afterAll(() => reading?.close());

  const shown = (page: Page) => page.locator('#users tbody tr:visible').count();

  /** Rules of WCAG 2.2 A and AA, and axe's own best practices. */
  async function flaws(page: Page): Promise<readonly string[]> {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<axe.AxeResults> } }).axe.run(),
    );
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  describe.each<readonly [string, BrowserContextOptions]>([
    ['phone, light', { viewport: PHONE, colorScheme: 'light', isMobile: true, hasTouch: true }],
    ['phone, dark', { viewport: PHONE, colorScheme: 'dark', isMobile: true, hasTouch: true }],
    ['desk, light', { viewport: DESK, colorScheme: 'light' }],
    ['desk, dark', { viewport: DESK, colorScheme: 'dark' }],
  ])('%s', (name, options) => {
    test('fits, is accessible, asks for nothing and complains of nothing', async () => {
      const { page, noises } = await reading.open(SMALL, options);
      await reading.picture(page, name.replace(', ', '-'));
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport?.width);
      await page.locator('#users details').first().locator('summary').click();
      expect(noises).toEqual([]);
      expect(await flaws(page)).toEqual([]);
    });
  });

  test.each([
    ['refused', { status: 'refused', refusals: [{ refusal: 'tooManyPurges', detail: '44 of 20' }] }],
    ['failed', { status: 'failed', detail: 'Purging failed.' }],
  ] as const)('a night that %s is accessible too', async (name, { ...changes }) => {
    const story = eventfulNight(3, 5, {
      ...changes,
      refusals: 'refusals' in changes ? [...changes.refusals] : [],
    });
    const { page } = await reading.open(renderedStory(story));
    await reading.picture(page, name);
    expect(await flaws(page)).toEqual([]);
  });

  test('the search finds by name, address, id and reason, and says how many', async () => {
    const { page } = await reading.open(SMALL);
    expect(await shown(page)).toBe(44);
    await page.fill('#search', 'zoë.7@CONTOSO');
    expect(await shown(page)).toBe(1);
    expect(await page.textContent('#count')).toBe('1 to 1 of 1 shown');
    await page.fill('#search', '00000000000b unverified');
    expect(await page.textContent('#users tbody tr:visible .name')).toBe('Zoë 11');
    await page.fill('#search', 'nobody of this name');
    expect(await shown(page)).toBe(0);
    await page.fill('#search', '');
    await page.selectOption('#choice', 'purge');
    expect(await shown(page)).toBe(14);
    await page.selectOption('#choice', 'unverified');
    expect(await shown(page)).toBe(2);
  });

  test('on paper: every fact of whoever is shown, no search box, black on white', async () => {
    const { page } = await reading.open(SMALL, {
      viewport: { width: 794, height: 1123 },
      colorScheme: 'dark',
    });
    const fact = page.locator('#users .facts li').first();
    expect(await fact.isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await reading.picture(page, 'print');
    expect(await fact.isVisible()).toBe(true);
    expect(await page.locator('#tools').isVisible()).toBe(false);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
  });

  test('on paper: also who is on a later page, and nobody who was not searched for', async () => {
    const { page } = await reading.open(renderedStory(eventfulNight(3, 150)));
    expect(await shown(page)).toBe(100);
    await page.emulateMedia({ media: 'print' });
    expect(await shown(page)).toBe(153);
    await page.emulateMedia({ media: 'screen' });
    await page.fill('#search', 'zoë.152@');
    await page.emulateMedia({ media: 'print' });
    expect(await shown(page)).toBe(1);
  });

  test('without JavaScript: everybody is there, the facts of every purge are open', async () => {
    const big = renderedStory(eventfulNight(3, 150));
    const { page } = await reading.open(big, { javaScriptEnabled: false });
    expect(await shown(page)).toBe(153);
    expect(await page.locator('#tools').isVisible()).toBe(false);
    expect(await page.locator('#users details[open]').count()).toBe(3);
  });

  test('10,000 users: a hundred at a time, and still found', async () => {
    const html = renderedStory(eventfulNight(500, 9_500), MONTH);
    expect(html.length).toBeLessThan(15_000_000);
    const { page, noises } = await reading.open(html, { viewport: PHONE });
    expect(await shown(page)).toBe(100);
    expect(await page.textContent('#count')).toBe('1 to 100 of 10000 shown');
    await page.click('#after');
    expect(await page.textContent('#count')).toBe('101 to 200 of 10000 shown');
    await page.fill('#search', 'zoë.9999@');
    expect(await shown(page)).toBe(1);
    expect(noises).toEqual([]);
  });

  test('hostile names are text: nothing runs, nothing is asked for', async () => {
    const hostile = [
      '<script>alert(1)</script><img src=x onerror=alert(2)>',
      '"><svg onload=alert(3)><iframe srcdoc="<script>parent.alert(4)</script>">',
      "' autofocus onfocus='alert(5)",
      '</script></style></title><body onload=alert(6)><link rel=stylesheet href=//evil.example/a.css>',
      '<meta http-equiv=refresh content="0;url=https://evil.example">',
      'javascript:alert(7) <a href="javascript:alert(8)">click</a><form action=//evil.example><button autofocus>',
    ];
    for (const text of hostile) {
      const { page, noises } = await reading.open(renderedStory(everyKind((record) => infest(record, text))));
      expect(await page.textContent('#users .name')).toBe(text);
      for (const summary of await page.locator('summary').all()) await summary.click();
      await page.fill('#search', text);
      expect(await page.locator('#users').locator('img, iframe, svg, form, a, script, link').count()).toBe(0);
      expect(noises).toEqual([]);
    }
  });

  test('even markup that broke out could not run or call out', async () => {
    const broken = SMALL.replace(
      '</main>',
      '<script>alert(1)</script><img src="https://evil.example/x" onerror="alert(2)"></main>',
    );
    const { noises } = await reading.open(broken);
    expect(noises.filter((noise) => /^(dialog|popup)/.test(noise))).toEqual([]);
    const refused = noises.filter((noise) => /^console .*violates.*Content Security Policy/s.test(noise));
    expect(refused.join('\n')).toMatch(/inline script/);
    expect(refused.join('\n')).toMatch(/evil\.example.*"img-src data:"/);
  });

  test('without personal data it says how to find out who is who', async () => {
    const story = everyKind(redacted);
    const { page, noises } = await reading.open(renderedStory(story, MONTH, false));
    await reading.picture(page, 'nameless');
    expect(await page.textContent('main')).toMatch(/searching the night’s file for the id/);
    expect(await page.locator('#users .name').count()).toBe(0);
    expect(noises).toEqual([]);
    expect(await flaws(page)).toEqual([]);
  });
});
