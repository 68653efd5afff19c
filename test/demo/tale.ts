import type { Options } from './options.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';

/** What is needed on every page of the story. */
export interface Tale {
  readonly options: Options;
  readonly screen: Screen;
  readonly stage: Stage;
  /** What did not go as it should have. */
  readonly surprises: string[];
}

/** Notes a surprise, unless it `held`. */
export function expect({ surprises }: Tale, held: boolean, otherwise: string): void {
  if (!held) surprises.push(otherwise);
}
