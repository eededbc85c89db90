import type { Node } from '@kubelab/api';
import type { Change, Informer } from '@kubelab/client';
import { type ComponentContext, createBackoff } from '@kubelab/runtime';
import { installNetwork, ownNetwork } from './cni-configuration.js';
import type { CniNetwork } from './cni-network.js';
import { acceptForwarding } from './forward-policy.js';
import { loadNodeRules, nodeRules } from './masquerade.js';
import { type PodNetworkMode, planNodeRoutes, type RoutedNode, routedNode } from './node-route-plan.js';
import { applyNodeRoutes, findNodeDevice, VXLAN_OVERHEAD_BYTES } from './node-routes.js';
import { setNodeSysctls } from './node-sysctls.js';

interface NodeNetworkOptions {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly nodes: Informer<Node>;
  /** --cni-conf-dir. One a node where several share a machine. */
  readonly cniConfDir: string;
  readonly leaseDirectory: string;
  readonly mode: PodNetworkMode;
  readonly log: ComponentContext['log'];
  /** Where /proc is; more than one are tried in order. */
  readonly procDirectories: readonly string[];
}

/** How often everything is looked at again with no node having changed: somebody else may have removed a route. */
const RESYNC_MS = 60_000;

/** Keeps the node's part of the pod network: CNI configuration, routes to the other nodes, the node's own rules. */
export class NodeNetwork {
  readonly #options: NodeNetworkOptions;
  #network: CniNetwork | undefined;
  /** By name, this node included. */
  readonly #routed = new Map<string, RoutedNode>();
  #changed = false;
  #wake: (() => void) | undefined;

  constructor(options: NodeNetworkOptions) {
    this.#options = options;
  }

  /** The CNI network to attach pods to; undefined until there is one. */
  get network(): CniNetwork | undefined {
    return this.#network;
  }

  /** Until the signal aborts. What fails is logged and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { nodes, log, cniConfDir, procDirectories } = this.#options;
    for (const failure of await setNodeSysctls(procDirectories)) log.warn({ failure }, 'a sysctl could not be set');
    // What an earlier run has put there serves until the apiserver answers.
    this.#network = await installNetwork(cniConfDir, undefined);
    nodes.onChange((change) => this.#note(change));
    const backoff = createBackoff({ initialMs: 500, maxMs: 30_000 });
    while (!signal.aborted) {
      let waitMs = RESYNC_MS;
      try {
        await nodes.synced(signal);
        this.#changed = false;
        await this.#sync(signal);
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        waitMs = backoff.next();
        log.warn({ err: error }, 'the pod network could not be brought up to date');
      }
      await this.#changeOrTimeout(waitMs, signal);
    }
  }

  async #sync(signal: AbortSignal): Promise<void> {
    const { nodeName, nodeIp, log } = this.#options;
    const known = this.#routed.get(nodeName);
    const self = known && { ...known, address: nodeIp };
    const others = [...this.#routed.values()].filter(({ name }) => name !== nodeName);
    if (self) await this.#apply(self, others, signal);
    else this.#network = await installNetwork(this.#options.cniConfDir, undefined);
    log.debug({ podCidr: self?.podCidr, others: others.length }, 'the pod network is up to date');
  }

  async #apply(self: RoutedNode, others: readonly RoutedNode[], signal: AbortSignal): Promise<void> {
    const { cniConfDir, leaseDirectory, mode } = this.#options;
    const device = await findNodeDevice(self.address, signal);
    const mtu = mode === 'vxlan' ? device.mtu - VXLAN_OVERHEAD_BYTES : device.mtu;
    this.#network = await installNetwork(cniConfDir, ownNetwork({ podCidr: self.podCidr, leaseDirectory, mtu }));
    const podCidrs = [self.podCidr, ...others.map(({ podCidr }) => podCidr)];
    await loadNodeRules(nodeRules(self.podCidr, podCidrs), signal);
    await acceptForwarding(podCidrs, signal);
    await applyNodeRoutes(planNodeRoutes(others, mode, device.networks), self, device, signal);
  }

  /** Heartbeats change nodes, not routes. */
  #note({ type, object }: Change<Node>): void {
    const { name } = object.metadata;
    const before = this.#routed.get(name);
    const now = type === 'deleted' ? undefined : routedNode(object);
    if (before?.podCidr === now?.podCidr && before?.address === now?.address) return;
    if (now) this.#routed.set(name, now);
    else this.#routed.delete(name);
    this.#changed = true;
    this.#wake?.();
  }

  async #changeOrTimeout(waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.#changed || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}
