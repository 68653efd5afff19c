/**
 * A table that never had a row does not exist, and a query that names it fails. So each query asks for a table under
 * its name with a small letter, which the file in `queries/tables` makes of the table, or of nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'infra/queries/tables';
const TABLES = readdirSync(FOLDER)
  .sort()
  .map((file) => ({ name: file.replace('.kql', ''), text: readFileSync(join(FOLDER, file), 'utf8') }));

/** The query, after the tables that it names. alerts.bicep does the same. */
export const withTables = (query: string) =>
  [...TABLES.filter(({ name }) => query.includes(name)).map(({ text }) => text), query].join('');
