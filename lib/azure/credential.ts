import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';

export interface CredentialOptions {
  /** Client id of a user-assigned managed identity; the system-assigned one where absent. */
  readonly clientId?: string | undefined;
  /** In Azure nothing but the managed identity signs in, whatever else is configured there. */
  readonly inAzure: boolean;
}

/** Who signs in to every service: the managed identity in Azure; at a desk also the person who did `az login`. */
export function createCredential({ clientId, inAzure }: CredentialOptions): TokenCredential {
  const identity = clientId === undefined ? {} : { clientId };
  return inAzure
    ? new ManagedIdentityCredential(identity)
    : new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId });
}
