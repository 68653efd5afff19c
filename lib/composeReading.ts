/** What a night and an operator's desk read with: policy, sources, Exchange, halt. No purge is reached from here. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import type { Config } from './config.ts';
import { at, type NightId, nightId } from './core/ids.ts';
import type { Policy } from './core/policy.ts';
import { parsePolicyText } from './core/policyText.ts';
import { messageOf, NightRefused } from './errors.ts';
import { createExchange } from './exchange/exchange.ts';
import { blobMark, createHalt, fileMark } from './halt/halt.ts';
import { createActiveDirectorySource } from './onprem/activeDirectory.ts';
import { createExportSource } from './onprem/export.ts';
import { createBlobExportStore } from './onprem/exportBlobStore.ts';
import { createFolderExportStore } from './onprem/exportStore.ts';
import type { Clock, OnPremSource } from './ports.ts';

type Reading = Omit<Config, 'ledger'>;

/** Full names of the directory extension attributes that the policy reads. */
export const extensionsIn = ({ mailUserEvidence }: Policy): readonly string[] =>
  [mailUserEvidence.targetAddressAttribute, mailUserEvidence.recipientTypeAttribute].filter(
    (name) => name !== undefined,
  );

/** @throws NightRefused `policyInvalid` */
export function readPolicy(file: string): Policy {
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

export function haltOf({ isHalted, haltBlobUrl, haltFile }: Reading, credential: TokenCredential) {
  return createHalt(isHalted, [
    ...(haltBlobUrl === undefined ? [] : [blobMark({ url: haltBlobUrl, credential })]),
    ...(haltFile === undefined ? [] : [fileMark(haltFile)]),
  ]);
}

/** The source that the policy names beside Entra ID, if it names one. */
export function onPremSource(
  config: Reading,
  policy: Policy,
  credential: TokenCredential,
): OnPremSource | undefined {
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

function credentialsNamed(config: Reading, name: string, domain: string) {
  const { username, password, ca } = config.directoryCredentials[name] ?? {};
  if (username === undefined || password === undefined) {
    throw new NightRefused(
      'configurationInvalid',
      `The policy asks ${domain} with the credentials ${name}, and the app settings AD_${name}_USERNAME and AD_${name}_PASSWORD are not both there. Nobody is purged. Add them, as Key Vault references.`,
    );
  }
  return { username, password, ...(ca !== undefined && { ca }) };
}

function exportStore({ exports }: Reading, credential: TokenCredential) {
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

export function exchangeOf(config: Reading, policy: Policy, credential: TokenCredential) {
  return createExchange({
    root: config.exchangeRoot,
    tenantId: policy.tenantId,
    credential,
    clock: systemClock,
  });
}

export const systemClock: Clock = {
  now: () => at(Date.now()),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
};

export function newNightId(): NightId {
  const id = nightId(randomUUID().replaceAll('-', ''));
  if (id === undefined) throw new Error('A random UUID is always a night id.');
  return id;
}
