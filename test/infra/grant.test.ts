import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';

// Dozens of processes each.
jest.setTimeout(60_000);

const PRINCIPAL = '0b6f1a5e-8f3c-4a39-8f0e-2f6f0c1d9a77';
/** Of fakeAz.sh. */
const TENANT = '72f988bf-1111-4222-8333-000000000001';
const CLIENT = '6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10';
const ARGUMENTS = `-TenantId ${TENANT} -AppId ${CLIENT} -ObjectId ${PRINCIPAL}`;
const GRAPH = '11111111-aaaa-4bbb-8ccc-000000000001';
const EXCHANGE = '11111111-aaaa-4bbb-8ccc-000000000002';
/** As Microsoft documents them. */
const READ = `${GRAPH} df021288-bdef-4463-88db-98f22de89214`;
const PURGE = `${GRAPH} eccc023d-eccf-4e7b-9683-8813ab36cecc`;
const MANAGE = `${EXCHANGE} dc50a0fb-09a3-484d-be87-e023b12c6440`;

let tenant: string;
const write = (file: string, lines: readonly string[]) =>
  writeFileSync(join(tenant, file), lines.map((line) => `${line}\n`).join(''));
const read = (file: string) => readFileSync(join(tenant, file), 'utf8').split('\n').slice(0, -1);

beforeEach(() => {
  tenant = mkdtempSync(join(tmpdir(), 'tenant-'));
  symlinkSync(resolve('test/infra/fakeAz.sh'), join(tenant, 'az'));
  write('graph', ['https://graph.microsoft.com']);
  write('principals', [
    `${PRINCIPAL} ${CLIENT}`,
    `${GRAPH} 00000003-0000-0000-c000-000000000000`,
    `${EXCHANGE} 00000002-0000-0ff1-ce00-000000000000`,
  ]);
  write('spared', ['0']);
  for (const file of ['assignments', 'requests', 'failing']) write(file, []);
});
afterEach(() => rmSync(tenant, { recursive: true, force: true }));

function run(script: 'grant' | 'revoke', ...args: string[]) {
  const { status, stdout, stderr } = spawnSync('bash', [`infra/identity/${script}.sh`, ...args], {
    encoding: 'utf8',
    env: { PATH: `${tenant}${delimiter}${process.env['PATH']}`, AZ_TENANT: tenant },
  });
  return { status, stdout, stderr };
}
const grant = (...args: string[]) => run('grant', '--principal-id', PRINCIPAL, ...args);
const revoke = (...args: string[]) => run('revoke', '--principal-id', PRINCIPAL, ...args);
/** Resource and app role of each assignment. */
const held = () => read('assignments').map((line) => line.split(' ').slice(2).join(' '));
const writes = () => read('requests').filter((request) => !request.startsWith('GET '));

describe('grant.sh', () => {
  test('reads only, unless told', () => {
    const { status, stdout } = grant();
    expect(status).toBe(0);
    expect(stdout).toBe('granted: User.Read.All\n');
    expect(held()).toEqual([READ]);
  });

  test('everything; a second time nothing changes', () => {
    expect(grant('--purge', '--exchange').status).toBe(0);
    expect(held()).toEqual([READ, PURGE, MANAGE]);
    const before = writes();
    const { status, stdout } = grant('--purge', '--exchange');
    expect(status).toBe(0);
    expect(writes()).toEqual(before);
    expect(stdout.match(/^already there: .*$/gm)).toEqual([
      'already there: User.Read.All',
      'already there: User.DeleteRestore.All',
      'already there: Exchange.ManageAsApp',
    ]);
    expect(stdout).toContain(`Grant-ExchangeViewOnly.ps1 ${ARGUMENTS}\n`);
  });

  test('says what is held though not asked for, and leaves it', () => {
    grant('--purge');
    expect(grant().stdout).toContain('held, though not asked for: User.DeleteRestore.All (revoke.sh --purge');
    expect(held()).toEqual([READ, PURGE]);
  });

  test('and revoke.sh with the Azure CLI for Windows, whose lines end with CR LF', () => {
    write('crlf', []);
    const { status, stdout } = grant('--purge', '--exchange');
    expect(status).toBe(0);
    expect(held()).toEqual([READ, PURGE, MANAGE]);
    expect(stdout).not.toContain('\r');
    expect(stdout).toContain(`Grant-ExchangeViewOnly.ps1 ${ARGUMENTS}\n`);
    expect(grant('--purge', '--exchange').stdout.match(/^already there: .*$/gm)).toHaveLength(3);
    expect(revoke().status).toBe(0);
    expect(held()).toEqual([]);
  });

  test.each([
    ['https://graph.microsoft.us', 'O365USGovGCCHigh'],
    ['https://dod-graph.microsoft.us', 'O365USGovDoD'],
    ['https://microsoftgraph.chinacloudapi.cn', 'O365China'],
  ])('names the Exchange of the cloud whose Graph is %s', (graph, environment) => {
    write('graph', [graph]);
    expect(grant('--exchange').stdout).toContain(`${ARGUMENTS} -ExchangeEnvironmentName ${environment}\n`);
  });

  test('in the cloud that az is signed in to, or where it is told', () => {
    write('graph', ['https://microsoftgraph.chinacloudapi.cn']);
    expect(grant().status).toBe(0);
    expect(grant('--graph-root', 'https://dod-graph.microsoft.us').status).not.toBe(0);
    write('graph', ['https://dod-graph.microsoft.us']);
    expect(grant('--graph-root', 'https://dod-graph.microsoft.us/').status).toBe(0);
  });
});

