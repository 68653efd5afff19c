/** `tonight`, `nights`, `report`, `audit`: the desk beside the function, on the same tenant and ledger. */
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { auditResult } from '../../lib/cli/audit.ts';
import { nightsResult } from '../../lib/cli/nights.ts';
import { replayResult } from '../../lib/cli/replay.ts';
import { reportResult } from '../../lib/cli/report.ts';
import { tonightResult } from '../../lib/cli/tonightResult.ts';
import { whyResult } from '../../lib/cli/whyResult.ts';
import { startJob } from '../host/job.ts';
import { idOf, tinyUser } from '../tenant/tiny.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { type DeskRig, deletedMailUser, deskRig } from './rig.ts';

/** A process is started for each step; a busy machine takes its time. */
jest.setTimeout(120_000);

let rig: DeskRig;
beforeAll(async () => {
  rig = await deskRig(
    [2, 3, 4, 5].map((n) => tinyUser(n)),
    [
      deletedMailUser(11, 'Kim Vale', 16),
      deletedMailUser(12, 'Lee Low', 20),
      deletedMailUser(13, 'Young Leaver', 1),
    ],
  );
});
afterAll(() => rig.close());

const LOG = () => join(rig.folder, 'ledger/log/000001.ndjson');
const purging = { mode: 'purge', nightsAbsent: 1 };

/** The function, as it is deployed. */
async function functionRuns() {
  const { code, stderr } = await startJob(rig.settings).ended;
  expect([code, stderr]).toEqual([0, expect.anything()]);
  return readFileSync(LOG(), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { night: string; record: Record<string, unknown> });
}

describe('before the first night', () => {
  test('tonight says who would be purged and who is due when, writes nothing and sends no DELETE', async () => {
    rig.policy(purging);
    const result = await rig.json(tonightResult, 'tonight');
    expect(result).toMatchObject({
      status: 'completed',
      from: 'thisDesk',
      plan: { state: 'ready', purge: 2 },
    });
    expect(result.purge.map(({ id }) => id).sort()).toEqual([idOf(11), idOf(12)]);
    expect(result.waiting).toMatchObject([{ id: idOf(13), reason: 'withinGracePeriod' }]);
    expect(result.limits).toContainEqual(
      expect.objectContaining({ setting: 'perNight', actual: 2, limit: 20 }),
    );
    expect(existsSync(join(rig.folder, 'ledger'))).toBe(false);
    expect(rig.directory.audit).toEqual([]);
  });
  test('the ledger is empty, and that is a finding', async () => {
    expect(await rig.json(nightsResult, 'nights')).toMatchObject({ nights: [] });
    expect(await rig.json(auditResult, 'audit')).toMatchObject({ lines: 0, nights: 0 });
    expect((await rig.run(['audit'])).code).toBe(1);
    expect((await rig.run(['report'])).code).toBe(2);
  });
});

