/** What one may ask of the demo on the command line. */
import { parseArgs } from 'node:util';
import { messageOf } from '../../lib/errors.ts';

export interface Options {
  readonly mode: 'purge' | 'report';
  readonly users: number;
  readonly source: 'entra' | 'export' | 'ad';
  readonly exchange: 'off' | 'required';
}

export const HELP = `A night of mailuser-purge against a company that is simulated on this machine.

  npm start                               a night in purge mode
  npm start -- --mode report              decides and records, and purges nobody
  npm start -- --users 20000              a larger company
  npm start -- --source export            on-premises is known from an export
  npm start -- --source ad                on-premises is asked itself: a Samba domain controller, if installed
  npm start -- --exchange required        Exchange Online's word on mail users and holds

Options: --mode purge|report, --users 200 to 200000, --source entra|export|ad, --exchange off|required, --help`;

/** A line that says what is wrong, where something is. */
export type Asked = { readonly options: Options } | { readonly help: true } | { readonly mistake: string };

/** `whyNoDirectory` says why Active Directory cannot be asked on this machine, where that is so. */
export function readOptions(args: readonly string[], whyNoDirectory: () => string | undefined): Asked {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        mode: { type: 'string', default: 'purge' },
        users: { type: 'string', default: '400' },
        source: { type: 'string', default: 'entra' },
        exchange: { type: 'string', default: 'off' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { help: true };
    const source = oneOf(values.source, 'source', ['entra', 'export', 'ad']);
    const missing = source === 'ad' ? whyNoDirectory() : undefined;
    if (missing !== undefined) throw new Error(`--source ad cannot be shown here: ${missing}.`);
    return {
      options: {
        mode: oneOf(values.mode, 'mode', ['purge', 'report']),
        users: usersIn(values.users),
        source,
        exchange: oneOf(values.exchange, 'exchange', ['off', 'required']),
      },
    };
  } catch (error) {
    const [firstSentence = ''] = messageOf(error).split(/\.(?= |$)/);
    return { mistake: `${firstSentence}. See npm start -- --help.` };
  }
}

function oneOf<Word extends string>(value: string, name: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw new Error(`--${name} must be ${words.join(' or ')}, and is "${value}".`);
}

function usersIn(value: string): number {
  const users = Number(value);
  if (/^\d+$/.test(value) && users >= 200 && users <= 200_000) return users;
  throw new Error(`--users must be a whole number from 200 to 200000, and is "${value}".`);
}
