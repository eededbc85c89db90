import { apiVersionOf, type ResourceType, servedResources } from '@kubelab/api';
import { CLUSTER } from './cluster-manifests.js';
import type { Fields, KindManifests } from './kind-manifests.js';
import { NETWORK_AND_STORAGE } from './network-storage-manifests.js';
import { WORKLOADS } from './workload-manifests.js';

/** One object of the proof. */
export interface EveryObject {
  readonly resource: ResourceType;
  /** `minimal`, `full-0`, … */
  readonly variant: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly manifest: Manifest;
  readonly collection: string;
  readonly path: string;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** All objects carry it. */
export const OWN_LABEL = 'every-kind=yes';
export const NAMESPACES = ['every-kind', 'every-kind-limits'];

/** What stands on others comes after them. */
export const EVERY_KIND: readonly KindManifests[] = [...CLUSTER, ...NETWORK_AND_STORAGE, ...WORKLOADS];

export function resourceOf({ apiVersion, kind }: { apiVersion: string; kind: string }): ResourceType {
  const found = servedResources.find((one) => apiVersionOf(one) === apiVersion && one.kind === kind);
  if (found === undefined) throw new Error(`${apiVersion} has no ${kind}`);
  return found;
}

/** The path of its collection. */
export function collectionOf(resource: ResourceType, namespace: string | undefined): string {
  const root = resource.group === '' ? '/api/v1' : `/apis/${apiVersionOf(resource)}`;
  return `${root}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource.plural}`;
}

export const EVERY_OBJECT: readonly EveryObject[] = EVERY_KIND.flatMap((kind) => [
  object(kind, 'minimal', kind.minimal, kind.names?.minimal),
  ...kind.full.map((fields, index) => object(kind, `full-${index}`, fields, kind.names?.full[index])),
]);

function object(kind: KindManifests, variant: string, fields: Fields, given: string | undefined): EveryObject {
  const resource = resourceOf(kind);
  const group = resource.group.split('.')[0] || 'core';
  const name = given ?? `${variant}-${group}-${resource.version}`;
  const namespace = resource.namespaced ? (kind.namespace ?? 'every-kind') : undefined;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { 'every-kind': 'yes', variant },
    ...(variant === 'minimal'
      ? {}
      : {
          annotations: { 'example.com/note': 'a note' },
          finalizers: ['example.com/kept', ...(kind.finalizers ?? [])],
        }),
  };
  const { apiVersion, kind: kindName } = kind;
  // What is undefined is not sent.
  const manifest = JSON.parse(JSON.stringify({ apiVersion, kind: kindName, metadata, ...fields })) as Manifest;
  const collection = collectionOf(resource, namespace);
  return { resource, variant, name, namespace, manifest, collection, path: `${collection}/${name}` };
}
