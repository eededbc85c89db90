import type { Pod } from '@kubelab/api';
import type { BenchCluster } from '../cluster/bench-cluster.js';

/** When each pod was first seen to be Ready, by `performance.now()`. */
export interface ReadyPods {
  readonly times: ReadonlyMap<string, number>;
  close(): void;
}

/** Watches the pods of a namespace. Resolves once the watch is open: what is created then is not missed. */
export async function watchReadyPods(
  { client }: BenchCluster,
  namespace: string,
  signal: AbortSignal,
): Promise<ReadyPods> {
  const times = new Map<string, number>();
  const stop = new AbortController();
  const onLine = (line: string): void => {
    const { object } = JSON.parse(line) as { object: Pod };
    const name = object.metadata?.name ?? '';
    if (isReady(object) && !times.has(name)) times.set(name, performance.now());
  };
  await client.watch(`/api/v1/namespaces/${namespace}/pods?watch=true`, onLine, AbortSignal.any([signal, stop.signal]));
  return { times, close: () => stop.abort() };
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
