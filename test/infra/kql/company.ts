/** A company that people leave day by day, its nights, and what Log Analytics has of them. */
import { type ObjectId, objectId } from '../../../lib/core/ids.ts';
import type { SoftDeletedRecipient } from '../../../lib/core/model.ts';
import type { LedgerLine } from '../../../lib/core/record.ts';
import type { Exchange, Ports, Telemetry } from '../../../lib/ports.ts';
import { eventsOf } from '../../../lib/telemetry/projection.ts';
import { sure } from '../../core/people.ts';
import { type Night, type Stage, type StageOptions, setStage } from '../../night/stage.ts';
import { DAY_MS, HOUR_MS } from '../../tenant/clock.ts';
import { immutableIdOf, type OnPremUser } from '../../tenant/onPrem.ts';
import { PEOPLE_OU, type World } from '../../tenant/world.ts';
import { auditRow, createWorkspace, rowOfEvent, type Workspace } from './workspace.ts';

export interface Company {
  readonly stage: Stage;
  readonly workspace: Workspace;
  readonly now: () => number;
  /** Lets somebody go; the Entra object id. */
  leaver(): string;
  /** Lets time pass until it is two o'clock again, and runs the night. */
  night(sections?: Readonly<Record<string, unknown>>, changes?: Partial<Ports>): Promise<Night>;
  close(): Promise<void>;
}

export const OUR_IDENTITY = '0f1e2d3c-0000-4000-8000-00000000a11c';
const STAFF = 180;

/** With `leavers` of its staff deleted on-premises so many days before its first night. */
export async function openCompany(daysAgo: readonly number[], options: StageOptions = {}): Promise<Company> {
  const staff: OnPremUser[] = [];
  const stage = await setStage({
    startsAt: '2026-02-01T00:00:00Z',
    furnish: (world) => {
      employ(world, staff);
      world.advance(DAY_MS);
      const first = Math.max(0, ...daysAgo);
      for (let day = first; day > 0; day -= 1) {
        for (const ago of daysAgo) if (ago === day) world.onPrem.delete(sure(staff.pop()));
        world.advance(DAY_MS);
      }
    },
    ...options,
  });
  const { world, servers } = stage;
  const workspace = createWorkspace();
  const now = () => world.clock.now();
  let audited = 0;

  /** Entra ID's audit log, as far as it has grown. What it drops by itself after 30 days is nobody's deed. */
  function audit(): void {
    for (const { at, id, by } of world.entra.audit.slice(audited)) {
      const initiator = by === servers.clientId ? { app: OUR_IDENTITY } : { person: by };
      workspace.add('AuditLogs', auditRow(at, id, initiator), at);
    }
    audited = world.entra.audit.length;
  }

  return {
    stage,
    workspace,
    now,
    leaver() {
      const user = sure(staff.pop());
      const id = sure(world.entra.holderOf(immutableIdOf(user)));
      world.onPrem.delete(user);
      return id;
    },
    async night(sections, changes) {
      world.advance(untilTwo(now()));
      const night = await stage.night(
        { exchange: { use: 'whenAvailable' }, ...sections },
        { telemetry: arriving(workspace, now), exchange: exchangeOf(world), ...changes },
      );
      audit();
      return night;
    },
    close: () => stage.close(),
  };
}

function employ(world: World, staff: OnPremUser[]): void {
  for (let n = 0; n < STAFF; n += 1) {
    const user = world.onPrem.create({
      displayName: `P${n}`,
      userPrincipalName: `p${n}@domain.com`,
      ou: PEOPLE_OU,
    });
    world.onPrem.mailEnable(user, { externalAddress: `p${n}@partner.com`, aliases: [`p${n}@domain.com`] });
    staff.push(user);
  }
}

const untilTwo = (now: number) => {
  const passed = (now - 2 * HOUR_MS) % DAY_MS;
  return DAY_MS - passed;
};

/** Application Insights when all goes well: what is handed over is there after the flush. */
export function arriving(workspace: Workspace, now: () => number): Telemetry {
  let held: LedgerLine[] = [];
  return {
    record: (lines) => {
      held.push(...lines);
    },
    flush: async () => {
      const events = held.flatMap((line) => eventsOf(line, { spellOutKeeps: false }));
      for (const event of events) workspace.add('AppEvents', rowOfEvent(event), now());
      held = [];
      return { events: events.length, delivered: true, detail: 'arrived' };
    },
  };
}

/** Application Insights out of reach for a night. */
export function lost(): Telemetry {
  return {
    record: () => undefined,
    flush: async () => ({ events: 0, delivered: false, detail: 'HTTP 503' }),
  };
}

/** What Exchange Online holds, without the way there. */
function exchangeOf(world: World): Exchange {
  const no = { value: 'no', origin: 'Exchange' } as const;
  return {
    softDeletedRecipients: async () => ({
      orphans: [],
      organizationHolds: no,
      doubts: [],
      byId: new Map(
        world.exchange.softDeletedMailUsers().map((recipient): [ObjectId, SoftDeletedRecipient] => {
          const id = sure(objectId(recipient.id));
          const externalAddress = recipient.externalEmailAddress ?? undefined;
          return [id, { id, recipientType: 'MailUser', externalAddress, onHold: no, highVolumeEmail: no }];
        }),
      ),
    }),
  };
}
