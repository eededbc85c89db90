import { apiVersionOf, type ResourceType } from '@kubelab/api';
import { storageVersionHashOf } from './storage-version-hash.js';

/** Discovery (`/api`, `/apis` and below), made from the resource table. Pure. */

const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ResourceType[];
}

/**
 * Groups in the order of kube-apiserver's priorities: where two have a resource
 * of one name (events), a client takes the first. Others come after these.
 */
const GROUPS = [
  '',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
];

/** The table by group and version, in the order of discovery: the preferred version first, resources by name. */
export function groupVersionsOf(resources: readonly ResourceType[]): GroupVersion[] {
  const found = new Map<string, { group: string; version: string; resources: ResourceType[] }>();
  for (const resource of resources) {
    const { group, version } = resource;
    const key = apiVersionOf(resource);
    const entry = found.get(key) ?? { group, version, resources: [] };
    entry.resources.push(resource);
    found.set(key, entry);
  }
  for (const { resources } of found.values()) resources.sort((one, other) => compare(one.plural, other.plural));
  return [...found.values()].sort(
    (one, other) => placeOf(one.group) - placeOf(other.group) || compareKubeVersions(one.version, other.version),
  );
}

function placeOf(group: string): number {
  const place = GROUPS.indexOf(group);
  return place < 0 ? GROUPS.length : place;
}

/** As apimachinery's CompareKubeAwareVersionStrings: v2, v1, v1beta2, v1beta1, v1alpha1. */
function compareKubeVersions(one: string, other: string): number {
  const parse = (version: string): [number, number, number] => {
    const [, major = '0', stage = '', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
    return [stage === '' ? 2 : stage === 'beta' ? 1 : 0, Number(major), Number(minor)];
  };
  const [left, right] = [parse(one), parse(other)];
  return right[0] - left[0] || right[1] - left[1] || right[2] - left[2];
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** `/api/v1` for core, `/apis/apps/v1` for the rest. */
export function rootPathOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

export function coreVersions(groupVersions: readonly GroupVersion[], serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: groupVersions.filter(({ group }) => group === '').map(({ version }) => version),
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

export function groupList(groupVersions: readonly GroupVersion[]): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groupNames(groupVersions).map((name) => groupEntry(groupVersions, name)),
  };
}

export function groupDocument(groupVersions: readonly GroupVersion[], name: string): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(groupVersions, name) };
}

export function groupNames(groupVersions: readonly GroupVersion[]): string[] {
  return [...new Set(groupVersions.map(({ group }) => group).filter((group) => group !== ''))];
}

function groupEntry(groupVersions: readonly GroupVersion[], name: string) {
  const versions = groupVersions
    .filter(({ group }) => group === name)
    .map((groupVersion) => ({ groupVersion: apiVersionOf(groupVersion), version: groupVersion.version }));
  return { name, versions, preferredVersion: versions[0] };
}

export function resourceList(groupVersion: GroupVersion): object {
  return {
    kind: 'APIResourceList',
    ...(groupVersion.group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(groupVersion),
    resources: groupVersion.resources.flatMap((resource) => [
      {
        name: resource.plural,
        singularName: resource.singular,
        namespaced: resource.namespaced,
        kind: resource.kind,
        verbs: resource.verbs ?? ALL_VERBS,
        ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
        ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
        storageVersionHash: storageVersionHashOf(resource),
      },
      ...subresourcesOf(resource).map((subresource) => ({
        name: `${resource.plural}/${subresource.name}`,
        singularName: '',
        namespaced: resource.namespaced,
        ...(subresource.group === undefined ? {} : { group: subresource.group, version: subresource.version }),
        kind: subresource.kind,
        verbs: subresource.verbs,
      })),
    ]),
  };
}

function subresourcesOf({ subresources }: ResourceType) {
  return [...subresources].sort((one, other) => compare(one.name, other.name));
}

/** Aggregated discovery (KEP-3352): everything of `/api` or of `/apis` in one document. */
export function aggregatedDiscovery(groupVersions: readonly GroupVersion[], version: 'v2' | 'v2beta1'): object {
  const names = [...new Set(groupVersions.map(({ group }) => group))];
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: names.map((name) => ({
      metadata: { ...(name === '' ? {} : { name }), creationTimestamp: null },
      versions: groupVersions
        .filter(({ group }) => group === name)
        .map((groupVersion) => ({
          version: groupVersion.version,
          resources: groupVersion.resources.map(aggregatedResource),
          freshness: 'Current',
        })),
    })),
  };
}

function aggregatedResource(resource: ResourceType): object {
  const { group, version, kind, shortNames, categories } = resource;
  return {
    resource: resource.plural,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs ?? ALL_VERBS,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(resource.subresources.length > 0
      ? {
          subresources: subresourcesOf(resource).map((subresource) => ({
            subresource: subresource.name,
            responseKind: {
              group: subresource.group ?? group,
              version: subresource.version ?? version,
              kind: subresource.kind,
            },
            verbs: subresource.verbs,
          })),
        }
      : {}),
  };
}
