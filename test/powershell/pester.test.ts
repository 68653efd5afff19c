/** The Pester files of this folder, each of their tests by name. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, jest, test } from '@jest/globals';
import { describeWithPowerShell } from './describe.ts';
import { PESTER, PWSH } from './powershell.ts';

jest.setTimeout(180_000);

interface Result {
  readonly name: string;
  readonly result: string;
  readonly why: string;
}

describeWithPowerShell('Pester', () => {
  const files = readdirSync('test/powershell').filter((name) => name.endsWith('.Tests.ps1'));
  test.each(files)('passes every test of %s', async (file) => {
    const script = ['-NoProfile', '-NonInteractive', '-File', 'test/powershell/runPester.ps1'];
    const { stdout } = await promisify(execFile)(
      PWSH,
      [...script, '-Pester', PESTER, '-File', join('test/powershell', file)],
      {
        env: {
          PATH: process.env['PATH'],
          HOME: process.env['HOME'],
          POWERSHELL_TELEMETRY_OPTOUT: '1',
          POWERSHELL_UPDATECHECK: 'Off',
        },
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    const results: readonly Result[] = stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    expect(results.filter(({ result }) => result !== 'Passed')).toEqual([]);
    expect(results.length).toBeGreaterThan(0);
  });
});
