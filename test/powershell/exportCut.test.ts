/** Whatever befalls a run: a reader finds the export of before or the new one, whole. */
import { mkdirSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { describeWithPowerShell } from './describe.ts';
import { createExportKit, type ExportKit } from './exportRun.ts';
import { type LdapServer, startLdapServer } from './ldapServer.ts';
import { DOMAIN, ldapUsers } from './ldapUsers.ts';
import { exportIn } from './wholeExport.ts';

jest.setTimeout(120_000);
const USERS = 2_000;

describeWithPowerShell('A run of Export-OnPremUsers.ps1', () => {
  const users = ldapUsers(USERS);
  const hook: { onPage?: (from: number) => undefined; endless: boolean } = { endless: false };
  let server: LdapServer;
  let kit: ExportKit;
  let runs = 0;
  beforeAll(async () => {
    server = await startLdapServer({
      domain: DOMAIN,
      users,
      onPage: (from) => hook.onPage?.(from),
      get endless() {
        return hook.endless;
      },
    });
    kit = createExportKit({ [DOMAIN]: server.address });
  });
  afterEach(() => {
    hook.onPage = () => undefined;
    hook.endless = false;
  });
  afterAll(async () => {
    kit.remove();
    await server.close();
  });

  function newTarget() {
    runs += 1;
    const out = join(kit.folder, `out${runs}`);
    const folder = join(out, DOMAIN);
    mkdirSync(folder, { recursive: true });
    return { out, folder, args: ['-Domain', DOMAIN, '-Folder', out] };
  }
  const fileOf = (out: string) => exportIn(out, DOMAIN).manifest.file;

  test('killed while it reads, writes users or is about to write the manifest: the old export or the new', async () => {
    const { out, folder, args } = newTarget();
    expect((await kit.run(args)).code).toBe(0);
    const first = fileOf(out);

    const reading = kit.start(args);
    hook.onPage = () => void reading.kill('SIGKILL');
    expect((await reading.ended).code).toBe(null);
    expect([fileOf(out), readdirSync(folder)]).toEqual([first, ['manifest.json', first]]);
    hook.onPage = () => undefined;

    for (const suspect of [/^users-.*partial$/, /^users-(?!.*partial)/]) {
      const before = fileOf(out);
      const running = kit.start(args);
      const watcher = watch(folder, (_, name) => {
        if (name !== null && suspect.test(name)) running.kill('SIGKILL');
      });
      await running.ended;
      watcher.close();
      const { manifest } = exportIn(out, DOMAIN);
      expect(manifest['users']).toBe(USERS);
      const newest = readdirSync(folder).filter((name) => name.endsWith('.csv.gz'));
      expect([before, ...newest]).toContain(manifest.file);
    }
  });

  test('stopped by Ctrl+C ends with 3, says so and leaves the old export', async () => {
    const { folder, args } = newTarget();
    hook.endless = true;
    const running = kit.start(args);
    hook.onPage = () => void running.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(3);
    expect(stderr).toContain(`The export of ${DOMAIN} was stopped before its end`);
    expect(kit.events()).toContain('4 Error');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('on a disk that is full fails, and leaves neither the new export nor a part of it', async () => {
    const { out, folder, args } = newTarget();
    expect((await kit.run(args)).code).toBe(0);
    const before = readdirSync(folder);
    // A limit on the size of a file: writing fails in the midst, as on a full disk.
    const { code, stderr } = await kit.run(args, {
      before: `trap '' XFSZ; ulimit -f 40`,
      env: { DOTNET_EnableWriteXorExecute: '0' },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('Nothing was replaced');
    expect(readdirSync(folder)).toEqual(before);
    expect(exportIn(out, DOMAIN).manifest['users']).toBe(USERS);
  });

  test('beside another of the same second writes a file of its own, and one of both is in place', async () => {
    const { out, folder, args } = newTarget();
    const results = await Promise.all([kit.run(args), kit.run(args)]);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(exportIn(out, DOMAIN).manifest['users']).toBe(USERS);
    expect(readdirSync(folder).filter((name) => name.endsWith('.csv.gz'))).toHaveLength(2);
    expect(readdirSync(folder)).toHaveLength(3);
  });
});
