// A node's pod network in a process of its own, entered into the node's network
// namespace by the test, which drives it by messages.
import type { Node } from '@kubelab/api';
import type { Cached, Change, Informer } from '@kubelab/client';
import { createLogger } from '@kubelab/runtime';
import { createPodNetwork, type PodNetworkOptions } from '../../packages/kubelet/src/network/create-pod-network.js';
import type { ReadonlyPod } from '../../packages/kubelet/src/pod.js';
import type { SandboxNetwork } from '../../packages/kubelet/src/pod-network.js';

export type AgentOptions = Pick<
  PodNetworkOptions,
  'nodeName' | 'nodeIp' | 'rootDirectory' | 'cniBinDir' | 'cniConfDir' | 'mode'
>;

export type AgentRequest =
  | { readonly call: 'nodes'; readonly nodes: readonly Cached<Node>[] }
  | { readonly call: 'setUp'; readonly pod: ReadonlyPod; readonly sandbox: SandboxNetwork }
  | { readonly call: 'tearDown'; readonly sandbox: SandboxNetwork }
  | { readonly call: 'attached' }
  | { readonly call: 'notReadyReason' };

export interface AgentAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

class GivenNodes implements Informer<Node> {
  readonly #handlers: ((change: Change<Node>) => void)[] = [];
  #nodes = new Map<string, Cached<Node>>();

  replace(nodes: readonly Cached<Node>[]): void {
    const before = this.#nodes;
    this.#nodes = new Map(nodes.map((node) => [node.metadata.name, node]));
    for (const [key, object] of before) if (!this.#nodes.has(key)) this.#tell('deleted', object, undefined);
    for (const [key, object] of this.#nodes) {
      const old = before.get(key);
      this.#tell(old ? 'modified' : 'added', object, old);
    }
  }
  #tell(type: Change<Node>['type'], object: Cached<Node>, old: Cached<Node> | undefined): void {
    const change = { type, key: object.metadata.name, object, old, trace: undefined };
    for (const handler of this.#handlers) handler(change);
  }
  async run(): Promise<void> {}
  async synced(): Promise<void> {}
  get(key: string): Cached<Node> | undefined {
    return this.#nodes.get(key);
  }
  list(): Iterable<Cached<Node>> {
    return this.#nodes.values();
  }
  get size(): number {
    return this.#nodes.size;
  }
  byIndex(): readonly Cached<Node>[] {
    return [];
  }
  hasAny(): boolean {
    return false;
  }
  traceOf(): undefined {
    return undefined;
  }
  onChange(handler: (change: Change<Node>) => void): void {
    this.#handlers.push(handler);
    for (const [key, object] of this.#nodes) handler({ type: 'added', key, object, old: undefined, trace: undefined });
  }
}

const options = JSON.parse(process.argv[2] ?? '{}') as AgentOptions;
const nodes = new GivenNodes();
const abort = new AbortController();
const network = createPodNetwork({
  ...options,
  nodes,
  clusterDns: { servers: [], domain: 'cluster.local' },
  log: await createLogger({ component: options.nodeName, level: 'warn', pretty: false }),
  warn: () => {},
});

async function answer(request: AgentRequest): Promise<unknown> {
  switch (request.call) {
    case 'nodes':
      return nodes.replace(request.nodes);
    case 'setUp':
      return (await network.setUp(request.pod, request.sandbox, abort.signal)).ips;
    case 'tearDown':
      return await network.tearDown(request.sandbox, abort.signal);
    case 'attached':
      return [...(await network.attached())];
    case 'notReadyReason':
      return network.notReadyReason() ?? null;
  }
}

process.on('message', (message: { id: number; request: AgentRequest }) => {
  answer(message.request).then(
    (value) => process.send?.({ id: message.id, value }),
    (error: Error) => process.send?.({ id: message.id, error: error.message }),
  );
});
process.on('disconnect', () => abort.abort());
const running = network.run(abort.signal);
process.send?.({ id: 0 });
await running;
