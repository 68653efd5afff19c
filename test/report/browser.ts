/** A real Chromium, as Debian packages it, and pages opened in it. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
/** In CI a missing browser is a failure, not a reason to skip. */
export const CAN_BROWSE = existsSync(CHROMIUM) || process.env['CI'] === 'true';
export const HOW_TO_BROWSE = 'apt-get install chromium, or set CHROMIUM to a Chromium or Chrome';

interface Opened {
  readonly page: Page;
  /** What a report must not do: requests, console messages, errors, dialogs, new windows. */
  readonly noises: readonly string[];
}

export interface Reading {
  open(html: string, options?: BrowserContextOptions): Promise<Opened>;
  /** Leaves a picture of the whole page in {@link folder}. */
  picture(page: Page, name: string): Promise<void>;
  readonly folder: string;
  close(): Promise<void>;
}

/** Pictures are kept in REPORT_PICTURES, where that is set, for people to look at. */
export async function startReading(): Promise<Reading> {
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  const pictures = process.env['REPORT_PICTURES'] ?? folder;
  let pages = 0;
  return {
    folder,
    async open(html, options = {}) {
      pages += 1;
      const url = pathToFileURL(join(folder, `${pages}.html`));
      writeFileSync(url, html);
      const page = await (await browser.newContext(options)).newPage();
      const noises: string[] = [];
      page.on('request', (request) => {
        if (request.url() !== url.href && request.url() !== 'data:,') noises.push(`request ${request.url()}`);
      });
      page.on('console', (message) => noises.push(`console ${message.text()}`));
      page.on('pageerror', (error) => noises.push(`error ${error.message}`));
      page.on('popup', () => noises.push('popup'));
      page.on('dialog', (dialog) => {
        noises.push(`dialog ${dialog.message()}`);
        dialog.dismiss().catch(() => undefined);
      });
      await page.goto(url.href);
      return { page, noises };
    },
    async picture(page, name) {
      await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
