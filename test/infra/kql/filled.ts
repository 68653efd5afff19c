/** What alerts.bicep puts into a query. */
interface Values {
  readonly principalId: string;
  readonly tenantId: string;
  readonly hostAccount: string;
  readonly ledgerAccount: string;
  readonly knownInitiators: readonly string[];
}

export function filled(query: string, values: Values): string {
  return query
    .replaceAll('{ourPrincipalId}', values.principalId)
    .replaceAll('{tenantId}', values.tenantId)
    .replaceAll('{hostAccount}', values.hostAccount)
    .replaceAll('{ledgerAccount}', values.ledgerAccount)
    .replaceAll(
      "['{knownInitiators}']",
      JSON.stringify(values.knownInitiators.map((name) => name.toLowerCase())),
    );
}
