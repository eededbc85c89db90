export * from './decode/decode-object.js';
export * from './decode/decode-patched.js';
export * from './decode/missing-required.js';
export { parseYaml } from './decode/parse-yaml.js';
export { checkTypeMeta } from './decode/type-meta.js';
export * from './deep-clone.js';
export * from './deep-equal.js';
export * from './deep-freeze.js';
export * from './errors.js';
export { escapeValue as escapeFieldValue, type FieldSelector, parseFieldSelector } from './fields/selector.js';
export { definitions } from './generated/schema.js';
export type * from './generated/types.js';
export * from './kinds/owner.js';
export * from './kinds/pod-resources.js';
export * from './kinds/pod-status.js';
export * from './kinds/table.js';
export * from './kinds/toleration.js';
export * from './kinds/views/views.js';
export type { Requirement, SelectorOperator } from './labels/requirement.js';
export * from './labels/selector.js';
export * from './object.js';
export type { OpenApiInfo } from './openapi/document-v2.js';
export * from './openapi/open-api.js';
export { OPENAPI_V2_PROTOBUF_ACCEPTS, OPENAPI_V2_PROTOBUF_CONTENT_TYPE } from './openapi/protobuf-v2.js';
export * from './patch/apply/index.js';
export { jsonPatch } from './patch/json-patch.js';
export { mergePatch } from './patch/merge-patch.js';
export * from './patch/parse-patch.js';
export { strategicMergePatch } from './patch/strategic-merge-patch.js';
export * from './printers/duration.js';
export * from './printers/scale-columns.js';
export * from './printers/table.js';
export { fieldsOf, messageNames, type NumberedField } from './protobuf/field-numbers.js';
export * from './quantity/quantity.js';
export * from './quota/resource-lists.js';
export * from './quota/scopes.js';
export * from './quota/usage.js';
export * from './resource.js';
export type { SchemaDefinition, SchemaNode } from './schema.js';
export * from './schema-kinds.js';
export * from './schema-lists.js';
export * from './validation/field-error.js';
export * from './validation/field-manager.js';
export {
  checkName,
  MAX_ANNOTATIONS_BYTES,
  type NameRule,
  validateLabels,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './validation/object-meta.js';
export { validateEphemeralContainersUpdate } from './validation/pod/ephemeral-containers.js';
export { validatePodResize } from './validation/pod/resize.js';
export { semanticEqual } from './validation/semantic-equal.js';
