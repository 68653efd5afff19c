/** The demo as a newcomer runs it, when its output is not a terminal. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, jest, test } from '@jest/globals';
import { ledgerFiles } from '../host/followLedger.ts';

jest.setTimeout(60_000);

async function demo(...args: string[]) {
  const child = spawn(process.execPath, [join(process.cwd(), 'test/demo/main.ts'), ...args], {
    env: { ...process.env, COLUMNS: undefined, FORCE_COLOR: undefined },
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [code, stdout, stderr] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  const folder = dirname(/· policy +(\S+)/.exec(stdout)?.[1] ?? 'none');
  return { code, stdout, stderr, folder };
}

/** Where each of the texts is first seen after the one before; -1 where it is not. */
function places(output: string, ...texts: readonly string[]): readonly number[] {
  let from = 0;
  return texts.map((one) => {
    const place = output.indexOf(one, from);
    from = place < 0 ? output.length : place;
    return place;
  });
}

test('mail bounces, the night purges, mail is delivered; in plain lines', async () => {
  const { code, stdout, stderr, folder } = await demo('--users', '200');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(
    places(
      stdout,
      '✗ user@microsoft.com  550 5.1.1 RESOLVER.ADR.ExRecipNotFound',
      'Blog Test',
      'keep: withinGracePeriod',
      '✓ plan',
      '✓ purged',
      '✓ user@microsoft.com  delivered',
      "against the tenant's own truth",
      '✓ ledger',
    ),
  ).not.toContain(-1);
  expect(stdout).not.toContain(String.fromCharCode(27));
  expect(
    Math.max(
      ...stdout
        .split('\n')
        .filter((line) => !line.includes('.demo'))
        .map((line) => line.length),
    ),
  ).toBe(100);
  expect(ledgerFiles(join(folder, 'ledger'))).toHaveLength(1);
  rmSync(folder, { recursive: true });
});

test('an export keeps whom Entra ID alone would have purged', async () => {
  const { code, stdout, folder } = await demo('--users', '200', '--source', 'export');
  expect(code).toBe(0);
  expect(
    places(
      stdout,
      'What Entra ID alone would do',
      'Mona Moss',
      'The night',
      'kept, stillOnPremises',
      'moved back',
    ),
  ).not.toContain(-1);
  rmSync(folder, { recursive: true });
});

test.each([
  [['--users', 'many'], '--users must be a whole number from 200 to 200000, and is "many".'],
  [['--mode', 'destroy'], '--mode must be purge or report, and is "destroy".'],
  [['--sauce', 'ad'], "Unknown option '--sauce'."],
  [['report'], "Unexpected argument 'report'."],
])('%j is one clear line, and nothing is started', async (args, line) => {
  const { code, stdout, stderr } = await demo(...args);
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: `${line} See npm start -- --help.\n`,
  });
});
