import type { SchemaDialect, SchemaObject } from './schema-object.js';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Schemas for formats that Kubernetes gives a name: clients recognize them by it. */
export const FORMAT_SCHEMAS: Readonly<Record<string, string>> = {
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  'int-or-string': 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  'date-time': `${META}.Time`,
  'date-time-micro': `${META}.MicroTime`,
};
export const FIELDS_SCHEMA = `${META}.FieldsV1`;
export const RAW_SCHEMA = 'io.k8s.apimachinery.pkg.runtime.RawExtension';
export const PATCH_SCHEMA = `${META}.Patch`;
export const LIST_META_SCHEMA = `${META}.ListMeta`;

/** Their definitions, which are not in the generated schema. */
export function commonSchemas(dialect: SchemaDialect): Record<string, SchemaObject> {
  return {
    [FORMAT_SCHEMAS.quantity as string]: dialect.numberOrText('number', {
      description:
        'An amount: a number with an optional suffix, either a power of ten (n, u, m, k, M, G, T, P, E), a power of two (Ki, Mi, Gi, Ti, Pi, Ei) or an exponent (e3). Written back in its shortest exact form, so 0.5 becomes 500m and 1024Mi becomes 1Gi.',
    }),
    [FORMAT_SCHEMAS['int-or-string'] as string]: dialect.numberOrText('integer', {
      description: 'A 32-bit integer or a string, such as a port by number or by name, or a count or a percentage.',
      format: 'int-or-string',
      'x-kubernetes-int-or-string': true,
    }),
    [FORMAT_SCHEMAS['date-time'] as string]: {
      description: 'A point in time in the form of RFC 3339, in UTC and whole seconds.',
      type: 'string',
      format: 'date-time',
    },
    [FORMAT_SCHEMAS['date-time-micro'] as string]: {
      description: 'A point in time in the form of RFC 3339, in UTC and microseconds.',
      type: 'string',
      format: 'date-time',
    },
    [FIELDS_SCHEMA]: {
      description:
        'A set of fields as a tree: f:NAME for a field, k:KEYS and v:VALUE for an element, "." for the node itself.',
      type: 'object',
    },
    [RAW_SCHEMA]: { description: 'Any JSON object; its shape is not checked.', type: 'object' },
    [PATCH_SCHEMA]: { description: 'A patch; its shape depends on the content type of the request.', type: 'object' },
  };
}
