export * from './errors.js';
export type * from './generated/types.js';
export * from './kinds/table.js';
export * from './object.js';
export * from './resource.js';
export type { SchemaDefinition, SchemaNode } from './schema.js';
