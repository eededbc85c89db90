import { apiVersionOf, type ResourceType } from '../resource.js';
import { findKind } from '../schema-kinds.js';
import type { Descriptions, SchemaBuildOptions } from './definition-schemas.js';
import type { SchemaDialect } from './schema-object.js';

/** What the schemas of a document about these resources are built from. */
export function schemaOptions(
  resources: readonly ResourceType[],
  descriptions: Descriptions,
  dialect: SchemaDialect,
): SchemaBuildOptions {
  const additional = ['Status', 'DeleteOptions'];
  const groupVersions = new Map([['v1', { group: '', version: 'v1' }]]);
  for (const resource of resources) {
    groupVersions.set(apiVersionOf(resource), { group: resource.group, version: resource.version });
    for (const { group = resource.group, version = resource.version, kind } of resource.subresources) {
      const definition = findKind(apiVersionOf({ group, version }), kind);
      if (definition !== undefined) additional.push(definition);
    }
  }
  return {
    dialect,
    descriptions,
    served: new Set(resources.map(({ definition }) => definition)),
    additional,
    groupVersions: [...groupVersions.values()],
  };
}
