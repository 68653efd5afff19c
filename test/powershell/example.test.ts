import { afterAll, expect, jest, test } from '@jest/globals';
import { describeWithPowerShell } from './describe.ts';
import { EXAMPLE, writeExample } from './example.ts';
import type { ExportKit } from './exportRun.ts';
import { DOMAIN } from './ldapUsers.ts';
import { exportIn } from './wholeExport.ts';

jest.setTimeout(120_000);

describeWithPowerShell('The example of format 2', () => {
  let kit: ExportKit | undefined;
  afterAll(() => kit?.remove());

  test('is what the script writes', async () => {
    kit = await writeExample();
    const [now, committed] = [exportIn(`${kit.folder}/out`, DOMAIN), exportIn(EXAMPLE, DOMAIN)];
    expect(now.rows).toEqual(committed.rows);
    const own = Object.fromEntries(
      ['file', 'sha256', 'started', 'finished'].map((key) => [key, expect.any(String)]),
    );
    expect(now.manifest).toEqual({ ...committed.manifest, ...own });
  });
});