describe('beside the function', () => {
  test('tonight has the plan and the fingerprint that the function has', async () => {
    const desk = await rig.json(tonightResult, 'tonight');
    rig.policy({ nightsAbsent: 1 });
    const lines = await functionRuns();
    const planned = lines.find(({ record }) => record['kind'] === 'planned')?.record;
    expect(planned).toMatchObject({ fingerprint: desk.plan?.fingerprint, state: desk.plan?.state });
    const again = await rig.json(tonightResult, 'tonight');
    expect(again.plan).toEqual(desk.plan);
    expect(again.purge.map(({ id }) => id)).toEqual(desk.purge.map(({ id }) => id));
  });

  test('nights, report and audit tell of that night, and leave its ledger as it is', async () => {
    const before = readFileSync(LOG(), 'utf8');
    const { nights } = await rig.json(nightsResult, 'nights');
    expect(nights).toMatchObject([
      { mode: 'report', status: 'completed', deletedUsers: 3, planned: 2, purged: 0 },
    ]);
    const page = join(rig.folder, 'page.html');
    const told = await rig.json(
      reportResult,
      'report',
      '--night',
      nights[0]?.night.slice(0, 6) ?? '',
      '--out',
      page,
    );
    expect(told).toEqual({
      command: 'report',
      night: nights[0]?.night,
      stored: nights[0]?.report,
      file: page,
    });
    expect(readFileSync(page, 'utf8')).toContain('Kim Vale');
    const { code, stdout } = await rig.run(['audit']);
    expect([code, stdout.match(/✗/g)]).toEqual([0, null]);
    expect(readFileSync(LOG(), 'utf8')).toBe(before);
  });

  test('tonight leaves a page, too', async () => {
    const page = join(rig.folder, 'tonight.html');
    expect((await rig.run(['tonight', '--html', page])).code).toBe(0);
    expect(readFileSync(page, 'utf8')).toContain('Kim Vale');
  });

  test('a user whom the desk cannot decide on is told as the night recorded it', async () => {
    rig.servers.faults.add({
      match: /^GET \/users\?.*onPremisesSyncEnabled/,
      kind: 'status',
      status: 400,
      times: 9,
    });
    const { verdicts, noVerdict } = await rig.json(whyResult, 'why', idOf(11));
    rig.servers.faults.add({
      match: /^GET \/users\?.*onPremisesSyncEnabled/,
      kind: 'status',
      status: 400,
      times: 9,
    });
    const tonight = await rig.json(tonightResult, 'tonight');
    rig.servers.faults.clear();
    expect(verdicts).toMatchObject([{ id: idOf(11), verdict: 'purge', from: 'ledger' }]);
    expect(noVerdict).toMatch(/live synced users/);
    expect(tonight).toMatchObject({ from: 'ledger', status: 'refused', purge: [{}, {}] });
    expect(tonight.plan).toBeUndefined();
  });

  test('a plan over a limit is a finding, and the limit is named', async () => {
    rig.policy({
      ...purging,
      accidentalDeletionPrevention: {
        perNight: { users: 1, percent: 0 },
        rollingBudget: { days: 7, users: 60, percent: 0 },
      },
    });
    const { code, stdout } = await rig.run(['tonight']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/tooManyPurges: 2 users would be purged, 1 more than the 1 allowed/);
  });

  test('after a purge, nights counts it and audit finds no open intent', async () => {
    rig.policy(purging);
    await functionRuns();
    expect(rig.directory.deleted.size).toBe(1);
    const { nights } = await rig.json(nightsResult, 'nights');
    expect(nights).toMatchObject([
      { mode: 'purge', purged: 2 },
      { mode: 'report', purged: 0 },
    ]);
    expect(await rig.json(auditResult, 'audit')).toMatchObject({ nights: 2, openIntents: [], cutOff: [] });
  });
});

describe('replay', () => {
  const other = (name: string, sections: object) => {
    const policy = JSON.parse(readFileSync(join(rig.folder, 'policy.json'), 'utf8')) as object;
    return rig.write(name, JSON.stringify({ ...policy, ...sections }));
  };
  const replayed = (file: string) => rig.json(replayResult, 'replay', '--policy', file, '--from', '2d');

  test('finds no difference under the policy that was in force', async () => {
    expect(await replayed(other('same.json', {}))).toEqual({
      command: 'replay',
      nights: 2,
      newlyPurged: [],
      newlyKept: [],
      unknown: [],
      lookedOtherwise: [],
    });
  });
  test('names who would newly be purged, and who newly kept', async () => {
    const short = await replayed(other('short.json', { gracePeriodDays: 0 }));
    expect(short.newlyPurged).toMatchObject([
      { id: idOf(13), before: 'keep: withinGracePeriod', after: 'purge' },
    ]);
    expect([short.newlyKept, short.unknown]).toEqual([[], []]);
    const long = await replayed(other('long.json', { gracePeriodDays: 18 }));
    expect(long.newlyKept).toMatchObject([
      { id: idOf(11), before: 'purge', after: expect.stringContaining('withinGracePeriod') },
    ]);
    expect(long.newlyPurged).toEqual([]);
  });
  test('says of whom it is not known, where a rule asks for what was not recorded', async () => {
    const protect = { domains: ['elsewhere.example'], userPrincipalNames: ['lee.*'] };
    const { newlyKept, unknown } = await replayed(other('protect.json', { protect }));
    expect(newlyKept).toMatchObject([{ id: idOf(12), after: expect.stringContaining('protectedBy') }]);
    expect(unknown.map(({ id }) => id).sort()).toEqual([idOf(11), idOf(13)]);
  });
  test('names the sections under which other facts would have been gathered', async () => {
    const result = await replayed(other('exchange.json', { exchange: { use: 'required' } }));
    expect(result.lookedOtherwise).toEqual(['exchange']);
  });
});

