/** Config → what an operator reads with from a desk. No purge is reached from here, and nothing is written. */
import { createCredential } from './azure/credential.ts';
import { forStorage } from './azure/storage.ts';
import { exchangeOf, extensionsIn, haltOf, onPremSource, readPolicy, systemClock } from './composeReading.ts';
import type { DeskConfig } from './config.ts';
import type { Policy } from './core/policy.ts';
import type { LedgerLine } from './core/record.ts';
import { readAccount } from './entra/account.ts';
import { createEntraReader } from './entra/reader.ts';
import { createBlobLedgerReader } from './ledger/blob.ts';
import { createFileLedgerReader } from './ledger/file.ts';
import { createMemoryLedger, type MemoryLedger } from './ledger/memory.ts';
import type { Clock, EntraReader, Exchange, Halt, LedgerReader, OnPremSource } from './ports.ts';

export interface Desk {
  /** Origin only, for commands that people run. */
  readonly graphRoot: string;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly entra: EntraReader;
  /** As a night reads them. */
  readonly sources: readonly OnPremSource[];
  /** Also where the policy does not ask it. */
  readonly exchange: Exchange;
  readonly halt: Halt;
  /** Absent where no setting says where the ledger is. */
  readonly ledger: LedgerReader | undefined;
  /** For a night that nobody else sees. `onLine` hears of every line, of earlier nights and of this one, in order. */
  memoryLedger(onLine: (line: LedgerLine) => void): MemoryLedger;
}

/** @throws NightRefused `policyInvalid` | `configurationInvalid` */
export function composeDesk(config: DeskConfig): Desk {
  const policy = readPolicy(config.policyFile);
  const credential = credentialOf(config);
  const storage = forStorage(credential);
  const { entra, source } = createEntraReader({
    graphRoot: config.graphRoot,
    credential,
    clock: systemClock,
    directoryExtensions: extensionsIn(policy),
  });
  const onPrem = onPremSource(config, policy, storage);
  const ledger = deskLedger(config);
  return {
    graphRoot: config.graphRoot,
    policy,
    clock: systemClock,
    entra,
    sources: onPrem === undefined ? [source] : [source, onPrem],
    exchange: exchangeOf(config, policy, credential),
    halt: haltOf(config, storage),
    ledger,
    memoryLedger: (onLine) => createMemoryLedger(ledger, onLine),
  };
}

/** The ledger alone, for what needs neither tenant nor policy; `undefined` where no setting says where it is. */
export function deskLedger({ ledger, ...config }: DeskConfig): LedgerReader | undefined {
  if (ledger === undefined) return undefined;
  return 'directory' in ledger
    ? createFileLedgerReader(ledger.directory)
    : createBlobLedgerReader({
        containerUrl: ledger.containerUrl,
        credential: forStorage(credentialOf(config)),
      });
}

/** Who reads it. @throws NightRefused `accessDenied` */
export const deskAccount = (config: DeskConfig, signal: AbortSignal) =>
  readAccount(config.graphRoot, credentialOf(config), SIGN_IN_MS, signal);

const SIGN_IN_MS = 60_000;
const credentialOf = ({ managedIdentityClientId, inAzure }: Omit<DeskConfig, 'ledger'>) =>
  createCredential({ clientId: managedIdentityClientId, inAzure });
