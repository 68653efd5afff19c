/** What a deployment makes, as Microsoft's compiler has worked it out: the snapshots beside their parameter files. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { evaluated } from './armExpression.ts';

export const DEPLOYMENTS = ['smallest', 'network', 'everything'] as const;
export type Deployment = (typeof DEPLOYMENTS)[number];

const resource = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  location: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
});
const snapshot = z.object({
  predictedResources: z.array(z.looseObject(resource.shape)),
  outputs: z.record(z.string(), z.unknown()),
});
export type Deployed = z.infer<typeof snapshot>['predictedResources'][number];

function read(deployment: Deployment) {
  const text = readFileSync(`test/infra/snapshots/${deployment}.snapshot.json`, 'utf8');
  return snapshot.parse(evaluated(JSON.parse(text)));
}
const snapshots = { smallest: read('smallest'), network: read('network'), everything: read('everything') };

export const outputsOf = (deployment: Deployment) => snapshots[deployment].outputs;

/** All resources, or those of one type. */
export const deployed = (deployment: Deployment, type?: string): readonly Deployed[] =>
  snapshots[deployment].predictedResources.filter((one) => type === undefined || one.type === type);

/** @throws Error unless there is exactly one whose name ends so */
export function theOne(deployment: Deployment, type: string, ending = ''): Deployed {
  const found = deployed(deployment, type).filter(({ name }) => name.endsWith(ending));
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${deployment} has ${found.length} ${type} …${ending}`);
  return found[0];
}

/** The app settings, as the function would see them. */
export const settingsOf = (deployment: Deployment): Readonly<Record<string, string>> =>
  z.record(z.string(), z.string()).parse(theOne(deployment, 'Microsoft.Web/sites/config').properties);
