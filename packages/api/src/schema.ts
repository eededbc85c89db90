/** One field's or element's shape. Exactly one of `ref` and `type` is set. */
export interface SchemaNode {
  /** Name of a definition, for a structured object. */
  readonly ref?: string;
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'any';
  /** `int32`, `int64`, `double`, `date-time`, `date-time-micro`, `byte`, `int-or-string`, `quantity`. */
  readonly format?: string;
  readonly items?: SchemaNode;
  /** For `object`: a map from string to this. */
  readonly additionalProperties?: SchemaNode;
}

/** A structured type, keyed in `definitions` by its TypeScript name (`PodSpec`). */
export interface SchemaDefinition {
  /** OpenAPI name: `io.k8s.api.core.v1.PodSpec`. */
  readonly name: string;
  readonly properties: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
}
