import {
  ApiError,
  type Binding,
  conflict,
  invalid,
  type KubernetesObject,
  type ObjectKey,
  type Persisted,
  type Pod,
  type Status,
} from '@kubelab/api';
import { admissionAttempt } from '../admission/admission.js';
import { decodeDefinition } from './decode.js';
import { checkUid, timestamp } from './metadata.js';
import type { Prepared } from './prepared.js';
import { type Body, encodeAnswer, type RequestContext, type WriteAnswer, type WriteOptions } from './request.js';
import type { Scope } from './scope.js';
import { transform } from './transform.js';

const BINDING = { definition: 'Binding', group: '', kind: 'Binding' } as const;
const PODS_BINDING = { group: '', plural: 'pods/binding' };

/**
 * Assigns a pod to a node, once. `key.name` is "" where the body alone names the pod.
 * @throws ApiError NotFound, Conflict (assigned already, or going), Invalid
 */
export async function bindPod(
  scope: Scope<Pod>,
  key: ObjectKey,
  body: Body,
  options: WriteOptions,
  context: RequestContext,
): Promise<WriteAnswer> {
  const binding = decodeDefinition<Binding>(BINDING.definition, body, options.fieldValidation, context);
  const name = binding.metadata?.name ?? key.name;
  if (key.name !== '' && name !== key.name) {
    throw new ApiError('BadRequest', `name in URL does not match name in Binding object`);
  }
  checkBinding(binding, name);
  const podKey = { namespace: key.namespace, name };
  const attempt = admissionAttempt({
    operation: 'CREATE',
    resource: scope.resource,
    subresource: 'binding',
    key: podKey,
    object: binding as KubernetesObject as Pod,
    dryRun: options.dryRun,
    context,
  });
  await scope.admission.admit(attempt.request);
  await scope.admission.validate(attempt.request);
  await transform(scope, {
    key: podKey,
    expectedVersion: '',
    dryRun: options.dryRun,
    context,
    change: async (pod) => bound(scope, pod, binding),
  });
  const status: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return { answer: encodeAnswer(status as KubernetesObject), status: 201, name };
}

function checkBinding({ target }: Binding, name: string): void {
  if (target?.kind && target.kind !== 'Node') {
    const message = `Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`;
    throw invalid(BINDING, name, [{ field: 'target.kind', type: 'FieldValueNotSupported', message }]);
  }
  if (!target?.name) {
    throw invalid(BINDING, name, [{ field: 'target.name', type: 'FieldValueRequired', message: 'Required value' }]);
  }
}

function bound(scope: Scope<Pod>, pod: Persisted<Pod>, binding: Binding): Prepared<Pod> {
  const { name, deletionTimestamp, annotations } = pod.metadata;
  checkUid(scope.resource, pod, binding.metadata?.uid);
  if (deletionTimestamp !== undefined)
    throw conflict(PODS_BINDING, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  const assigned = pod.spec?.nodeName;
  if (assigned) throw conflict(PODS_BINDING, name, `pod ${name} is already assigned to node "${assigned}"`);
  if (pod.spec?.schedulingGates?.length) {
    throw conflict(PODS_BINDING, name, `pod ${name} has non-empty .spec.schedulingGates`);
  }
  const added = binding.metadata?.annotations;
  const condition = { type: 'PodScheduled', status: 'True', lastTransitionTime: timestamp(scope.nowMs()) };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
  const object = {
    ...pod,
    metadata: { ...pod.metadata, ...(added ? { annotations: { ...annotations, ...added } } : {}) },
    spec: { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: binding.target.name },
    status: { ...pod.status, conditions: [...others, condition] },
  };
  return { object, reservation: undefined };
}
