/** The only file that knows every edge: Config → ports. */
import type { TokenCredential } from '@azure/identity';
import { createCredential } from './azure/credential.ts';
import { forStorage } from './azure/storage.ts';
import {
  exchangeOf,
  extensionsIn,
  haltOf,
  newNightId,
  onPremSource,
  readPolicy,
  systemClock,
} from './composeReading.ts';
import type { Config } from './config.ts';
import type { NightId } from './core/ids.ts';
import type { Policy } from './core/policy.ts';
import { createEntra } from './entra/entra.ts';
import { createBlobLedger } from './ledger/blob.ts';
import { createFileLedger } from './ledger/file.ts';
import type { Ledger, Ports } from './ports.ts';
import { createAppInsightsTelemetry } from './telemetry/appInsights.ts';
import { combine } from './telemetry/combine.ts';
import { createLogTelemetry, type Log } from './telemetry/log.ts';
import { redact } from './telemetry/redact.ts';

/** Everything that one night needs. */
export interface Composition {
  readonly ports: Ports;
  readonly policy: Policy;
  readonly night: NightId;
  /** Lets go of what the night held open. */
  dispose(): Promise<void>;
}

/** @throws NightRefused `policyInvalid` | `configurationInvalid` */
export function compose(config: Config, log: Log): Composition {
  const policy = readPolicy(config.policyFile);
  const credential = createCredential({
    clientId: config.managedIdentityClientId,
    inAzure: config.inAzure,
  });
  const storage = forStorage(credential);
  const insights = insightsOf(config, policy, credential);
  const logged = createLogTelemetry(log);
  const telemetry = insights === undefined ? logged : combine(insights, logged);
  const { entra, source } = createEntra({
    graphRoot: config.graphRoot,
    credential,
    clock: systemClock,
    directoryExtensions: extensionsIn(policy),
    onCall: (call) => insights?.dependency(call),
  });
  const onPrem = onPremSource(config, policy, storage);
  const ports: Ports = {
    clock: systemClock,
    halt: haltOf(config, storage),
    entra,
    sources: onPrem === undefined ? [source] : [source, onPrem],
    ledger: createLedger(config.ledger, storage),
    telemetry: policy.telemetry.personalData ? telemetry : redact(telemetry),
  };
  return {
    ports:
      policy.exchange.use === 'off' ? ports : { ...ports, exchange: exchangeOf(config, policy, credential) },
    policy,
    night: newNightId(),
    dispose: async () => insights?.dispose(),
  };
}

function insightsOf(
  { connectionString, telemetryByIdentity }: Config,
  { telemetry: { spellOutKeeps } }: Policy,
  credential: TokenCredential,
) {
  if (connectionString === undefined) return undefined;
  return createAppInsightsTelemetry({
    connectionString,
    spellOutKeeps,
    ...(telemetryByIdentity && { credential }),
  });
}

function createLedger(ledger: Config['ledger'], credential: TokenCredential): Ledger {
  return 'directory' in ledger
    ? createFileLedger(ledger.directory)
    : createBlobLedger({ containerUrl: ledger.containerUrl, credential });
}
