/** Who may import whom. The structure is described in README, "How it is built". */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(lib|functions|test)/', pathNot: allowed },
});
/** What every edge may know: the words, and how to be patient with a service and wary of its answers. */
const EDGE_COMMON = [
  '^lib/(ports|errors)\\.ts$',
  '^lib/azure/',
  '^lib/core/(ids|model|vocabulary|record|immutableId|addresses|distinguishedName|evidence/keys|json|retry|redaction)\\.ts$',
];
const edge = (room) => only(`${room}-is-an-edge`, `^lib/${room}/`, [...EDGE_COMMON, `^lib/${room}/`]);

module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.test\\.ts$', '\\.d\\.ts$', '^test/host/later\\.ts$'] },
      to: {},
    },
    only('core-is-pure', '^lib/core/', ['^lib/core/']),
    {
      name: 'core-and-report-have-no-sdk',
      severity: 'error',
      from: { path: '^lib/(core|report)/' },
      to: {
        dependencyTypes: ['npm', 'core'],
        pathNot: ['node_modules/zod/', '^(node:)?(crypto|url)$'],
      },
    },
    only('night-knows-ports-not-edges', '^lib/(night|nightAfter|perform)\\.ts$', [
      '^lib/(night|nightAfter|perform)\\.ts$',
      '^lib/core/',
      '^lib/report/',
      '^lib/ports\\.ts$',
      '^lib/errors\\.ts$',
    ]),
    only('report-is-pure', '^lib/report/', ['^lib/core/', '^lib/report/']),
    ...['entra', 'onprem', 'exchange', 'ledger', 'telemetry', 'halt'].map(edge),
    only('functions-are-thin', '^functions/', ['^lib/(compose|night|config|errors)\\.ts$', '^functions/']),
    only('the-cli-knows-the-desk-not-edges', '^lib/cli/', [
      '^lib/cli/',
      '^lib/(composeDesk|config|errors|night|ports|schedule)\\.ts$',
      '^lib/(core|report)/',
    ]),
    {
      name: 'a-desk-cannot-purge',
      severity: 'error',
      from: { path: '^lib/(cli/|composeDesk\\.ts|composeReading\\.ts)' },
      to: { path: '^lib/entra/(purge|entra)\\.ts$', reachable: true },
    },
    {
      name: 'nothing-shipped-imports-tests',
      severity: 'error',
      from: { path: '^(lib|functions)/' },
      to: { path: '^test/' },
    },
    {
      name: 'the-tenant-knows-nothing-of-the-tool',
      severity: 'error',
      from: { path: '^test/tenant/' },
      to: { path: '^(lib|functions)/' },
    },
    {
      name: 'only-compose-knows-the-edges',
      severity: 'error',
      from: {
        path: '^(lib|functions)/',
        pathNot: '^lib/(compose(Desk|Reading)?\\.ts|entra/|onprem/|exchange/|ledger/|telemetry/|halt/)',
      },
      to: { path: '^lib/(entra|onprem|exchange|ledger|telemetry|halt)/' },
    },
    {
      name: 'shipped-code-needs-no-dev-dependency',
      severity: 'error',
      from: { path: '^(lib|functions)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
