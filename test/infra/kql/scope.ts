import type { Tree } from './parser.ts';
import type { Row, Rows, Value } from './values.ts';

/** What a name stands for: a table, or a value that `let` gave it. */
export type Named = Rows | { readonly value: Value };

/** What an expression sees. */
export interface Sight {
  readonly row: Row;
  /** Where aggregates may stand: the rows of the group. */
  readonly group?: readonly Row[];
}

/** Where a query is evaluated. */
export interface Scope {
  /** Tables, and what `let` names. */
  readonly names: ReadonlyMap<string, Named>;
  readonly now: Date;
  /** A string that is not there is an empty one. */
  scalar(tree: Tree, sight: Sight): Value;
  rowsOf(tree: Tree): Rows;
}
