/** What `why` prints for people. */
import { factMeaning, KEEP } from '../core/vocabulary.ts';
import type { Part, Terminal } from './terminal.ts';
import { ANSWERS, type Cure, type Holder, type ToldVerdict, type WhyResult } from './whyResult.ts';

const bold = (text: string): Part => ({ text, style: 'bold' });
const dim = (text: string): Part => ({ text, style: 'dim' });
const dayOf = (moment: string | undefined) => moment?.slice(0, 16).replace('T', ' ') ?? 'an unknown day';

export function printWhy(terminal: Terminal, result: WhyResult): void {
  const { asked, answer, holders, notRead, verdicts, noVerdict, cures, otherCauses } = result;
  const about = [...asked.addresses, ...asked.legacyExchangeDNs, ...asked.ids];
  terminal.out(bold(about.join(', ')));
  if (asked.diagnostic !== undefined) terminal.out(dim(`  the bounce says ${asked.diagnostic}`));
  terminal.out({
    text: ANSWERS[answer],
    style: answer === 'liveUser' || answer === 'nobody' ? 'green' : 'yellow',
  });
  section(terminal, 'Held by', holders.map(holderInWords));
  for (const verdict of verdicts) printVerdict(terminal, verdict);
  if (noVerdict !== undefined) section(terminal, 'The policy could not be asked just now', [noVerdict]);
  section(
    terminal,
    'Not read',
    notRead.map(({ what, why }) => `${what}: ${why}`),
  );
  for (const cure of cures) printCure(terminal, cure);
  section(terminal, 'What else makes mail bounce', otherCauses);
}

function section(terminal: Terminal, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  terminal.out();
  terminal.out(bold(title));
  for (const line of lines) terminal.out(`  ${line}`);
}

function holderInWords(holder: Holder): string {
  const by = `by ${holder.holds.join(', ')}`;
  switch (holder.kind) {
    case 'liveUser':
    case 'guest': {
      const what = holder.kind === 'guest' ? 'guest' : 'live user';
      return `${what} ${nameOf(holder.displayName, holder.userPrincipalName)}${holder.id}, ${by}`;
    }
    case 'deletedUser': {
      const left = holder.daysLeft === undefined ? '' : `, ${holder.daysLeft} days left in the recycle bin`;
      const exchange = {
        yes: 'Exchange Online holds its soft-deleted recipient',
        no: 'Exchange Online holds no soft-deleted recipient of it',
        unknown: 'Exchange Online could not be asked',
      }[holder.inExchange];
      return `deleted user ${nameOf(holder.displayName, holder.userPrincipalName)}${holder.id}, deleted ${dayOf(holder.deletedDateTime)} UTC${left}; ${exchange}; ${by}`;
    }
    case 'softDeletedRecipient':
      return `soft-deleted ${holder.recipientType ?? 'recipient'} in Exchange Online ${holder.guid ?? '(no Guid)'}, ${holder.id === undefined ? 'an orphan without an Entra object id' : `of the Entra object ${holder.id}`}; on hold: ${holder.onHold}; ${by}`;
  }
}

const nameOf = (displayName: string | undefined, upn: string | undefined) =>
  [displayName, upn && `<${upn}>`]
    .filter((part) => part !== undefined)
    .map((part) => `${part} `)
    .join('');

function printVerdict(terminal: Terminal, verdict: ToldVerdict): void {
  const { reason, detail, facts, dueAt, asOf, from } = verdict;
  const source =
    from === 'thisDesk' ? `decided here, ${dayOf(asOf)} UTC` : `as a night recorded it on ${dayOf(asOf)} UTC`;
  terminal.out();
  terminal.out(bold('Under the policy'), dim(`  ${source}`));
  if (reason === undefined) terminal.out({ text: '  purge', style: 'green' }, ': every fact speaks for it');
  else terminal.out({ text: '  keep', style: 'yellow' }, `: ${KEEP[reason]} (${reason}; ${detail})`);
  if (dueAt !== undefined) {
    terminal.out(
      `  the next night from ${dayOf(dueAt)} UTC on may purge it, if nothing else changes and the policy's mode is purge`,
    );
  }
  for (const { fact, value, origin } of facts) {
    terminal.out(`  ${factMeaning(fact).asked.padEnd(40)} ${value.padEnd(8)}`, dim(origin));
  }
}

function printCure(terminal: Terminal, { what, caution, portal, commands }: Cure): void {
  section(terminal, 'What you can do today', [what, ...(caution === undefined ? [] : [caution])]);
  if (portal !== undefined) terminal.out('  Portal: ', portal);
  for (const { shell, line } of commands) terminal.out(`  ${shell}: `, { text: line, style: 'cyan' });
}
