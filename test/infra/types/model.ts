/** What Azure takes of a resource: the shape of azure.json, which extract.ts writes. */

/** A property: `string`, `number`, `boolean`, `any`, `#Object`, with `[]` for a list or `{}` for a dictionary. */
export interface PropertyType {
  readonly type: string;
  readonly required?: true;
  readonly readOnly?: true;
  /** All that the service knows, where it names them. */
  readonly values?: readonly (string | number)[];
}

export type ObjectType = Readonly<Record<string, PropertyType>>;

export interface AzureTypes {
  readonly $comment: string;
  /** `Microsoft.Web/sites@2024-11-01` → the name of its body in {@link objects}. */
  readonly resources: Readonly<Record<string, string>>;
  readonly objects: Readonly<Record<string, ObjectType>>;
}
