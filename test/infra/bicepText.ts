/** Parameters and outputs of a Bicep file, as they are written. What they amount to is in the snapshots. */
import { readdirSync, readFileSync } from 'node:fs';

export const BICEP_FILES = readdirSync('infra').filter((name) => name.endsWith('.bicep'));

export const bicepText = (name: string) => readFileSync(`infra/${name}`, 'utf8');

export interface Parameter {
  readonly name: string;
  readonly type: string;
  /** As it is written; `undefined` where it must be given. */
  readonly default: string | undefined;
  /** The lines in front of it. */
  readonly decorators: readonly string[];
}

/** One a line, with its decorators above it. */
export const parametersOf = (file: string): readonly Parameter[] =>
  [...bicepText(file).matchAll(/((?:^@.+\n)*)^param (\w+) (.+?)(?: = (.+))?$/gm)].map(
    ([, before = '', name = '', type = '', value]) => ({
      name,
      type,
      default: value,
      decorators: before.split('\n').filter((line) => line !== ''),
    }),
  );

export const outputNamesOf = (file: string): readonly string[] =>
  [...bicepText(file).matchAll(/^output (\w+)/gm)].map(([, name = '']) => name);
