/**
 * The export script and its reader agree on names. Nothing here runs PowerShell: that the script works on Windows
 * is not shown by this.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseManifest } from '../../lib/onprem/exportManifest.ts';
import { hoursAgo, NOW, partsOf } from './exportFixture.ts';

const read = (name: string) => readFileSync(resolve('infra/onprem', name), 'utf8');
const script = read('Export-OnPremUsers.ps1');
const target = read('ExportTarget.psm1');
const { manifest } = partsOf({ csv: '', rows: 1, manifest: { finished: hoursAgo(1), started: hoursAgo(2) } });
const expected = {
  domain: 'contoso.com',
  sourceAnchor: 'auto',
  maxAgeHours: 26,
  now: NOW,
  lastSeen: undefined,
};

describe('Export-OnPremUsers.ps1', () => {
  test('writes the columns that are read', () => {
    const [, list = ''] = /^\$columns = (.*)$/m.exec(script) ?? [];
    expect(list.replaceAll("'", '').split(', ')).toEqual(manifest.columns);
    expect([...script.matchAll(/\$cells\[(\d)\] = /g)].map(([, index]) => Number(index))).toEqual(
      manifest.columns.map((_, index) => index),
    );
  });

  test('writes the keys of a manifest, and no others', () => {
    const [, body = ''] = /\$manifest = \[ordered\] @\{\n([\s\S]*?)\n {4}\}/.exec(script) ?? [];
    const keys = [...body.matchAll(/^ {8}(\w+) += /gm)].map(([, key]) => key);
    expect(keys).toEqual(Object.keys(manifest));
    expect(parseManifest(JSON.stringify(manifest), expected)).toMatchObject({ rows: 1 });
  });

  test('uploads the manifest last, and cleans up only then', () => {
    const steps = [
      'Send-ExportFile -Target $target -Path $path',
      '"$directory/manifest.json"',
      'Clear-OldExport',
    ];
    const places = steps.map((step) => script.indexOf(step));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
  });

  test('names files as the reader takes them, and as the cleaning up finds them', () => {
    const name = 'users-20260105T021109Z.csv.gz';
    const [, pattern = ''] = /\$pattern = '(.*)'/.exec(target) ?? [];
    expect(name).toMatch(new RegExp(pattern));
    expect(parseManifest(JSON.stringify({ ...manifest, file: name }), expected)).toMatchObject({
      file: name,
    });
  });
});

// Without a byte order mark Windows PowerShell 5.1 takes a file for the machine's own code page.
test.each([script, target])('is plain ASCII (%#)', (text) => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  expect(text).toMatch(/^[\x00-\x7f]+$/);
});

test('the README shows a manifest that is read', () => {
  const [, json = ''] = /```json\n([\s\S]*?)```/.exec(read('README.md')) ?? [];
  const shown = { ...JSON.parse(json), sha256: 'a'.repeat(64), started: hoursAgo(2), finished: hoursAgo(1) };
  expect(parseManifest(JSON.stringify(shown), expected)).toMatchObject({ rows: 48_211 });
});
