/** A JSON schema as OpenAPI v2 and v3 write it; only what is used here. */
export interface SchemaObject {
  $ref?: string;
  description?: string;
  type?: string;
  format?: string;
  default?: unknown;
  items?: SchemaObject;
  properties?: Record<string, SchemaObject>;
  additionalProperties?: SchemaObject;
  required?: readonly string[];
  allOf?: SchemaObject[];
  oneOf?: SchemaObject[];
  [extension: `x-${string}`]: unknown;
}

/** What the two versions of OpenAPI write differently. */
export interface SchemaDialect {
  /** Where schemas are: `#/definitions/`. */
  readonly prefix: string;
  /** A field that refers to a schema and has a description of its own. */
  describedReference(name: string, description: string | undefined): SchemaObject;
  /** Something that is written as a number or as text. */
  numberOrText(numberType: string, rest: SchemaObject): SchemaObject;
}

export const v2Dialect: SchemaDialect = {
  prefix: '#/definitions/',
  describedReference: (name, description) => ({
    ...(description ? { description } : {}),
    $ref: `#/definitions/${name}`,
  }),
  numberOrText: (_numberType, rest) => ({ ...rest, type: 'string' }),
};

/** OpenAPI 3.0 ignores whatever stands beside a `$ref`, hence `allOf`. */
export const v3Dialect: SchemaDialect = {
  prefix: '#/components/schemas/',
  describedReference: (name, description) => ({
    ...(description ? { description } : {}),
    allOf: [{ $ref: `#/components/schemas/${name}` }],
    default: {},
  }),
  numberOrText: (numberType, rest) => ({ ...rest, oneOf: [{ type: 'string' }, { type: numberType }] }),
};