describe('revoke.sh', () => {
  test('back to nothing; a second time nothing changes; what others granted stays', () => {
    const foreign = `f ${PRINCIPAL} ${GRAPH} ${CLIENT}`;
    write('assignments', [foreign]);
    grant('--purge', '--exchange');
    const { status, stdout } = revoke();
    expect(status).toBe(0);
    expect(stdout.match(/^taken back: .*$/gm)).toHaveLength(3);
    expect(stdout).toContain(`Revoke-ExchangeViewOnly.ps1 ${ARGUMENTS}\n`);
    expect(read('assignments')).toEqual([foreign]);
    const before = writes();
    expect(revoke().stdout.match(/^not there: .*$/gm)).toHaveLength(3);
    expect(writes()).toEqual(before);
  });

  test.each([
    ['--purge', [READ, MANAGE]],
    ['--exchange', [READ, PURGE]],
  ])('%s takes back no more than that', (option, left) => {
    grant('--purge', '--exchange');
    expect(revoke(option).status).toBe(0);
    expect(held()).toEqual(left);
  });
});

describe('both fail loudly', () => {
  test.each([
    'GET /servicePrincipals/0b6f1a5e-.*[?].select=appId',
    'GET /servicePrincipals[(]',
    'GET .*/appRoleAssignments',
    'POST',
  ])('grant.sh where az fails at %s', (failing) => {
    write('failing', [failing]);
    const { status, stderr } = grant('--purge', '--exchange');
    expect(status).not.toBe(0);
    expect(stderr).toContain('Authorization_RequestDenied');
    expect(held()).toEqual([]);
  });

  test.each(['GET .*/appRoleAssignments', 'DELETE'])('revoke.sh where az fails at %s', (failing) => {
    grant('--purge');
    write('failing', [failing]);
    const { status, stdout } = revoke();
    expect(status).not.toBe(0);
    expect(stdout).not.toContain('taken back: User');
    expect(held()).toEqual([READ, PURGE]);
  });

  test('where only the look at what nobody asked for fails', () => {
    grant();
    write('failing', ['GET .*/appRoleAssignments']);
    write('spared', ['1']);
    const { status, stdout } = grant();
    expect(stdout).toBe('already there: User.Read.All\n');
    expect(status).not.toBe(0);
  });

  test.each([
    [[]],
    [['--principal-id', 'nightly-purge']],
    [['--principal-id']],
    [['--principal-id', PRINCIPAL, '--everything']],
    [['--principal-id', PRINCIPAL, '--graph-root', 'http://graph.microsoft.com']],
    [['--principal-id', CLIENT]],
  ])('on %j, and changes nothing', (args) => {
    for (const script of ['grant', 'revoke'] as const) {
      const { status, stderr } = run(script, ...args);
      expect(status).not.toBe(0);
      expect(stderr).toContain('Nothing was changed.');
    }
    expect(writes()).toEqual([]);
  });
});
