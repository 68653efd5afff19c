/** Exchange Online's word as a port. */
import { type ObjectId, objectId } from '../../lib/core/ids.ts';
import type { Fact, SoftDeletedRecipient } from '../../lib/core/model.ts';
import { NightRefused } from '../../lib/errors.ts';
import type { Exchange } from '../../lib/ports.ts';
import type { Runner } from './runner.ts';
import { beginRead } from './told.ts';

export function exchangePort(runner: Runner): Exchange {
  const { company, told, point, fault } = runner;
  return {
    async softDeletedRecipients(signal) {
      await point('exchange.read', 'before');
      beginRead(told, 'exchange');
      const problem = failing(runner, signal);
      if (problem !== undefined) {
        if (told.policy.exchange.use === 'required' || !(problem instanceof NightRefused)) {
          told.failedReads.push('exchange');
        }
        throw problem;
      }
      const blind = fault('exchange: high-volume accounts are not told');
      const word = new Map<ObjectId, SoftDeletedRecipient>();
      for (const recipient of company.world.exchange.recipients()) {
        const id = objectId(recipient.id);
        if (id === undefined || recipient.whenSoftDeleted === null) continue;
        if (fault('exchange: a recipient is missing')) continue;
        word.set(id, {
          id,
          recipientType: fault('exchange: a type is not told') ? undefined : recipient.recipientTypeDetails,
          externalAddress: recipient.externalEmailAddress ?? undefined,
          onHold: fault('exchange: a hold is not told') ? UNKNOWN : fact(company.world.exchange.isOnHold(id)),
          highVolumeEmail: blind ? UNKNOWN : fact(company.highVolume.has(id)),
        });
      }
      told.word = word;
      await point('exchange.read', 'after');
      return { byId: word, orphans: [], organizationHolds: fact(false), doubts: [] };
    },
  };
}

function failing({ fault }: Runner, signal: AbortSignal): Error | undefined {
  if (signal.aborted) return new Error('asked to end');
  if (fault('exchange: denied')) return new NightRefused('accessDenied', 'May not ask Exchange Online.');
  if (fault('exchange: incomplete')) return new NightRefused('sourceIncomplete', 'Exchange stopped midway.');
  return fault('exchange: fails') ? new Error('Exchange Online cannot be reached') : undefined;
}

const UNKNOWN: Fact = { value: 'unknown', origin: 'Exchange did not say' };
const fact = (is: boolean): Fact => ({ value: is ? 'yes' : 'no', origin: 'Exchange says so' });
