/**
 * The Bicep files, without Azure and without Bicep's compiler, which cannot be had as a package.
 *
 * Checked here: the syntax (a grammar for tree-sitter, and neighbours that need a comma); resource types and API
 * versions, names of properties, their types and values, what is required and what is read-only (types/azure.json);
 * that names are declared and used; that modules get what they ask for.
 *
 * Not checked: the types of computed expressions, the length and form of names, what a region or a policy of the
 * company allows, and whatever else only a deployment shows. `az deployment sub what-if` is the next step.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { at, type BicepFile, bicepParser, bicepTexts, declarations, syntaxProblems } from './bicep.ts';
import { moduleProblems, nameProblems } from './nameCheck.ts';
import { resourceProblems } from './resourceCheck.ts';

let parse: (name: string, text: string) => BicepFile;
let files: readonly BicepFile[];

beforeAll(async () => {
  parse = await bicepParser();
  files = Object.entries(bicepTexts()).map(([name, text]) => parse(name, text));
});

const problemsOf = (file: BicepFile) => [
  ...syntaxProblems(file),
  ...resourceProblems(file),
  ...nameProblems(file),
  ...moduleProblems(file, files),
];

test('every file is right as far as can be told here', () => {
  expect(files.length).toBeGreaterThan(5);
  expect(files.flatMap(problemsOf)).toEqual([]);
});

test('every parameter is described, and every number has limits', () => {
  const parameters = files.flatMap((file) =>
    declarations(file, 'parameter_declaration').map((parameter) => ({ file, ...parameter })),
  );
  const named = (decorator: string, { decorators }: { decorators: readonly string[] }) =>
    decorators.some((text) => text.startsWith(`@${decorator}(`));
  expect(parameters.filter((parameter) => !named('description', parameter)).map(({ name }) => name)).toEqual(
    [],
  );
  const numbers = parameters.filter(
    ({ file, node }) => file.name === 'main.bicep' && / int\b/.test(node.text),
  );
  expect(numbers.length).toBeGreaterThan(3);
  const unlimited = numbers.filter(
    (number) => !named('allowed', number) && !(named('minValue', number) && named('maxValue', number)),
  );
  expect(unlimited.map(({ file, node }) => at(file, node))).toEqual([]);
});

describe('a mistake is found', () => {
  test.each([
    [
      'ledger.bicep',
      'allowProtectedAppendWrites: true',
      'allowProtectedAppendWrite: true',
      /is no property of/,
    ],
    [
      'ledger.bicep',
      'allowSharedKeyAccess: false',
      "allowSharedKeyAccess: 'no'",
      /is boolean, and not a string/,
    ],
    ['ledger.bicep', "minimumTlsVersion: 'TLS1_2'", "minimumTlsVersion: 'TLS12'", /is one of TLS1_0/],
    ['ledger.bicep', 'days: 30 }', 'days: [30] }', /is number, and not a list/],
    ['ledger.bicep', '  sku: { name: skuName }\n', '', /lacks sku/],
    ['ledger.bicep', '    principalId: principalId\n', '', /lacks principalId/],
    ['ledger.bicep', '  parent: ledger\n', '', /has no parent/],
    ['ledger.bicep', 'containers@2024-01-01', 'containers@2024-13-01', /is not described/],
    [
      'ledger.bicep',
      'immutabilityPeriodSinceCreationInDays: retentionDays',
      'state: retentionDays',
      /read-only/,
    ],
    ['app.bicep', "type: 'blobContainer'", "type: 'blob'", /is one of blobContainer/],
    ['app.bicep', "name: 'FC1', tier", "name: 'FC1' tier", /needs a comma/],
    ['app.bicep', 'reserved: true }', 'reserved: true', /is not Bicep/],
    ['app.bicep', 'serverFarmId: plan.id', 'serverFarmId: plans.id', /plans is not declared/],
    ['app.bicep', 'filter(activeDirectories', 'filtre(activeDirectories', /filtre is not declared/],
    [
      'app.bicep',
      'instanceMemoryMB: instanceMemoryMB',
      'instanceMemoryMB: 2048',
      /instanceMemoryMB is never used/,
    ],
    ['network.bicep', 'addressPrefixes: [', 'addressPrefixs: [', /is no property of/],
    ['network.bicep', "serviceName: 'Microsoft", "service: 'Microsoft", /is no property of/],
    ['main.bicep', '    policyLocked: ledgerPolicyLocked\n', '', /parameter policyLocked is not given/],
    ['main.bicep', 'skuName: ledgerSku', 'sku: ledgerSku', /no parameter sku/],
    ['main.bicep', 'keyVault!.outputs.uri', 'keyVault!.outputs.url', /no output url/],
    ['main.bicep', "'identity.bicep'", "'who.bicep'", /there is no 'who.bicep'/],
  ])('%s: %s → %s', (name, right, wrong, problem) => {
    const text = bicepTexts()[name] ?? '';
    expect(text).toContain(right);
    expect(problemsOf(parse(name, text.replace(right, wrong))).join('\n')).toMatch(problem);
  });
});
