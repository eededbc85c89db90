import {
  ApiError,
  decodePatched,
  type FieldValidation,
  jsonPatch,
  type KubernetesObject,
  mergePatch,
  type ObjectKey,
  PATCH_TYPES,
  type ParsedPatch,
  parsePatch,
  strategicMergePatch,
} from '@kubelab/api';
import { applyObject } from './apply.js';
import { checkVersion } from './metadata.js';
import { prepareForUpdate } from './prepare.js';
import type { Body, RequestContext, WriteAnswer, WriteOptions } from './request.js';
import type { Scope } from './scope.js';
import { withoutManagedFields } from './track-fields.js';
import { transform } from './transform.js';
import { withStatusOf } from './update.js';

/**
 * Patches an object, or its status. A lost race is tried again on the newer
 * state, unless the patch itself names a resourceVersion.
 * @throws ApiError UnsupportedMediaType, BadRequest, Invalid, NotFound, Conflict
 */
export async function patchObject<T extends KubernetesObject>(
  scope: Scope<T>,
  key: ObjectKey,
  subresource: string,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const { resource } = scope;
  if (PATCH_TYPES[body.contentType] === 'apply') return applyObject(scope, key, subresource, body, options, context);
  const apply = patcher(resource.definition, body, options.fieldValidation, context);
  const answer = await transform(scope, {
    key,
    expectedVersion: '',
    dryRun: options.dryRun,
    context,
    change: async (old) => {
      const patched = apply<T>(old);
      checkVersion(resource, old, patched.metadata);
      const object = subresource === '' ? patched : withStatusOf(patched, old);
      return prepareForUpdate(scope, object, old, { key, subresource, dryRun: options.dryRun, context });
    },
  });
  return { answer, status: 200, name: key.name };
}

/** A text with escapes may name them, too. Where it does not, they need not be copied, patched and checked. */
const MANAGED_FIELDS = /managedFields|\\u/;

/**
 * What a patch makes of an object of the type `definition`: checked, and the caller's own.
 * @throws ApiError UnsupportedMediaType for other types, BadRequest for a patch that cannot be read
 */
export function patcher(
  definition: string,
  body: Body,
  fieldValidation: FieldValidation,
  context: RequestContext,
): <T extends KubernetesObject>(original: T) => T {
  const type = Object.hasOwn(PATCH_TYPES, body.contentType) ? PATCH_TYPES[body.contentType] : undefined;
  if (type === undefined || type === 'apply') throw unsupportedPatch();
  const parsed = parsePatch(type, body.bytes, { fieldValidation });
  const patchText = body.bytes.toString();
  const strategicPatch = parsed.type === 'strategic' ? parsed.patch : undefined;
  const mayPatchManagedFields = MANAGED_FIELDS.test(patchText);
  return <T extends KubernetesObject>(original: T) => {
    const managedFields = mayPatchManagedFields ? undefined : original.metadata?.managedFields;
    const patched = apply(definition, parsed, managedFields ? withoutManagedFields(original) : original);
    const options = { fieldValidation, patchText, strategicPatch, patchErrors: parsed.patchErrors };
    const { object, warnings } = decodePatched<T>(definition, patched, options);
    for (const warning of warnings) context.warn(warning);
    if (managedFields) object.metadata = { ...object.metadata, managedFields };
    return object;
  };
}

function apply(definition: string, parsed: ParsedPatch, original: object): unknown {
  if (parsed.type === 'json') return jsonPatch(original, parsed.operations);
  if (parsed.type === 'merge') return mergePatch(original, parsed.patch);
  return strategicMergePatch(definition, original, parsed.patch);
}

function unsupportedPatch(): ApiError {
  return new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${Object.keys(PATCH_TYPES).join(', ')}`,
    { details: {} },
  );
}
