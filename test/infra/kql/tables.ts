/**
 * The tables of a Log Analytics workspace that queries may ask, with their columns (Azure Monitor Logs reference,
 * pages AppEvents, AppDependencies, AppExceptions, AppRequests and AuditLogs, as of July 2026; of AppRequests, whose
 * page includes its table from elsewhere, the rendered page). Columns that no query here could want are left out:
 * those of the client's browser and place, and of billing.
 */
type Columns = readonly (readonly [
  name: string,
  type: 'string' | 'datetime' | 'dynamic' | 'real' | 'long' | 'int' | 'bool',
])[];

const EVERY_APP_TABLE: Columns = [
  ['TimeGenerated', 'datetime'],
  ['AppRoleInstance', 'string'],
  ['AppRoleName', 'string'],
  ['AppVersion', 'string'],
  ['IKey', 'string'],
  ['ItemCount', 'int'],
  ['Measurements', 'dynamic'],
  ['OperationId', 'string'],
  ['OperationName', 'string'],
  ['ParentId', 'string'],
  ['Properties', 'dynamic'],
  ['ResourceGUID', 'string'],
  ['SDKVersion', 'string'],
  ['SessionId', 'string'],
  ['SyntheticSource', 'string'],
  ['TenantId', 'string'],
  ['Type', 'string'],
  ['UserAccountId', 'string'],
  ['UserAuthenticatedId', 'string'],
  ['UserId', 'string'],
  ['_ResourceId', 'string'],
];

export const TABLES = {
  AppEvents: [...EVERY_APP_TABLE, ['Name', 'string']],
  AppDependencies: [
    ...EVERY_APP_TABLE,
    ['Data', 'string'],
    ['DependencyType', 'string'],
    ['DurationMs', 'real'],
    ['Id', 'string'],
    ['Name', 'string'],
    ['ResultCode', 'string'],
    ['Success', 'bool'],
    ['Target', 'string'],
  ],
  AppRequests: [
    ...EVERY_APP_TABLE,
    ['DurationMs', 'real'],
    ['Id', 'string'],
    ['Name', 'string'],
    ['ResultCode', 'string'],
    ['Source', 'string'],
    ['Success', 'bool'],
    ['Url', 'string'],
  ],
  AppExceptions: [
    ...EVERY_APP_TABLE,
    ['Details', 'dynamic'],
    ['ExceptionType', 'string'],
    ['InnermostMessage', 'string'],
    ['Message', 'string'],
    ['OuterMessage', 'string'],
    ['OuterType', 'string'],
    ['ProblemId', 'string'],
    ['SeverityLevel', 'int'],
  ],
  AuditLogs: [
    ['TimeGenerated', 'datetime'],
    ['AADOperationType', 'string'],
    ['AADTenantId', 'string'],
    ['ActivityDateTime', 'datetime'],
    ['ActivityDisplayName', 'string'],
    ['AdditionalDetails', 'dynamic'],
    ['Category', 'string'],
    ['CorrelationId', 'string'],
    ['Id', 'string'],
    ['Identity', 'string'],
    ['InitiatedBy', 'dynamic'],
    ['LoggedByService', 'string'],
    ['OperationName', 'string'],
    ['Result', 'string'],
    ['ResultReason', 'string'],
    ['TargetResources', 'dynamic'],
    ['Type', 'string'],
  ],
} as const satisfies Readonly<Record<string, Columns>>;

export type TableName = keyof typeof TABLES;
