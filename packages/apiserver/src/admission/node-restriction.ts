import {
  type ApiError,
  deepEqual,
  type KubernetesObject,
  type Node,
  nodes,
  notFound,
  type ObjectKey,
  type Persisted,
  type PersistentVolumeClaim,
  type Pod,
  pods,
  quote,
  type TokenRequest,
} from '@kubelab/api';
import type { Storage } from '../storage/storage.js';
import type { AdmissionPlugin, AdmissionRequest } from './admission.js';
import { forbiddenObject } from './forbidden-object.js';
import { MIRROR_ANNOTATION } from './new-pod.js';
import { forbiddenNodeLabels } from './node-labels.js';
import { whatPodReferences } from './pod-references.js';

const USER_PREFIX = 'system:node:';
const GROUP = 'system:nodes';
const LEASE_NAMESPACE = 'kube-node-lease';

/** Refuses in the name of a request's object. */
type Refuse = (why: string) => ApiError;

/**
 * A kubelet changes its own Node, its own pods and what belongs to them, and
 * nothing else, whatever it is authorized to: a node that is taken over stays
 * one node (Kubernetes' NodeRestriction).
 */
export function nodeRestriction(storage: Storage): AdmissionPlugin {
  const storedPods = storage.forResource(pods);
  const storedNodes = storage.forResource(nodes);

  async function findPod(key: ObjectKey): Promise<Persisted<Pod>> {
    const found = storedPods.getCached(key) ?? (await storedPods.get(key));
    if (found === undefined) throw notFound(pods, key.name);
    return found.object;
  }

  async function checkPod(request: AdmissionRequest, node: string, refuse: Refuse): Promise<void> {
    const { operation, subresource, key, object, old } = request;
    if (subresource === 'status') return checkPodStatus(request, node, refuse);
    if (subresource === 'eviction') {
      if (operation !== 'CREATE') throw refuse(`unexpected operation ${operation}`);
      const pod = await findPod({ ...key, name: key.name || (object?.metadata?.name ?? '') });
      if (pod.spec?.nodeName === node) return;
      throw refuse(`node ${node} can only evict pods with spec.nodeName set to itself`);
    }
    if (subresource !== '') {
      throw refuse(`unexpected pod subresource ${quote(subresource)}, only 'status' and 'eviction' are allowed`);
    }
    if (operation === 'CREATE') return checkMirrorPod(object as Pod, node, refuse);
    if (operation === 'UPDATE') {
      throw refuse(`unexpected operation "UPDATE", node ${quote(node)} can only create and delete mirror pods`);
    }
    const pod = (old as Persisted<Pod> | undefined) ?? (await findPod(key));
    if (pod.spec?.nodeName === node) return;
    throw refuse(`node ${quote(node)} can only delete pods with spec.nodeName set to itself`);
  }

  async function checkMirrorPod(pod: Pod, node: string, refuse: Refuse): Promise<void> {
    const name = quote(node);
    const { annotations = {}, ownerReferences = [] } = pod.metadata ?? {};
    if (!Object.hasOwn(annotations, MIRROR_ANNOTATION)) {
      throw refuse(
        `pod does not have ${quote(MIRROR_ANNOTATION)} annotation, node ${name} can only create mirror pods`,
      );
    }
    if (pod.spec?.nodeName !== node) {
      throw refuse(`node ${name} can only create pods with spec.nodeName set to itself`);
    }
    const [owner, ...others] = ownerReferences;
    if (others.length > 0) {
      throw refuse(`node ${name} can only create pods with a single owner reference set to itself`);
    }
    if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
      throw refuse(`node ${name} can only create pods with an owner reference set to itself`);
    }
    if (owner.controller !== true) {
      throw refuse(`node ${name} can only create pods with a controller owner reference set to itself`);
    }
    if (owner.blockOwnerDeletion === true) {
      throw refuse(`node ${name} must not set blockOwnerDeletion on an owner reference`);
    }
    const key = { namespace: '', name: node };
    const stored = storedNodes.getCached(key) ?? (await storedNodes.get(key));
    if (stored === undefined) throw notFound(nodes, node);
    const { uid } = stored.object.metadata;
    if (owner.uid !== uid) throw refuse(`node ${node} UID mismatch: expected ${owner.uid} got ${uid}`);
    const referenced = whatPodReferences(pod);
    if (referenced !== undefined) throw refuse(`node ${name} can not create pods that reference ${referenced}`);
  }

  async function checkToken(request: AdmissionRequest, node: string, refuse: Refuse): Promise<void> {
    if (request.operation !== 'CREATE' || request.subresource !== 'token') return;
    const { boundObjectRef: bound, audiences = [] } = (request.object as KubernetesObject as TokenRequest).spec;
    if (bound?.apiVersion !== 'v1' || bound.kind !== 'Pod' || !bound.name) {
      throw refuse('node requested token not bound to a pod');
    }
    if (!bound.uid) throw refuse('node requested token with a pod binding without a uid');
    const pod = await findPod({ namespace: request.key.namespace, name: bound.name });
    if (pod.metadata.uid !== bound.uid) {
      throw refuse(
        `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    }
    if (pod.spec?.nodeName !== node) throw refuse('node requested token bound to a pod scheduled on a different node');
    if (audiences.length > 1) throw refuse('node may only request 0 or 1 audiences');
    const [audience = ''] = audiences;
    if (audience !== '' && !audiencesOf(pod).includes(audience)) {
      throw refuse(`audience ${quote(audience)} not found in pod spec volume`);
    }
  }

  return {
    name: 'NodeRestriction',
    admit(request) {
      const node = nodeOf(request);
      if (node === undefined) return undefined;
      const { resource, key, subresource } = request;
      const refuse: Refuse = (why) => forbiddenObject(resource, key.name, why);
      if (node === '') throw refuse(`could not determine node from user ${quote(request.user.name)}`);
      switch (`${resource.group}/${resource.plural}`) {
        case '/pods':
          return checkPod(request, node, refuse);
        case '/nodes':
          return checkNode(request, node, refuse);
        case '/persistentvolumeclaims':
          if (subresource !== 'status') throw refuse('may only update PVC status');
          return checkClaimStatus(request, node, refuse);
        case '/serviceaccounts':
          return checkToken(request, node, refuse);
        case 'coordination.k8s.io/leases':
          if (key.namespace !== LEASE_NAMESPACE) {
            throw refuse(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
          }
          if (key.name !== node) throw refuse('can only access node lease with the same name as the requesting node');
          return undefined;
        case 'storage.k8s.io/csinodes':
          if (key.name !== node) throw refuse('can only access CSINode with the same name as the requesting node');
          return undefined;
        default:
          return undefined;
      }
    },
  };
}

/** The node that makes the request; undefined for other users, "" for a kubelet that does not say which one. */
function nodeOf({ user }: AdmissionRequest): string | undefined {
  if (!user.groups.includes(GROUP)) return undefined;
  return user.name.startsWith(USER_PREFIX) ? user.name.slice(USER_PREFIX.length) : undefined;
}

function checkPodStatus({ operation, object, old }: AdmissionRequest, node: string, refuse: Refuse): void {
  if (operation !== 'UPDATE') throw refuse(`unexpected operation "${operation}"`);
  const present = old as Persisted<Pod>;
  const next = object as Pod;
  if (present.spec?.nodeName !== node) {
    throw refuse(`node ${quote(node)} can only update pod status for pods with spec.nodeName set to itself`);
  }
  if (!deepEqual(present.metadata.labels ?? {}, next.metadata?.labels ?? {})) {
    throw refuse(`node ${quote(node)} cannot update labels through pod status`);
  }
  if (!deepEqual(present.status?.resourceClaimStatuses ?? [], next.status?.resourceClaimStatuses ?? [])) {
    throw refuse(`node ${quote(node)} cannot update resource claim statues`);
  }
}

function checkNode({ operation, key, object, old }: AdmissionRequest, node: string, refuse: Refuse): void {
  if (key.name !== node) throw refuse(`node ${quote(node)} is not allowed to modify node ${quote(key.name)}`);
  if (operation === 'DELETE') return;
  const next = object as Node;
  const before = old as Persisted<Node> | undefined;
  if (before === undefined) {
    const labels = forbiddenNodeLabels(next.metadata?.labels, undefined);
    if (labels.length === 0) return;
    throw refuse(`node ${quote(node)} is not allowed to set the following labels: ${labels.join(', ')}`);
  }
  if (!deepEqual(next.spec?.taints ?? [], before.spec?.taints ?? [])) {
    throw refuse(`node ${quote(node)} is not allowed to modify taints`);
  }
  const labels = forbiddenNodeLabels(next.metadata?.labels, before.metadata.labels);
  if (labels.length > 0) throw refuse(`is not allowed to modify labels: ${labels.join(', ')}`);
  if (!deepEqual(next.metadata?.ownerReferences ?? [], before.metadata.ownerReferences ?? [])) {
    throw refuse(`node ${quote(node)} is not allowed to modify ownerReferences`);
  }
}

function checkClaimStatus({ operation, object, old }: AdmissionRequest, node: string, refuse: Refuse): void {
  if (operation !== 'UPDATE') throw refuse(`unexpected operation "${operation}"`);
  const fixed = ({ metadata, spec, status }: PersistentVolumeClaim) => {
    const { capacity, conditions, allocatedResources, allocatedResourceStatuses, ...rest } = status ?? {};
    const { resourceVersion, managedFields, ...others } = metadata ?? {};
    return { metadata: others, spec, status: rest };
  };
  if (deepEqual(fixed(object as PersistentVolumeClaim), fixed(old as PersistentVolumeClaim))) return;
  throw refuse(`node ${quote(node)} is not allowed to update fields other than status.capacity and status.conditions`);
}

/** For whom the pod's own volumes ask for tokens. */
function audiencesOf({ spec }: Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ projected }) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }) => serviceAccountToken?.audience ?? []),
  );
}
