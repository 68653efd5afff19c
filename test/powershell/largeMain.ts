/** `npm run export:large`: a large domain on the stand-in domain controller, with time and memory, and kills. */
import { mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createExportKit, type ExportKit, type RunningExport } from './exportRun.ts';
import { startLdapServer } from './ldapServer.ts';
import { DOMAIN, ldapTombstone, ldapUsers } from './ldapUsers.ts';
import { whyNoPowerShell } from './powershell.ts';
import { exportIn } from './wholeExport.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);

/** The most memory that PowerShell ever had, in MiB; it is a child of its launcher. */
function peakMemory({ pid }: RunningExport): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    const peaks = [String(pid), ...children].map((process) => {
      const status = readFileSync(`/proc/${process}/status`, 'utf8');
      return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
    });
    return Math.max(...peaks);
  } catch {
    return 0;
  }
}

async function measure(kit: ExportKit, args: readonly string[]) {
  const begun = Date.now();
  const running = kit.start(args);
  let peak = 0;
  const sampling = setInterval(() => {
    peak = Math.max(peak, peakMemory(running));
  }, 200);
  const { code, stderr } = await running.ended;
  clearInterval(sampling);
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return { seconds: (Date.now() - begun) / 1000, peak };
}

/** Either when it begins to write, or `at` milliseconds after its start. */
async function killOnce(
  kit: ExportKit,
  args: readonly string[],
  folder: string,
  at: number,
  whileWriting: boolean,
) {
  const running = kit.start(args);
  const watcher = watch(folder, () => whileWriting && running.kill('SIGKILL'));
  const over = running.ended.then(() => true);
  const isOver = await Promise.race([over, delay(whileWriting ? 600_000 : at, false, { ref: false })]);
  if (!isOver) running.kill('SIGKILL');
  await running.ended;
  watcher.close();
}

async function main(): Promise<void> {
  const reason = whyNoPowerShell();
  if (reason !== undefined) throw new Error(reason);
  const { values } = parseArgs({
    options: {
      users: { type: 'string', default: '200000' },
      kills: { type: 'string', default: '50' },
      'killed-users': { type: 'string', default: '20000' },
    },
  });
  const [users, kills, killedUsers] = [
    Number(values.users),
    Number(values.kills),
    Number(values['killed-users']),
  ];
  const tombstones = Array.from({ length: 5_000 }, (_, at) => ldapTombstone(at));
  const directory = { domain: DOMAIN, users: ldapUsers(users), tombstones };
  const server = await startLdapServer(directory);
  const kit = createExportKit({ [DOMAIN]: server.address });
  try {
    const out = join(kit.folder, 'out');
    const folder = join(out, DOMAIN);
    mkdirSync(folder, { recursive: true });
    const args = ['-Domain', DOMAIN, '-Folder', out];
    const { seconds, peak } = await measure(kit, args);
    const whole = exportIn(out, DOMAIN);
    if (whole.manifest['users'] !== users) throw new Error(`${whole.manifest['users']} users were exported`);
    print(
      `${users} users, ${tombstones.length} tombstones: ${seconds.toFixed(0)} s, at most ${peak.toFixed(0)} MiB`,
    );

    directory.users = directory.users.slice(0, killedUsers);
    const { seconds: short } = await measure(kit, args);
    let [replaced, last] = [0, exportIn(out, DOMAIN).manifest.file];
    for (let kill = 0; kill < kills; kill += 1) {
      await killOnce(kit, args, folder, (short * 1000 * kill) / kills, kill % 3 === 0);
      const { manifest } = exportIn(out, DOMAIN);
      if (manifest['users'] !== killedUsers) throw new Error(`kill ${kill}: ${manifest['users']} users`);
      if (manifest.file !== last) replaced += 1;
      last = manifest.file;
    }
    const left = readdirSync(folder).filter((name) => name.endsWith('.partial')).length;
    print(
      `${kills} kills of runs with ${killedUsers} users (${short.toFixed(0)} s): each time a whole export, ${replaced} times the new one; ${left} parts left for the next run`,
    );
  } finally {
    kit.remove();
    await server.close();
  }
}

await main();
