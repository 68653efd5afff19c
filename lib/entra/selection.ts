/** Which properties of a deleted user are asked for. Not every cloud has all of them. */
import { DELETED_USER_PROPERTIES, SNAPSHOT_PROPERTIES } from './schema.ts';

export interface Selection {
  /** Full names of the directory extension attributes that the policy reads. */
  readonly directoryExtensions: readonly string[];
  /** The `$select` of a deleted user. Most of these Graph gives only when asked. */
  names(): string;
  /**
   * `said` is the error of an answer 400. A property that is kept for the snapshot only and that this cloud does not
   * know is left out from now on: {@link names} is then shorter. National clouds for instance lack `createdDateTime`.
   */
  learnFrom(said: string): void;
}

export function createSelection(directoryExtensions: readonly string[]): Selection {
  const unknownHere = new Set<string>();
  return {
    directoryExtensions,
    names: () =>
      [
        ...DELETED_USER_PROPERTIES,
        ...SNAPSHOT_PROPERTIES.filter((name) => !unknownHere.has(name)),
        ...directoryExtensions,
      ].join(','),
    learnFrom(said) {
      const name = SNAPSHOT_PROPERTIES.find((one) => said.includes(`'${one}'`));
      if (name !== undefined) unknownHere.add(name);
    },
  };
}
