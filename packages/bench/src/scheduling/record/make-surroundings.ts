import { RestError } from '../../cluster/rest-client.js';
import { runInFlight } from '../../measure/in-flight.js';
import type { RunContext } from '../operations/run-context.js';
import type { Template } from '../workload/workload.js';
import type { Replay, ReplayedClaim } from './replay.js';

/** Makes what pods of a recording need beside nodes, in namespaces that are there: claims with their volumes, ConfigMaps, Secrets. */
export async function makeSurroundings(
  { claims, configuration }: Pick<Replay, 'claims' | 'configuration'>,
  context: RunContext,
): Promise<void> {
  const { target, inFlight } = context;
  await runInFlight(configuration.length, inFlight, async (index) => {
    const { kind, metadata } = configuration[index] as Template;
    const plural = kind === 'Secret' ? 'secrets' : 'configmaps';
    await target.client
      .create(`/api/v1/namespaces/${metadata?.namespace}/${plural}`, configuration[index] as Template)
      // The one with the cluster's authority is in every namespace.
      .catch(unlessThere);
  });
  await runInFlight(claims.length, inFlight, async (index) => makeClaim(claims[index] as ReplayedClaim, context));
}

/** Both are told to be bound here: there may be nobody who binds, and who does finds nothing left to do. */
async function makeClaim({ namespace, claim, volume }: ReplayedClaim, { target }: RunContext): Promise<void> {
  const { client, defer } = target;
  const volumePath = `/api/v1/persistentvolumes/${volume.metadata?.name}`;
  const claimPath = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
  await client.create('/api/v1/persistentvolumes', volume);
  defer(() => client.delete(volumePath).catch(unlessGone));
  const { metadata } = await client.create<{ metadata: { name: string; uid: string } }>(claimPath, claim);
  const patch = (path: string, body: object) =>
    client.send({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body: JSON.stringify(body) });
  const { accessModes, capacity } = volume.spec as { accessModes?: unknown; capacity?: unknown };
  await patch(volumePath, { spec: { claimRef: { uid: metadata.uid } } });
  await patch(`${volumePath}/status`, { status: { phase: 'Bound' } });
  await patch(`${claimPath}/${metadata.name}/status`, { status: { phase: 'Bound', accessModes, capacity } });
}

function unlessThere(error: unknown): void {
  if (!(error instanceof RestError && error.status === 409)) throw error;
}

function unlessGone(error: unknown): void {
  if (!(error instanceof RestError && error.status === 404)) throw error;
}
