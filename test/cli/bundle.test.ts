/** The desk's bundle: what is in it, and what it says where there is no clone. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { build } from 'esbuild';
import tool from '../../package.json' with { type: 'json' };
import { BUNDLE, runBundle } from './bundle.ts';

jest.setTimeout(120_000);

test('the purge is not in the bundle', async () => {
  const { metafile } = await build({
    entryPoints: ['lib/cli/main.ts'],
    bundle: true,
    platform: 'node',
    metafile: true,
    write: false,
  });
  const files = Object.keys(metafile.inputs);
  expect(files).toContain('lib/entra/reader.ts');
  expect(files.filter((file) => /lib\/(entra\/(purge|entra)|compose|telemetry\/.*)\.ts$/.test(file))).toEqual(
    [],
  );
  expect(readFileSync('lib/entra/purge.ts', 'utf8')).toContain("method: 'DELETE'");
  expect(readFileSync(BUNDLE, 'utf8')).not.toMatch(/method: "DELETE",\s*url: `\/directory/);
});

test('without a clone --demo says that it needs one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lone-'));
  copyFileSync(BUNDLE, join(folder, 'mailuser-purge.cjs'));
  const { code, stdout, stderr } = await runBundle(
    ['why', '--demo', 'user@microsoft.com'],
    {},
    '',
    join(folder, 'mailuser-purge.cjs'),
  );
  rmSync(folder, { recursive: true });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/needs a clone/);
});

test('in a clone --demo asks the simulated company', async () => {
  const { code, stdout, stderr } = await runBundle(['why', '--demo', '--json', 'user@microsoft.com']);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/simulated on this machine/)]);
  expect(JSON.parse(stdout)).toMatchObject({
    answer: 'deletedUser',
    verdicts: [{ reason: 'notAbsentLongEnough' }],
  });
});

test('--help and --version end with 0', async () => {
  expect(await runBundle(['--help'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/Exit codes/) });
  expect(await runBundle(['--version'])).toMatchObject({ code: 0, stdout: `${tool.version}\n` });
});
