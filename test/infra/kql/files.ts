/** The queries in `infra/queries`, each in its own file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface QueryFile {
  readonly folder: 'alerts' | 'workbook';
  /** Without `.kql`. */
  readonly name: string;
  readonly text: string;
  /** What an empty result means, from the line `// Empty: …`. */
  readonly empty: string | undefined;
}

export const QUERIES: readonly QueryFile[] = (['alerts', 'workbook'] as const).flatMap((folder) =>
  readdirSync(join('infra/queries', folder))
    .sort()
    .map((file) => {
      const text = readFileSync(join('infra/queries', folder, file), 'utf8');
      return { folder, name: file.replace(/\.kql$/, ''), text, empty: /^\/\/ Empty: (.+)$/m.exec(text)?.[1] };
    }),
);

/** @throws Error where there is no such query */
export function queryText(folder: QueryFile['folder'], name: string): string {
  const found = QUERIES.find((query) => query.folder === folder && query.name === name);
  if (found === undefined) throw new Error(`there is no query ${folder}/${name}`);
  return found.text;
}
