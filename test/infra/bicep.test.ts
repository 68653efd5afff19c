/** The Bicep files, judged by Microsoft's compiler where it is installed: no warning, and what the snapshots say. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { compareSnapshot, DEPLOYMENTS, lint, MAIN, SNAPSHOTS, whyNoCompiler } from '../../infra/bicep.ts';
import { BICEP_FILES, bicepText, parametersOf } from './bicepText.ts';
import * as deployed from './deployed.ts';

function describeWithCompiler(name: string, tests: () => void): void {
  const reason = whyNoCompiler();
  if (reason === undefined) describe(name, tests);
  else describe.skip(`${name} (skipped: ${reason})`, tests);
}

describeWithCompiler("Microsoft's Bicep compiler", () => {
  test('has no warning', () => {
    expect(lint(MAIN)).toBe('');
  });

  test.each(DEPLOYMENTS)('deploys what the snapshot says: %s', (deployment) => {
    expect(compareSnapshot(deployment)).toBe('');
  });

  describe('finds a mistake', () => {
    let copy: string;
    beforeEach(() => {
      copy = mkdtempSync(join(tmpdir(), 'bicep-'));
      for (const folder of ['infra', SNAPSHOTS])
        cpSync(folder, join(copy, folder), {
          recursive: true,
          filter: (path) => !/\.(?:md|ts|sh|ps1)$/.test(path),
        });
    });
    afterEach(() => rmSync(copy, { recursive: true, force: true }));

    const change = (file: string, right: string, wrong: string) => {
      const text = readFileSync(join(copy, 'infra', file), 'utf8');
      expect(text).toContain(right);
      writeFileSync(join(copy, 'infra', file), text.replace(right, wrong));
    };

    test('of a type, a property, a parameter and a name that only a deployment can tell', () => {
      change('ledger.bicep', 'allowSharedKeyAccess: false', "allowSharedKeyAccess: 'no'");
      change('ledger.bicep', 'allowProtectedAppendWrites: true', 'allowProtectedAppendWrite: true');
      change('storage.bicep', 'skuName: ledgerSku', 'sku: ledgerSku');
      change('ledger.bicep', "guid(ledger.id, 'function'", 'guid(ledger.id, principalId');
      const problems = lint(join(copy, MAIN));
      for (const code of ['BCP036', 'BCP089', 'BCP035', 'what-if-short-circuiting'])
        expect(problems).toContain(code);
    });

    test('in what is deployed, though every type is right', () => {
      change('ledger.bicep', 'allowSharedKeyAccess: false', 'allowSharedKeyAccess: true');
      expect(lint(join(copy, MAIN))).toBe('');
      expect(compareSnapshot('smallest', copy)).toContain('allowSharedKeyAccess');
    });
  });
});

describe('where the compiler is missing', () => {
  const missing = '.tools/no/bicep';

  test.each([
    [undefined, true],
    ['true', false],
  ])('the tests are skipped with the command that installs it: CI=%s, dotnet %s', (CI, hasDotnet) => {
    expect(whyNoCompiler(missing, { CI }, hasDotnet)).toContain('npm run bicep -- --install');
  });

  test('the pipeline fails where it could be had', () => {
    expect(() => whyNoCompiler(missing, { CI: 'true' }, true)).toThrow('The Bicep files were not judged');
  });
});

test('every deployment with a snapshot is one that tests read', () => {
  expect([...DEPLOYMENTS].sort()).toEqual([...deployed.DEPLOYMENTS].sort());
});

test('every parameter is described, and every number of main.bicep has limits', () => {
  const parameters = BICEP_FILES.flatMap((file) => parametersOf(file).map((one) => ({ file, ...one })));
  expect(parameters).toHaveLength(
    BICEP_FILES.flatMap((file) => bicepText(file).match(/^param /gm) ?? []).length,
  );
  const has = (decorator: string, { decorators }: { decorators: readonly string[] }) =>
    decorators.some((line) => line.startsWith(`@${decorator}(`));
  expect(parameters.filter((one) => !has('description', one))).toEqual([]);
  const numbers = parameters.filter(({ file, type }) => file === 'main.bicep' && type === 'int');
  expect(numbers.length).toBeGreaterThan(3);
  const unlimited = numbers.filter(
    (one) => !has('allowed', one) && !(has('minValue', one) && has('maxValue', one)),
  );
  expect(unlimited).toEqual([]);
});
