#!/usr/bin/env node
/** `mailuser-purge`: what an operator asks from a desk. It reads, and never purges. */
import { Command, CommanderError, Option } from 'commander';
import tool from '../../package.json' with { type: 'json' };
import { audit } from './audit.ts';
import { runDemo } from './demo.ts';
import { EXIT, type Exit, failed } from './exit.ts';
import { nights } from './nights.ts';
import { policyCheck } from './policyCheck.ts';
import { replay } from './replay.ts';
import { report } from './report.ts';
import { schema } from './schema.ts';
import type { CommonOptions, Context } from './session.ts';
import { createTerminal, visible } from './terminal.ts';
import { tonight } from './tonight.ts';
import { why } from './why.ts';

const terminal = createTerminal(process.stdout, process.stderr);
const ending = new AbortController();
for (const event of ['SIGINT', 'SIGTERM'] as const) {
  process.once(event, () => ending.abort(new Error('stopped by hand')));
}

type Run<Options> = (context: Context, args: readonly string[], options: Options) => Promise<Exit>;

/** A command's own function, with the frame around it. */
function framed<Options extends CommonOptions>(run: Run<Options>) {
  return async (...all: readonly unknown[]): Promise<void> => {
    const command = all.at(-1) as Command;
    let account: Parameters<Context['onAccount']>[0] | undefined;
    const context: Context = {
      terminal,
      environment: process.env,
      signal: ending.signal,
      onAccount: (one) => {
        account = one;
      },
    };
    try {
      process.exitCode = await run(context, command.processedArgs, command.optsWithGlobals<Options>());
    } catch (error) {
      process.exitCode = failed(terminal, error, account);
    } finally {
      terminal.clear();
    }
  };
}

const lines = (write: (line: string) => void) => (text: string) => {
  for (const line of text.trimEnd().split('\n')) write(line);
};

function program(): Command {
  const root = new Command('mailuser-purge')
    .description(
      'Why mail bounces, and what the nightly purge would do. Reads only; it never purges anybody.',
    )
    .version(tool.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => process.stdout.write(text.split('\n').map(visible).join('\n')),
      writeErr: lines((line) => terminal.note(line)),
    })
    .addHelpText(
      'after',
      '\nSettings come from the environment under the names of the app settings (infra/README.md).',
    )
    .addHelpText('after', 'Exit codes: 0 fine, 1 a finding, 2 wrong usage, 3 no access.')
    .addOption(new Option('--json', 'print the result as JSON; see "schema"'))
    .addOption(new Option('--policy <file>', 'the policy file, in place of POLICY_FILE'))
    .addOption(new Option('--ledger <place>', 'the ledger: the URL of its container, or a folder'))
    .addOption(new Option('--demo', 'ask a company that is simulated on this machine; needs a clone'));
  root
    .command('why')
    .argument('<what>', 'an address, a UPN, an object id, a file with the bounce, or - for a bounce on stdin')
    .description('Is a deleted user the cause of a bounce? Who holds the address, and what becomes of it.')
    .action(framed(why));
  root
    .command('tonight')
    .description('What a night would do now: who would be purged, who is due when, how near each limit is.')
    .option('--html <file>', "also write the night's page")
    .action(framed(tonight));
  root
    .command('nights')
    .description('The nights in the ledger, the last first.')
    .option('--days <count>', 'how far to look back', '31')
    .action(framed(nights));
  root
    .command('report')
    .description("A night's page, from beside the ledger.")
    .option(
      '--night <night>',
      'its date (2026-11-23), or its id or the first digits of it; the last one by default',
    )
    .option('--out <file>', 'where to write it; a new temporary folder by default')
    .option('--open', 'open it in the browser')
    .action(framed(report));
  root
    .command('audit')
    .description('Is the ledger whole? First bad line, purges and nights without an end, missing nights.')
    .action(framed(audit));
  root
    .command('replay')
    .description('Past nights under another policy (--policy), from what the ledger recorded.')
    .option('--from <days>', 'how far to look back, as in 30d', '30d')
    .action(framed(replay));
  root
    .command('policy')
    .description('The policy file.')
    .command('check')
    .argument('[file]', 'the policy file; POLICY_FILE, or policy.json, where absent')
    .description('What is wrong with it, by line and column, also where its schema accepts it. Asks nobody.')
    .action(framed(policyCheck));
  root
    .command('schema')
    .argument('<command>', 'one that takes --json')
    .description('The JSON Schema of what a command prints with --json.')
    .action(framed(schema));
  return root;
}

async function main(args: readonly string[]): Promise<void> {
  // What follows "--" is no option.
  const end = args.indexOf('--');
  if (args.slice(0, end < 0 ? args.length : end).includes('--demo')) {
    process.exitCode = await runDemo(terminal, args);
    return;
  }
  try {
    await program().parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  }
}

void main(process.argv.slice(2));
