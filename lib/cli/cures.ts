/** What a person can do today, with the ids filled in. The desk itself does none of it. */
import type { Cure, DeletedHolder, Holder, SoftDeletedHolder, ToldVerdict } from './whyResult.ts';

export function cureOfDeleted(
  { id, displayName, daysLeft }: DeletedHolder,
  verdict: ToldVerdict | undefined,
  graphRoot: string,
): Cure {
  const keeps =
    verdict?.verdict === 'keep' && verdict.dueAt === undefined
      ? ` The policy keeps this user (${verdict.reason}): find out first whether it is right to.`
      : '';
  const itself = daysLeft === undefined ? '' : ` Entra ID itself does so in ${daysLeft} days.`;
  return {
    what: `Permanently delete the user ${id}; Exchange Online follows within hours.${itself}`,
    caution: `This cannot be undone.${keeps} It needs the role User Administrator.`,
    portal: `Microsoft Entra admin center > Users > Deleted users > search for ${displayName ?? id}, compare the object id ${id} > Delete permanently`,
    commands: [
      {
        shell: 'bash',
        line: `az rest --method delete --url '${graphRoot}/v1.0/directory/deletedItems/${id}'`,
      },
      { shell: 'PowerShell', line: `Remove-MgDirectoryDeletedItem -DirectoryObjectId '${id}'` },
    ],
  };
}

/** `Remove-MailUser -PermanentlyDelete` takes only those whose ExternalDirectoryObjectId is blank (Remove-MailUser). */
export function cureOfSoftDeleted({ id, guid, onHold }: SoftDeletedHolder): Cure {
  if (id !== undefined || guid === undefined) {
    return {
      what: 'Wait: the Entra user is purged already, and Exchange Online follows within hours, seldom more than a day. If it stays, open a support request with the ids above.',
      commands: [],
    };
  }
  return {
    what: `Permanently delete the soft-deleted mail user ${guid}, which no Entra user stands behind any more.`,
    caution:
      onHold === 'no'
        ? 'This cannot be undone.'
        : 'This cannot be undone, and it may be on hold: the hold must be lifted first, by whoever placed it.',
    commands: [
      {
        shell: 'Exchange Online PowerShell',
        line: `Get-MailUser -SoftDeletedMailUser -Identity '${guid}' | Remove-MailUser -PermanentlyDelete`,
      },
    ],
  };
}

export function cureOfStaleX500(legacyExchangeDNs: readonly string[], holders: readonly Holder[]): Cure {
  const [live] = holders.filter((holder) => holder.kind === 'liveUser' || holder.kind === 'guest');
  return {
    what: 'The sender removes the address from Outlook’s suggestions (the X beside it) and types it anew.',
    caution:
      'If many senders have it, give the X.500 address to whoever should get this mail; Set-MailUser takes it for a mail user, Set-Mailbox for a mailbox.',
    commands: legacyExchangeDNs.map((dn) => ({
      shell: 'Exchange Online PowerShell',
      line: `Set-MailUser -Identity '${live?.id ?? '<who should get it>'}' -EmailAddresses @{Add='X500:${dn.replaceAll("'", "''")}'}`,
    })),
  };
}

/** Groups, contacts and public folders hold addresses as well, and are not looked at here. */
export const lookElsewhere = (addresses: readonly string[]): Cure => ({
  what: 'Look whether a contact, a group or a public folder holds it: these are not looked at here.',
  commands: addresses.map((address) => ({
    shell: 'Exchange Online PowerShell',
    line: `Get-Recipient -Filter "EmailAddresses -eq 'smtp:${address.replaceAll("'", "''")}'"; Get-MailUser -SoftDeletedMailUser -Filter "ExternalEmailAddress -eq 'smtp:${address.replaceAll("'", "''")}'"`,
  })),
});

const EX_RECIP_NOT_FOUND = /5\.1\.1\b.*RESOLVER\.ADR\.ExRecipNotFound/i;

/** What else makes mail bounce, when it is not a deleted user. */
export function otherCauses(diagnostic: string | undefined, hasX500: boolean): readonly string[] {
  const other =
    diagnostic === undefined || EX_RECIP_NOT_FOUND.test(diagnostic)
      ? []
      : [
          `The bounce says "${diagnostic}". A soft-deleted mail user makes 550 5.1.1 RESOLVER.ADR.ExRecipNotFound: read up on this code instead.`,
        ];
  return [
    ...other,
    ...(hasX500
      ? []
      : ['A stale entry in the sender’s Outlook: it carries an old X.500 address behind the name.']),
    'A mailbox or mail user that was made anew without its old X.500 address.',
    'A contact, group or forwarding rule that leads to an address which is gone.',
    'The receiving system itself: then the bounce names a server that is not Microsoft’s.',
  ];
}
