/** The commands that `npm run commands` prints: filled in, and the same in bash and in PowerShell. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { outputsOf } from './deployed.ts';

const outputs = z.record(z.string(), z.string()).parse(outputsOf('smallest'));

const run = (env: Readonly<Record<string, string | undefined>>) =>
  spawnSync(process.execPath, ['infra/scripts/commands.ts'], { encoding: 'utf8', env: { ...env } });

/** The lines that are no comment. */
const commandsIn = (stdout: string) =>
  stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('with the outputs of a deployment in the environment', () => {
  const { status, stdout } = run(outputs);
  const commands = commandsIn(stdout);

  test('every command has a purpose above it', () => {
    expect(status).toBe(0);
    expect(commands.length).toBeGreaterThan(8);
    expect(stdout.match(/^# .+\n(?:az|bash) /gm)).toHaveLength(commands.length);
  });

  test.each(commands)('%s', (command) => {
    expect(command).not.toMatch(/undefined|<|…/);
    // Quoted with double quotes only, and no variable: bash and PowerShell read both alike.
    expect(command).not.toMatch(/['`\\;|&]|\$(?!\(az )/);
    for (const [script] of command.matchAll(/infra\/\S+/g)) expect(existsSync(script)).toBe(true);
  });

  test('they name what was deployed', () => {
    const text = commands.join('\n');
    for (const name of ['HALT_BLOB_URL', 'FUNCTION_APP_NAME', 'IDENTITY_PRINCIPAL_ID', 'GRAPH_ROOT'])
      expect(text).toContain(`"${outputs[name]}"`);
    const [, account] = /^https:\/\/(\w+)\./.exec(outputs['LEDGER_CONTAINER_URL'] ?? '') ?? [];
    expect(text).toContain(`--account-name "${account}" --container-name ledger`);
  });
});

describe('without them', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'azd-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('azd is asked', () => {
    writeFileSync(join(folder, 'values.json'), JSON.stringify(outputs));
    writeFileSync(
      join(folder, 'azd'),
      `#!/bin/sh\n[ "$*" = "env get-values --output json" ] && cat ${folder}/values.json\n`,
    );
    chmodSync(join(folder, 'azd'), 0o755);
    const { status, stdout } = run({ PATH: `${folder}:${process.env['PATH']}` });
    expect(status).toBe(0);
    expect(stdout).toBe(run(outputs).stdout);
  });

  test('the message says what is missing and where to run it', () => {
    const { status, stdout, stderr } = run({ PATH: folder });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('HALT_BLOB_URL');
    expect(stderr).toContain('Run this where "azd up" ran');
  });
});
