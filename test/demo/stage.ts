/** What the story is played on: the tenant's process, a folder of its own, and the settings of the job. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Settings } from '../host/job.ts';
import { startTenantProcess } from '../tenant/process.ts';
import type { Cast } from './cast.ts';
import { type Ask, askOf } from './channel.ts';
import type { CompanyOptions } from './company.ts';
import type { Options } from './options.ts';
import { demoPolicy } from './policy.ts';

type DemoPolicy = ReturnType<typeof demoPolicy>;

export interface Stage {
  readonly cast: Cast;
  readonly ask: Ask;
  /** Where everything of this run is kept, as a person would type it. */
  readonly folder: string;
  /** Settings for a night under the policy that `asked` makes, sections of it replaced, with a ledger so named. */
  prepare(
    asked: Options,
    ledger: string,
    sections?: Partial<DemoPolicy>,
  ): { readonly policy: DemoPolicy; readonly settings: Settings & { readonly LEDGER_DIRECTORY: string } };
  close(): Promise<void>;
}

/** `different` replaces what the story's company is like. */
export async function setStage(options: Options, different: Partial<CompanyOptions> = {}): Promise<Stage> {
  const company: CompanyOptions = {
    users: options.users,
    deleted: Math.max(26, Math.round(options.users / 20)),
    latency: 15,
    sourceKnowsOnPrem: options.source !== 'entra',
    exchange: options.exchange === 'required',
    ...different,
  };
  const tenant = await startTenantProcess(join(process.cwd(), 'test/demo/company.ts'), [
    JSON.stringify(company),
  ]);
  const ask = askOf(tenant.child);
  const { whereabouts } = tenant;
  const [cast, exchangeRoot] = await Promise.all([ask('cast'), ask('exchangeRoot')]);
  const folder = relative(process.cwd(), newFolder());
  const exports = join(folder, 'export');
  if (options.source === 'export') await ask('writeExport', exports);
  const directory = options.source === 'ad' ? await ask('startDirectory') : undefined;

  return {
    cast,
    ask,
    folder,
    prepare(asked, ledger, sections = {}) {
      const { tenantId } = whereabouts;
      const policy = {
        ...demoPolicy({
          ...asked,
          tenantId,
          protectedUser: cast.protectedUser,
          directoryUrl: directory?.url,
        }),
        ...sections,
      };
      const policyFile = join(folder, `policy-${ledger}.json`);
      writeFileSync(policyFile, `${JSON.stringify(policy, null, 2)}\n`);
      const settings = {
        GRAPH_ROOT: whereabouts.graphRoot,
        IDENTITY_ENDPOINT: whereabouts.identityEndpoint,
        IDENTITY_HEADER: whereabouts.identityHeader,
        MANAGED_IDENTITY_CLIENT_ID: whereabouts.clientId,
        APPLICATIONINSIGHTS_CONNECTION_STRING: whereabouts.connectionString,
        LEDGER_DIRECTORY: join(folder, ledger),
        POLICY_FILE: policyFile,
        NODE_EXTRA_CA_CERTS: whereabouts.caFile,
        ...(asked.source === 'export' && { EXPORT_DIRECTORY: exports }),
        ...(asked.source === 'ad' && {
          AD_DEMO_USERNAME: directory?.username,
          AD_DEMO_PASSWORD: directory?.password,
          AD_DEMO_CA: directory?.ca,
        }),
        ...(asked.exchange === 'required' && { EXCHANGE_ROOT: exchangeRoot }),
      };
      return { policy, settings };
    },
    close: async () => {
      await ask('removeDirectory');
      await tenant.stop();
    },
  };
}

/** `.demo/2026-01-05T021109`, made anew. */
function newFolder(): string {
  const name = new Date().toISOString().slice(0, 19).replaceAll(':', '');
  for (let number = 1; ; number++) {
    const folder = join(process.cwd(), '.demo', number === 1 ? name : `${name}-${number}`);
    mkdirSync(join(folder, '..'), { recursive: true });
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}
