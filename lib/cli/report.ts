/** `report`: the page of a night, from beside the ledger. */
import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import type { StoredReport } from '../ports.ts';
import { EXIT, type Exit, UsageError } from './exit.ts';
import { type CommonOptions, type Context, openLedger } from './session.ts';

export const reportResult = z
  .strictObject({ command: z.literal('report'), night: z.string(), stored: z.string(), file: z.string() })
  .describe('Where the page of a night is stored, and where it was written here.');

export interface ReportOptions extends CommonOptions {
  /** A night's id or the beginning of it, or the date on which it began. The last one where absent. */
  readonly night?: string;
  readonly out?: string;
  readonly open?: boolean;
}

/** @throws UsageError; NightRefused */
export async function report(
  context: Context,
  _args: readonly string[],
  options: ReportOptions,
): Promise<Exit> {
  const { terminal } = context;
  const ledger = await openLedger(context, options);
  const found = chosen(await ledger.reports(), options.night);
  const html = await ledger.report(found.name);
  const file = options.out ?? join(await mkdtemp(join(tmpdir(), 'mailuser-purge-')), `${found.night}.html`);
  try {
    await writeFile(file, html);
  } catch (error) {
    throw new UsageError(`The page cannot be written to ${file}: ${messageOf(error)}`, { cause: error });
  }
  if (options.json) {
    const result = { command: 'report', night: found.night, stored: found.name, file } as const;
    terminal.json(result satisfies z.infer<typeof reportResult>);
  } else terminal.out(file);
  if (options.open) openInBrowser(file);
  return EXIT.fine;
}

/** @throws UsageError */
function chosen(reports: readonly StoredReport[], night: string | undefined): StoredReport {
  if (night !== undefined && !/^(?:\d{4}-\d{2}-\d{2}|[0-9a-f]{4,32})$/.test(night)) {
    throw new UsageError(
      `"${night}" is no night: give its date, 2026-11-23, or its id or the first digits of it.`,
    );
  }
  const wanted = reports.filter(
    ({ name, night: id }) =>
      night === undefined || id.startsWith(night) || name.startsWith(`${night.replaceAll('-', '/')}/`),
  );
  const last = wanted.at(-1);
  if (last !== undefined) return last;
  throw new UsageError(
    night === undefined
      ? 'There is no report beside this ledger yet.'
      : `There is no report of ${night}. "nights" lists what there is.`,
  );
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Whoever has no browser here has the file. */
function openInBrowser(file: string): void {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, file], { stdio: 'ignore', detached: true });
  child.once('error', () => undefined);
  child.unref();
}