describe('a ledger that is not whole', () => {
  const spoiled = (spoil: (lines: string[]) => readonly string[]) => {
    const folder = join(rig.folder, 'spoiled');
    rmSync(folder, { recursive: true, force: true });
    cpSync(join(rig.folder, 'ledger'), folder, { recursive: true });
    const lines = readFileSync(LOG(), 'utf8').trimEnd().split('\n');
    writeFileSync(join(folder, 'log/000001.ndjson'), `${spoil(lines).join('\n')}\n`);
    return folder;
  };
  const kindOf = (line: string) => (JSON.parse(line) as { record: { kind: string } }).record.kind;

  test('audit names the first bad line, and nights says that it cannot be read', async () => {
    const folder = spoiled((lines) => lines.map((line) => line.replace('Kim Vale', 'Kim Vole')));
    const { code, stdout } = await rig.run(['audit', '--ledger', folder]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /✗ The ledger in .* log\/000001\.ndjson line \d+ does not continue the line before/,
    );
    expect(await rig.run(['nights', '--ledger', folder])).toMatchObject({ code: 1, stdout: '' });
    expect(await rig.run(['tonight', '--ledger', folder])).toMatchObject({ code: 1 });
  });

  test('old files that retention removed are no fault, a file missing between two is one', async () => {
    const folder = spoiled((lines) => lines);
    const log = (number: number) => join(folder, `log/00000${number}.ndjson`);
    const [line = ''] = readFileSync(log(1), 'utf8').trimEnd().split('\n').slice(1);
    rmSync(log(1));
    writeFileSync(log(3), `${line}\n`);
    expect(await rig.json(auditResult, 'audit', '--ledger', folder)).toMatchObject({ lines: 1, nights: 1 });
    expect((await rig.json(auditResult, 'audit', '--ledger', folder)).broken).toBeUndefined();
    writeFileSync(log(1), `${line}\n`);
    expect((await rig.json(auditResult, 'audit', '--ledger', folder)).broken).toMatch(
      /000002\.ndjson is missing/,
    );
  });

  test('audit names an intent without an end, and the night that was cut off', async () => {
    const folder = spoiled((lines) =>
      lines.slice(
        0,
        lines.findIndex((line) => kindOf(line) === 'answered'),
      ),
    );
    const result = await rig.json(auditResult, 'audit', '--ledger', folder);
    expect(result.broken).toBeUndefined();
    expect(result.openIntents.length).toBeGreaterThan(0);
    expect(result.openIntents[0]).toMatchObject({ attempt: 1 });
    expect(result.cutOff).toHaveLength(1);
  });
});

describe('wrong usage and no access', () => {
  test.each<readonly string[]>([
    ['nights', '--days', '0'],
    ['nights', '--days', '-1'],
    ['nights', '--days', 'all'],
    ['report', '--night', '../../etc/passwd'],
    ['report', '--night', '2020-01-01'],
    ['report', '--out', '/nowhere/page.html'],
    ['tonight', '--html', '/nowhere/page.html'],
    ['audit', 'extra'],
    ['schema', 'nothing'],
    ['replay'],
    ['replay', '--policy', '/nowhere.json'],
    ['replay', '--policy', 'package.json'],
    ['replay', '--policy', 'policy.json', '--from', 'ever'],
  ])('%j ends with 2', async (...args) => {
    const { code, stdout, stderr } = await rig.run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/\S/);
  });
  test('no ledger at all ends with 2', async () =>
    expect(await rig.run(['audit'], { LEDGER_DIRECTORY: undefined })).toMatchObject({ code: 2, stdout: '' }));
  test('a container that lets nobody in ends with 3, naming the role', async () => {
    const { cert, key } = await trustedCertificates();
    const server = createServer({ cert, key }, (_, response) => {
      response.writeHead(403, { 'x-ms-error-code': 'AuthorizationPermissionMismatch' }).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const place = `https://127.0.0.1:${port}/ledger`;
    const { code, stderr } = await rig.run(['audit', '--ledger', place]);
    server.closeAllConnections();
    server.close();
    expect(code).toBe(3);
    expect(stderr).toMatch(/^Signed in as /);
    expect(stderr).toMatch(/Storage Blob Data Reader/);
  });
  test('every result has a schema', async () => {
    for (const command of ['why', 'tonight', 'nights', 'report', 'audit']) {
      const { code, stdout } = await rig.run(['schema', command]);
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { type: 'object', additionalProperties: false }]);
    }
  });
});
