import {
  apiVersionOf,
  type FindVersion,
  type KubernetesObject,
  type OtherVersion,
  type ResourceType,
  servedResources,
  trackedFieldsOf,
} from '@kubelab/api';

const found = new WeakMap<object, Map<string, FindVersion | undefined>>();

/**
 * The other versions in which objects of this kind are served, as they are
 * looked at for the managers that wrote in them; undefined for a kind of one version.
 */
export function otherVersionsOf(resource: ResourceType, subresource: string): FindVersion | undefined {
  let known = found.get(resource);
  if (known === undefined) {
    known = new Map();
    found.set(resource, known);
  }
  if (!known.has(subresource)) known.set(subresource, finderOf(resource, subresource));
  return known.get(subresource);
}

function finderOf(resource: ResourceType, subresource: string): FindVersion | undefined {
  const stored = resource.view?.of ?? resource;
  const served = servedResources.filter((one) => one === stored || one.view?.of === stored);
  if (served.length < 2) return undefined;
  const versions = new Map<string, OtherVersion>();
  for (const other of served.filter((one) => apiVersionOf(one) !== apiVersionOf(resource))) {
    versions.set(apiVersionOf(other), {
      definition: other.definition,
      tracked: trackedFieldsOf(other, subresource),
      convert: (object) => convert(resource, other, object),
      convertBack: (object) => convert(other, resource, object),
    });
  }
  return (apiVersion) => versions.get(apiVersion);
}

function convert(from: ResourceType, to: ResourceType, object: object): object {
  // What is not there yet is nothing in every version.
  if (Object.keys(object).length === 0) return object;
  const present = withoutNulls(object) as KubernetesObject;
  const stored = from.view ? from.view.toStored(present) : present;
  return to.view ? to.view.fromStored(stored) : stored;
}

/** What was applied may state that a field is nothing; what is stored, and converted, never does. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}
