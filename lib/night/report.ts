/** Leaves a page for people beside the night's ledger, made of what the ledger itself has. */

import type { History } from '../core/history.ts';
import type { Timestamp } from '../core/ids.ts';
import type { Policy } from '../core/policy.ts';
import { redacted } from '../core/redaction.ts';
import { messageOf } from '../errors.ts';
import { renderReport } from '../report/page.ts';
import { startStory } from '../report/story.ts';
import type { Night } from './record.ts';

/** Where the report is; or why there is none, for an operator. */
export type Left = { readonly report: string } | { readonly report: undefined; readonly warning: string };

/** Never throws: a night without its report is no failed night. */
export async function leaveReport(
  night: Night,
  { telemetry: { personalData } }: Policy,
  history: History,
  startedAt: Timestamp,
): Promise<Left> {
  try {
    const told = startStory();
    for await (const line of night.ports.ledger.earlierNights(startedAt)) {
      if (line.night !== night.id) continue;
      told.see(personalData ? line : { ...line, record: redacted(line.record) });
    }
    const story = told.finish();
    if (story === undefined) throw new Error('the ledger does not have the whole night');
    const html = renderReport(story, { earlier: history.pastNights, personalData });
    return { report: await night.ledger.attach(html) };
  } catch (error) {
    return {
      report: undefined,
      warning: `The report of this night could not be made: ${messageOf(error)}. The night itself is recorded in full: read its ledger.`,
    };
  }
}
