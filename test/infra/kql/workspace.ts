/**
 * The rows that Log Analytics would hold: Application Insights' envelopes, or the events they are made of, as rows
 * of the App tables ("Workspace-based Application Insights", table structure), and audit entries of Entra ID.
 */
import type { TelemetryEvent } from '../../../lib/telemetry/events.ts';
import { ROLE } from '../../../lib/telemetry/wire.ts';
import type { Envelope } from '../../tenant/ingestion.ts';
import { TABLES, type TableName } from './tables.ts';
import { keyOf, type Row, type Rows } from './values.ts';

export interface Workspace {
  /** `arrivedAt`: milliseconds since 1970, when a query sees it for the first time. */
  add(table: TableName, row: Row, arrivedAt: number): void;
  /** Takes away the rows that `unwanted` names, as if they had never arrived. */
  lose(table: TableName, unwanted: (row: Row) => boolean): void;
  /** What a query sees at `now` that looks back `hours` (alerts: 48 at most). */
  at(now: number, hours?: number): ReadonlyMap<string, Rows>;
}

export function createWorkspace(): Workspace {
  const held: Record<TableName, { readonly row: Row; readonly arrivedAt: number }[]> = {
    AppEvents: [],
    AppDependencies: [],
    AppRequests: [],
    AppExceptions: [],
    AuditLogs: [],
    StorageBlobLogs: [],
  };
  return {
    add(table, row, arrivedAt) {
      const known: readonly string[] = TABLES[table].map(([name]) => name);
      const strange = Object.keys(row).filter((name) => !known.includes(name));
      if (strange.length > 0) throw new Error(`${table} has no column ${strange.join()}`);
      // A string is never null in KQL.
      const blank = Object.fromEntries(
        TABLES[table].map(([name, type]) => [name, type === 'string' ? '' : null]),
      );
      held[table].push({ row: { ...blank, Type: table, ...row }, arrivedAt });
    },
    lose(table, unwanted) {
      held[table] = held[table].filter(({ row }) => !unwanted(row));
    },
    at(now, hours = Number.POSITIVE_INFINITY) {
      const seen = ({ row, arrivedAt }: { readonly row: Row; readonly arrivedAt: number }) => {
        const time = row['TimeGenerated'];
        return arrivedAt <= now && time instanceof Date && now - time.getTime() < hours * 3_600_000;
      };
      return new Map(
        Object.entries(held).map(([table, rows]) => [
          table,
          {
            columns: TABLES[table as TableName].map(([name]) => name),
            rows: rows.filter(seen).map(({ row }) => row),
          },
        ]),
      );
    },
  };
}

/** The row that an event becomes if nothing went wrong on its way. */
export function rowOfEvent({ name, properties, measurements }: TelemetryEvent): Row {
  return {
    TimeGenerated: new Date(properties['OccurredAt'] ?? ''),
    AppRoleName: ROLE,
    Name: name,
    OperationId: properties['NightId'] ?? '',
    Properties: properties,
    Measurements: measurements,
  };
}

/** Adds what an envelope becomes; a kind that no table here holds is an error. */
export function addEnvelope(workspace: Workspace, { time, tags, data }: Envelope, arrivedAt: number): void {
  const { name = '', properties = {}, measurements = {}, ...fields } = data.baseData;
  const common = {
    TimeGenerated: new Date(time),
    AppRoleName: tags['ai.cloud.role'] ?? '',
    OperationId: tags['ai.operation.id'] ?? '',
    Name: name,
    Properties: properties,
    Measurements: measurements,
  };
  if (data.baseType === 'EventData') {
    workspace.add('AppEvents', common, arrivedAt);
    return;
  }
  if (data.baseType !== 'RemoteDependencyData') throw new Error(`no table for ${data.baseType}`);
  const row: Row = {
    ...common,
    DurationMs: milliseconds(String(fields['duration'])),
    ResultCode: String(fields['resultCode']),
    Success: fields['success'] === true,
    DependencyType: String(fields['type']),
    Target: String(fields['target'] ?? ''),
    Data: String(fields['data'] ?? ''),
    Id: String(fields['id'] ?? ''),
  };
  workspace.add('AppDependencies', row, arrivedAt);
}

/** `00:00:00.051` */
function milliseconds(duration: string): number {
  const [hours = '0', minutes = '0', seconds = '0'] = duration.split(':');
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Math.round(Number(seconds) * 1000);
}

/** A write or a delete in a storage account, as its diagnostic log has it (table StorageBlobLogs). */
export function blobRow(
  at: number,
  [account, path]: readonly [account: string, path: string],
  operation: string,
  by: { readonly requester?: string; readonly authentication?: string } = {},
): Row {
  return {
    TimeGenerated: new Date(at),
    AccountName: account,
    AuthenticationType: by.authentication ?? 'OAuth',
    CallerIpAddress: '203.0.113.7:443',
    Category: operation.startsWith('Delete') ? 'StorageDelete' : 'StorageWrite',
    ObjectKey: `/${account}/${path}`,
    OperationName: operation,
    RequesterObjectId: by.requester ?? '',
    StatusText: 'Success',
  };
}

/** A permanent deletion in Entra ID's audit log: `InitiatedBy` names an app or a person. */
export function auditRow(
  at: number,
  userId: string,
  by: { readonly app: string } | { readonly person: string },
  operation = 'Hard Delete user',
): Row {
  return {
    TimeGenerated: new Date(at),
    ActivityDateTime: new Date(at),
    ActivityDisplayName: operation,
    OperationName: operation,
    Category: 'UserManagement',
    Result: 'success',
    Id: keyOf([at, userId, operation]),
    InitiatedBy:
      'app' in by
        ? { app: { appId: null, displayName: 'id-mailuser-purge', servicePrincipalId: by.app } }
        : { user: { id: '7e06b566-15f3-4013-8bf8-79874d52e68a', userPrincipalName: by.person } },
    TargetResources: [{ id: userId, type: 'User', displayName: null }],
  };
}
