import {
  ApiError,
  apiVersionOf,
  applyConfiguration,
  deepClone,
  invalid,
  type KubernetesObject,
  type ObjectKey,
  PATCH_TYPES,
  type Persisted,
  readConfiguration,
  type Scale,
} from '@kubelab/api';
import { decodeDefinition } from './decode.js';
import { getObject } from './get.js';
import { alignWithKey, checkVersion, expectedVersionOf } from './metadata.js';
import { patcher } from './patch.js';
import { prepareForUpdate } from './prepare.js';
import {
  type Body,
  encodeAnswer,
  type ObjectAnswer,
  type RequestContext,
  type WriteAnswer,
  type WriteOptions,
} from './request.js';
import type { Scope } from './scope.js';
import { setManagedFields, trackedWrite } from './track-fields.js';
import { transform } from './transform.js';

const SCALE = { definition: 'Scale', group: 'autoscaling', kind: 'Scale' } as const;
const SCALE_VERSION = 'autoscaling/v1';

/** The Scale of an object: its replicas and selector, whatever the kind calls them. */
export async function getScale(scope: Scope, key: ObjectKey): Promise<ObjectAnswer> {
  const { object } = await getObject(scope, key, '');
  return encodeAnswer(scaleOf(scope, object));
}

/** Replaces the Scale: sets spec.replicas of the object. @throws ApiError NotFound, Conflict, Invalid */
export async function updateScale(
  scope: Scope,
  key: ObjectKey,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const sent = decodeDefinition<Scale>(SCALE.definition, body, options.fieldValidation, context);
  const name = sent.metadata?.name;
  if (name && name !== key.name) {
    throw new ApiError(
      'BadRequest',
      `the name of the object (${name}) does not match the name on the URL (${key.name})`,
    );
  }
  return setScale(scope, key, expectedVersionOf(sent.metadata), options, context, () => sent);
}

/** Patches the Scale. @throws ApiError as {@link updateScale}, and UnsupportedMediaType */
export async function patchScale(
  scope: Scope,
  key: ObjectKey,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  if (PATCH_TYPES[body.contentType] === 'apply') return applyScale(scope, key, body, options, context);
  const apply = patcher(SCALE.definition, body, options.fieldValidation, context);
  return setScale(scope, key, '', options, context, (present) => apply<Scale>(present));
}

async function setScale(
  scope: Scope,
  key: ObjectKey,
  expectedVersion: string,
  options: WriteOptions,
  context: RequestContext,
  change: (present: Scale) => Scale,
): Promise<WriteAnswer> {
  const { dryRun } = options;
  const answer = await transform(scope, {
    key,
    expectedVersion,
    dryRun,
    context,
    change: async (old) => {
      const { metadata, spec } = change(scaleOf(scope, old));
      checkVersion(scope.resource, old, metadata);
      const replicas = spec?.replicas ?? 0;
      checkReplicas(key, replicas);
      const object = deepClone<KubernetesObject>(old);
      strategyOf(scope).setReplicas(object, replicas);
      const options = { key, subresource: '', trackedAs: 'scale', dryRun, context } as const;
      return prepareForUpdate(scope, object, old, options);
    },
  });
  return { answer: encodeAnswer(scaleOf(scope, answer.object as Persisted)), status: 200, name: key.name };
}

/** Server-side apply to the Scale: owns the object's replicas, where it states them. */
async function applyScale(
  scope: Scope,
  key: ObjectKey,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const { dryRun, force = false } = options;
  const kind = { definition: SCALE.definition, group: SCALE.group, version: 'v1', kind: SCALE.kind };
  const { config, warnings } = readConfiguration(kind, body.bytes, options);
  for (const warning of warnings) context.warn(warning);
  const metadata = alignWithKey(config, scope.resource, key);
  const { replicas } = (config as Scale).spec ?? {};
  const ofObject = { apiVersion: apiVersionOf(scope.resource), kind: scope.resource.kind };
  const stated = { ...ofObject, ...(replicas === undefined ? {} : { spec: { replicas } }) };
  const answer = await transform(scope, {
    key,
    expectedVersion: expectedVersionOf(metadata),
    dryRun,
    context,
    change: async (old) => {
      const write = { ...trackedWrite(scope, 'scale', context), force, shownApiVersion: SCALE_VERSION };
      const { object: applied, managedFields } = applyConfiguration(write, old, stated);
      const object = deepClone<KubernetesObject>(old);
      const wanted = (applied as { spec?: { replicas?: number | null } }).spec?.replicas ?? 0;
      checkReplicas(key, wanted);
      strategyOf(scope).setReplicas(object, wanted);
      setManagedFields(object, managedFields);
      return prepareForUpdate(scope, object, old, { key, subresource: '', dryRun, context, isApplied: true });
    },
  });
  return { answer: encodeAnswer(scaleOf(scope, answer.object as Persisted)), status: 200, name: key.name };
}

function scaleOf(scope: Scope, object: Persisted): Scale {
  const strategy = strategyOf(scope);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: SCALE.kind,
    apiVersion: SCALE_VERSION,
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: strategy.getReplicas(object) },
    status: { replicas: strategy.getStatusReplicas(object), selector: strategy.getSelector(object) },
  };
}

function strategyOf({ resource }: Scope) {
  const { scale } = resource.strategy;
  if (scale === undefined) throw new ApiError('NotFound', 'the server could not find the requested resource');
  return scale;
}

function checkReplicas({ name }: ObjectKey, replicas: number): void {
  if (replicas >= 0) return;
  throw invalid(SCALE, name, [
    {
      field: 'spec.replicas',
      type: 'FieldValueInvalid',
      message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
    },
  ]);
}
