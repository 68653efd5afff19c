/** The only file that knows every edge: Config → ports. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import { createCredential } from './azure/credential.ts';
import { forStorage } from './azure/storage.ts';
import type { Config } from './config.ts';
import { at, type NightId, nightId } from './core/ids.ts';
import type { Policy } from './core/policy.ts';
import { parsePolicyText } from './core/policyText.ts';
import { createEntra } from './entra/entra.ts';
import { messageOf, NightRefused } from './errors.ts';
import { createExchange } from './exchange/exchange.ts';
import { blobMark, createHalt, fileMark } from './halt/halt.ts';
import { createBlobLedger } from './ledger/blob.ts';
import { createFileLedger } from './ledger/file.ts';
import { createActiveDirectorySource } from './onprem/activeDirectory.ts';
import { createExportSource } from './onprem/export.ts';
import { createBlobExportStore } from './onprem/exportBlobStore.ts';
import { createFolderExportStore } from './onprem/exportStore.ts';
import type { Clock, Ledger, OnPremSource, Ports } from './ports.ts';
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
  const { targetAddressAttribute, recipientTypeAttribute } = policy.mailUserEvidence;
  const { entra, source } = createEntra({
    graphRoot: config.graphRoot,
    credential,
    clock: systemClock,
    directoryExtensions: [targetAddressAttribute, recipientTypeAttribute].filter(
      (name) => name !== undefined,
    ),
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

function readPolicy(file: string): Policy {
  const next = 'Nobody is purged. Correct the file; policy.schema.json says what may stand where.';
  let result: ReturnType<typeof parsePolicyText>;
  try {
    result = parsePolicyText(readFileSync(file));
  } catch (error) {
    throw new NightRefused(
      'policyInvalid',
      `The policy file ${file} cannot be read: ${messageOf(error)}. ${next}`,
    );
  }
  if ('policy' in result) return result.policy;
  throw new NightRefused(
    'policyInvalid',
    `The policy file ${file} is wrong: ${result.problems.join('; ')}. ${next}`,
  );
}

function haltOf({ isHalted, haltBlobUrl, haltFile }: Config, credential: TokenCredential) {
  return createHalt(isHalted, [
    ...(haltBlobUrl === undefined ? [] : [blobMark({ url: haltBlobUrl, credential })]),
    ...(haltFile === undefined ? [] : [fileMark(haltFile)]),
  ]);
}

function createLedger(ledger: Config['ledger'], credential: TokenCredential): Ledger {
  return 'directory' in ledger
    ? createFileLedger(ledger.directory)
    : createBlobLedger({ containerUrl: ledger.containerUrl, credential });
}

/** The source that the policy names beside Entra ID, if it names one. */
function onPremSource(config: Config, policy: Policy, credential: TokenCredential): OnPremSource | undefined {
  const { onPremises } = policy;
  switch (onPremises.source) {
    case 'entra':
      return undefined;
    case 'activeDirectory':
      return createActiveDirectorySource({
        clock: systemClock,
        goneAttributes: onPremises.gone.flatMap(({ attribute }) => attribute?.name ?? []),
        forests: onPremises.domains.map(({ credentials, ...domain }) => ({
          ...domain,
          ...credentialsNamed(config, credentials, domain.domain),
        })),
      });
    case 'export':
      return createExportSource({
        store: exportStore(config, credential),
        domains: onPremises.domains,
        sourceAnchor: onPremises.sourceAnchor,
        maxAgeHours: onPremises.maxAgeHours,
        clock: systemClock,
      });
  }
}

function credentialsNamed(config: Config, name: string, domain: string) {
  const { username, password, ca } = config.directoryCredentials[name] ?? {};
  if (username === undefined || password === undefined) {
    throw new NightRefused(
      'configurationInvalid',
      `The policy asks ${domain} with the credentials ${name}, and the app settings AD_${name}_USERNAME and AD_${name}_PASSWORD are not both there. Nobody is purged. Add them, as Key Vault references.`,
    );
  }
  return { username, password, ...(ca !== undefined && { ca }) };
}

function exportStore({ exports }: Config, credential: TokenCredential) {
  if (exports === undefined) {
    throw new NightRefused(
      'configurationInvalid',
      'The policy names the source "export", and neither EXPORT_CONTAINER_URL nor EXPORT_DIRECTORY says where it is. Nobody is purged. Add one to the app settings.',
    );
  }
  return 'directory' in exports
    ? createFolderExportStore(exports.directory)
    : createBlobExportStore({ containerUrl: exports.containerUrl, credential });
}

function exchangeOf(config: Config, policy: Policy, credential: TokenCredential) {
  return createExchange({
    root: config.exchangeRoot,
    tenantId: policy.tenantId,
    credential,
    clock: systemClock,
  });
}

const systemClock: Clock = {
  now: () => at(Date.now()),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
};

function newNightId(): NightId {
  const id = nightId(randomUUID().replaceAll('-', ''));
  if (id === undefined) throw new Error('A random UUID is always a night id.');
  return id;
}
