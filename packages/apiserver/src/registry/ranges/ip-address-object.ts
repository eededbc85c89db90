import type { DeepReadonly, IPAddress, Service } from '@kubelab/api';
import { fillNewMetadata } from '../metadata.js';

/** The Service that an address is taken for. */
export interface AddressOwner {
  readonly namespace: string;
  readonly name: string;
}

const FAMILY_LABEL = 'ipaddress.kubernetes.io/ip-family';
const MANAGED_BY_LABEL = 'ipaddress.kubernetes.io/managed-by';
const MANAGER = 'ipallocator.k8s.io';

/** What the write says of its fields; it is the same for every address. */
const OWNED_FIELDS = {
  'f:metadata': { 'f:labels': { '.': {}, [`f:${FAMILY_LABEL}`]: {}, [`f:${MANAGED_BY_LABEL}`]: {} } },
  'f:spec': { '.': {}, 'f:parentRef': { '.': {}, 'f:name': {}, 'f:namespace': {}, 'f:resource': {} } },
};

/** The object whose being there says that the address is taken (KEP-1880). */
export function ipAddressFor(address: string, { namespace, name }: AddressOwner, nowMs: number): IPAddress {
  const metadata: NonNullable<IPAddress['metadata']> = {
    name: address,
    labels: { [FAMILY_LABEL]: 'IPv4', [MANAGED_BY_LABEL]: MANAGER },
  };
  fillNewMetadata(metadata, nowMs);
  metadata.managedFields = [
    {
      manager: 'kube-apiserver',
      operation: 'Update',
      apiVersion: 'networking.k8s.io/v1',
      time: metadata.creationTimestamp ?? '',
      fieldsType: 'FieldsV1',
      fieldsV1: OWNED_FIELDS,
    },
  ];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata,
    spec: { parentRef: { resource: 'services', namespace, name } },
  };
}

/** Made by the apiservers, and theirs to remove. */
export function isManaged({ metadata }: DeepReadonly<IPAddress>): boolean {
  return metadata?.labels?.[MANAGED_BY_LABEL] === MANAGER;
}

/** The Service that it names; undefined where it names none. */
export function ownerOf({ spec }: DeepReadonly<IPAddress>): AddressOwner | undefined {
  const { group = '', resource, namespace, name } = spec?.parentRef ?? {};
  return group === '' && resource === 'services' && namespace && name ? { namespace, name } : undefined;
}

export function sameOwner(left: AddressOwner | undefined, right: AddressOwner): boolean {
  return left?.namespace === right.namespace && left.name === right.name;
}

/** The ClusterIP that a Service holds; "" for one that holds none. */
export function addressHeldBy({ spec }: DeepReadonly<Service>): string {
  return spec?.type === 'ExternalName' || spec?.clusterIP === 'None' ? '' : (spec?.clusterIP ?? '');
}
