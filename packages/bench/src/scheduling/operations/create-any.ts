import { type RestClient, RestError } from '../../cluster/rest-client.js';
import type { CreateAny, Template } from '../workload/workload.js';
import type { RunContext } from './run-context.js';

/** Where objects of a kind are: looked up in the cluster's discovery. */
export interface KindPath {
  /** Of the list; `undefined` for the namespace of a kind that has none is fine. */
  collection(namespace: string | undefined): string;
  readonly namespaced: boolean;
}

interface DiscoveredResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Rejects where the cluster does not serve the template's kind. */
export async function pathOfKind(client: RestClient, { apiVersion, kind }: Template): Promise<KindPath> {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { resources } = await client.get<{ resources: DiscoveredResource[] }>(base);
  const found = resources.find((each) => each.kind === kind && !each.name.includes('/'));
  if (!found) throw new Error(`the cluster does not serve ${kind} of ${apiVersion}`);
  const { name, namespaced } = found;
  return {
    namespaced,
    collection: (namespace) =>
      namespaced ? `${base}/namespaces/${namespace ?? 'default'}/${name}` : `${base}/${name}`,
  };
}

/** Creates one object. One without a namespace is removed at the end by itself, and must not be there already. */
export async function createAny({ template, namespace }: CreateAny, context: RunContext): Promise<void> {
  const { client, defer } = context.target;
  const where = await pathOfKind(client, template);
  const home = namespace ?? template.metadata?.namespace;
  if (where.namespaced && home !== undefined) await context.namespaces.ensure(home);
  const collection = where.collection(home);
  const { metadata } = await client.create<{ metadata: { name: string } }>(collection, template);
  defer(async () => {
    await client.delete(`${collection}/${metadata.name}`).catch((error: unknown) => {
      if (!(error instanceof RestError && error.status === 404)) throw error;
    });
  });
}
