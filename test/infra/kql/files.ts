/** The queries in `infra/queries`, each in its own file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTables } from '../../../infra/queries.ts';

export interface QueryFile {
  readonly folder: 'alerts' | 'workbook';
  /** Without `.kql`. */
  readonly name: string;
  /** As it is sent: with what makes up for tables that do not exist. */
  readonly text: string;
  /** As it stands in its file. */
  readonly written: string;
  /** What an empty result means, from the line `// Empty: …`. */
  readonly empty: string | undefined;
}

export const QUERIES: readonly QueryFile[] = (['alerts', 'workbook'] as const).flatMap((folder) =>
  readdirSync(join('infra/queries', folder))
    .sort()
    .map((file) => {
      const text = readFileSync(join('infra/queries', folder, file), 'utf8');
      const empty = /^\/\/ Empty: (.+)$/m.exec(text)?.[1];
      return { folder, name: file.replace(/\.kql$/, ''), text: withTables(text), written: text, empty };
    }),
);

/** @throws Error where there is no such query */
export function queryText(folder: QueryFile['folder'], name: string): string {
  const found = QUERIES.find((query) => query.folder === folder && query.name === name);
  if (found === undefined) throw new Error(`there is no query ${folder}/${name}`);
  return found.text;
}
