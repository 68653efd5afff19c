/** `node test/powershell/exampleMain.ts`: writes `test/onprem/format2` anew, with the export script itself. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXAMPLE, writeExample } from './example.ts';

const { folder, remove } = await writeExample();
rmSync(EXAMPLE, { recursive: true, force: true });
cpSync(join(folder, 'out'), EXAMPLE, { recursive: true });
remove();
