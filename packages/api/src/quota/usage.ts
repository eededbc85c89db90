import { type QualifiedResource, qualifiedName } from '../errors.js';
import type { PersistentVolumeClaim, Pod, Quantity, Service } from '../generated/types.js';
import type { DeepReadonly, KubernetesObject } from '../object.js';
import { isPodResource, missingFromPod, podUsage } from './pod-usage.js';

const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
/** Counted by these names as well as by `count/…`, as they were before that came. */
const PLAIN_COUNTS = [
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
];
const SERVICE_RESOURCES = ['services.loadbalancers', 'services.nodeports'];

/** What an object takes of a quota: of its namespace's compute resources, storage and object counts. */
export function quotaUsage(
  resource: QualifiedResource,
  object: DeepReadonly<KubernetesObject>,
  nowMs: number,
): Record<string, Quantity> {
  switch (`${resource.group}/${resource.plural}`) {
    case '/pods':
      return podUsage(object as DeepReadonly<Pod>, nowMs);
    case '/services':
      return { ...countOf(resource), ...serviceUsage(object as DeepReadonly<Service>) };
    case '/persistentvolumeclaims':
      return { ...countOf(resource), ...claimUsage(object as DeepReadonly<PersistentVolumeClaim>) };
    default:
      return countOf(resource);
  }
}

/** Those of a quota's names that objects of a kind are counted under. */
export function quotaNamesOf(resource: QualifiedResource, names: readonly string[]): string[] {
  if (resource.group === '' && resource.plural === 'pods') return names.filter(isPodResource);
  const counts = Object.keys(countOf(resource));
  return names.filter((name) => {
    if (counts.includes(name)) return true;
    if (resource.group !== '') return false;
    if (resource.plural === 'services') return SERVICE_RESOURCES.includes(name);
    if (resource.plural !== 'persistentvolumeclaims') return false;
    return name === 'requests.storage' || name.includes(CLASS_SUFFIX);
  });
}

/** Why an object may not be counted by these names; "" when it may. */
export function quotaConstraint(
  resource: QualifiedResource,
  object: DeepReadonly<KubernetesObject>,
  names: readonly string[],
): string {
  const isPod = resource.group === '' && resource.plural === 'pods';
  return isPod ? missingFromPod(object as DeepReadonly<Pod>, names) : '';
}

function countOf(resource: QualifiedResource): Record<string, Quantity> {
  const count: Record<string, Quantity> = { [`count/${qualifiedName(resource)}`]: '1' };
  if (resource.group === '' && PLAIN_COUNTS.includes(resource.plural)) count[resource.plural] = '1';
  return count;
}

function serviceUsage({ spec }: DeepReadonly<Service>): Record<string, Quantity> {
  const ports = spec?.ports ?? [];
  const usage = { 'services.nodeports': '0', 'services.loadbalancers': '0' };
  if (spec?.type === 'NodePort') usage['services.nodeports'] = String(ports.length);
  if (spec?.type !== 'LoadBalancer') return usage;
  usage['services.loadbalancers'] = '1';
  // Without ports that are allocated, those count that were asked for.
  const taken = spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort) : ports;
  usage['services.nodeports'] = String(taken.length);
  return usage;
}

function claimUsage({ metadata, spec, status }: DeepReadonly<PersistentVolumeClaim>): Record<string, Quantity> {
  const className = metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';
  const storage = status?.allocatedResources?.storage ?? spec?.resources?.requests?.storage;
  const usage: Record<string, Quantity> = {};
  if (className !== '') usage[`${className}${CLASS_SUFFIX}persistentvolumeclaims`] = '1';
  if (storage === undefined) return usage;
  usage['requests.storage'] = storage;
  if (className !== '') usage[`${className}${CLASS_SUFFIX}requests.storage`] = storage;
  return usage;
}
