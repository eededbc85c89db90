import { deepClone, type Namespace, type ObjectKey } from '@kubelab/api';
import { decodeBody } from './decode.js';
import { alignWithKey, checkUid, expectedVersionOf } from './metadata.js';
import type { Body, RequestContext, WriteAnswer, WriteOptions } from './request.js';
import type { Scope } from './scope.js';
import { trackFields } from './track-fields.js';
import { transform } from './transform.js';

/**
 * Sets a namespace's spec.finalizers, and nothing else. A namespace that is
 * going goes with its last one.
 * @throws ApiError NotFound, Conflict
 */
export async function finalizeNamespace(
  scope: Scope<Namespace>,
  key: ObjectKey,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const sent = decodeBody(scope.resource, body, options.fieldValidation, context);
  const metadata = alignWithKey(sent, scope.resource, key);
  const answer = await transform(scope, {
    key,
    expectedVersion: expectedVersionOf(metadata),
    dryRun: options.dryRun,
    context,
    change: async (old) => {
      checkUid(scope.resource, old, metadata.uid);
      const object: Namespace = deepClone(old);
      object.spec = { ...object.spec, finalizers: sent.spec?.finalizers ?? [] };
      trackFields(scope, 'finalize', context, old, object);
      return { object, reservation: undefined };
    },
  });
  return { answer, status: 200, name: key.name };
}
