import type { ObjectKey } from '@kubelab/api';

/** Where everything lives in etcd. Raw keys and the storage's own (which begin with a dot) too. */
export const ROOT = '/registry/';

/** Written in the transaction of every deletion: a deletion has no value that could carry its header. */
export const DELETION_KEY = `${ROOT}.deletion`;

/** Of a deletion that shares its transaction: within one, a key may be written once. */
export function deletionKey(position: number): string {
  return position === 0 ? DELETION_KEY : `${DELETION_KEY}-${position}`;
}

/** Holds the revision that the next compaction goes up to. */
export const COMPACTION_KEY = `${ROOT}.compaction`;

/** `/registry/pods/`, `/registry/apps/deployments/`. */
export function resourcePrefix(resource: { group: string; plural: string }): string {
  return resource.group === '' ? `${ROOT}${resource.plural}/` : `${ROOT}${resource.group}/${resource.plural}/`;
}

/** The part behind the resource's prefix: `NAMESPACE/NAME`, or `NAME` of a cluster-scoped object. */
export function objectPath(key: ObjectKey): string {
  return key.namespace === '' ? key.name : `${key.namespace}/${key.name}`;
}

export function parseObjectPath(path: string): ObjectKey {
  const slash = path.indexOf('/');
  return slash < 0 ? { namespace: '', name: path } : { namespace: path.slice(0, slash), name: path.slice(slash + 1) };
}

/**
 * Splits a key into its resource's prefix and the object's path, given which
 * prefixes there are. Undefined for what is no object of those.
 */
export function splitKey(
  key: string,
  isPrefix: (prefix: string) => boolean,
): { prefix: string; path: string } | undefined {
  let end = ROOT.length;
  if (!key.startsWith(ROOT)) return undefined;
  for (let segments = 1; segments <= 2; segments++) {
    end = key.indexOf('/', end) + 1;
    if (end === 0) return undefined;
    const prefix = key.slice(0, end);
    if (isPrefix(prefix)) return { prefix, path: key.slice(end) };
  }
  return undefined;
}

/** The first key behind all that begin with `prefix`, for etcd's range_end. */
export function prefixEnd(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1] = (end[end.length - 1] ?? 0) + 1;
  return end;
}
