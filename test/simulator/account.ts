/** Azure Storage for companies on the wire. */
import type { TokenCredential } from '@azure/identity';
import { startAzurite } from '../edges/azurite.ts';
import { trustedCertificates } from '../tenant/trust.ts';

export interface Storage {
  readonly credential: TokenCredential;
  newContainer(): Promise<string>;
  close(): Promise<void>;
}

export async function openStorage(): Promise<Storage> {
  const azurite = await startAzurite(await trustedCertificates());
  let containers = 0;
  return {
    credential: azurite.credential,
    newContainer() {
      containers += 1;
      return azurite.createContainer(`ledger-${containers}`);
    },
    close: () => azurite.close(),
  };
}
