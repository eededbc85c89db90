import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Node } from '@kubelab/api';
import type { Informer } from '@kubelab/client';
import type { ComponentContext } from '@kubelab/runtime';
import type { ReadonlyPod } from '../pod.js';
import type { PodNetwork, SandboxNetwork } from '../pod-network.js';
import { AttachmentStore } from './attachment-store.js';
import { OWN_NETWORK_NAME } from './cni-configuration.js';
import { hostNetworkHostsFile, podHostsFile } from './hosts-file.js';
import { freeForgottenLeases } from './lease-garbage.js';
import { NodeNetwork } from './node-network.js';
import type { PodNetworkMode } from './node-route-plan.js';
import { PodAttachments } from './pod-attachments.js';
import { podHostname } from './pod-hostname.js';
import { type ClusterDns, parseResolvConf, podResolvConf, type ResolverConfiguration } from './resolv-conf.js';

export interface PodNetworkOptions {
  readonly nodeName: string;
  /** An address of this network namespace, by which other nodes reach this one. */
  readonly nodeIp: string;
  /** All nodes; run by the caller. */
  readonly nodes: Informer<Node>;
  /** --root-dir: attachments and leases are kept below it. */
  readonly rootDirectory: string;
  readonly cniBinDir: string;
  /** One a node where several share a machine. */
  readonly cniConfDir: string;
  /** Default `auto`. */
  readonly mode?: PodNetworkMode;
  /** --cluster-dns and --cluster-domain. */
  readonly clusterDns: ClusterDns;
  /** --resolv-conf: the node's own. Default /etc/resolv.conf, as the machine has it. */
  readonly resolvConfPath?: string;
  readonly log: ComponentContext['log'];
  /** A Warning event on the pod. */
  readonly warn: (pod: ReadonlyPod, reason: string, message: string) => void;
  /** A process in the machine's mount namespace, where this one has its own: 1 in a container with `pid: host`. */
  readonly hostPid?: number;
}

/** Where systemd-resolved keeps what it asks itself; /etc/resolv.conf then names it, at an address that pods cannot reach. */
const RESOLVED_UPSTREAM_PATH = '/run/systemd/resolve/resolv.conf';

/** The pod network of one node, by CNI. Building it starts nothing. */
export function createPodNetwork(options: PodNetworkOptions): PodNetwork {
  return new CniPodNetwork(options);
}

class CniPodNetwork implements PodNetwork {
  readonly #options: PodNetworkOptions;
  readonly #store: AttachmentStore;
  readonly #attachments: PodAttachments;
  readonly #leaseDirectory: string;
  readonly #node: NodeNetwork;
  /** The machine's root directory. */
  readonly #root: string;

  constructor(options: PodNetworkOptions) {
    const { rootDirectory, cniBinDir, hostPid } = options;
    this.#options = options;
    this.#store = new AttachmentStore(join(rootDirectory, 'cni', 'attachments'));
    this.#attachments = new PodAttachments(cniBinDir, this.#store);
    this.#leaseDirectory = join(rootDirectory, 'cni', 'networks');
    this.#root = hostPid === undefined ? '' : `/proc/${hostPid}/root`;
    this.#node = new NodeNetwork({
      ...options,
      mode: options.mode ?? 'auto',
      leaseDirectory: this.#leaseDirectory,
      procDirectories: this.#root === '' ? ['/proc'] : ['/proc', `${this.#root}/proc`],
    });
  }

  async setUp(
    pod: ReadonlyPod,
    sandbox: SandboxNetwork,
    signal: AbortSignal,
  ): Promise<{ readonly ips: readonly string[] }> {
    const network = this.#node.network;
    if (!network) throw new Error(this.notReadyReason());
    try {
      return { ips: await this.#attachments.add(pod, sandbox, network, signal) };
    } catch (error) {
      signal.throwIfAborted();
      const name = `${pod.metadata.name}_${pod.metadata.namespace}`;
      const what = `failed to set up network for sandbox "${sandbox.containerId}": networkPlugin cni failed to set up pod "${name}" network`;
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  }

  async tearDown(sandbox: SandboxNetwork, signal: AbortSignal): Promise<void> {
    await this.#attachments.delete(sandbox.containerId, signal);
  }

  async attached(): Promise<ReadonlyMap<string, readonly string[]>> {
    return await this.#attachments.all();
  }

  notReadyReason(): string | undefined {
    return this.#node.network ? undefined : 'cni plugin not initialized';
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const freed = await freeForgottenLeases(join(this.#leaseDirectory, OWN_NETWORK_NAME), await this.#store.all());
    if (freed.length > 0) log.info({ addresses: freed }, 'freed addresses whose sandbox is unknown');
    await this.#node.run(signal);
  }

  hostname(pod: ReadonlyPod): string {
    const { nodeName, clusterDns } = this.#options;
    return podHostname(pod, nodeName, clusterDns.domain).hostname;
  }

  async hostsFile(pod: ReadonlyPod, ips: readonly string[]): Promise<string> {
    const { nodeName, clusterDns } = this.#options;
    const aliases = pod.spec?.hostAliases;
    if (pod.spec?.hostNetwork) return hostNetworkHostsFile(await readFile(`${this.#root}/etc/hosts`, 'utf8'), aliases);
    return podHostsFile(ips, podHostname(pod, nodeName, clusterDns.domain), aliases);
  }

  async resolvConf(pod: ReadonlyPod): Promise<string> {
    const { clusterDns, warn } = this.#options;
    const node = await this.#nodeResolver();
    return podResolvConf(pod, node, clusterDns, (reason, message) => warn(pod, reason, message));
  }

  async #nodeResolver(): Promise<ResolverConfiguration> {
    const { resolvConfPath } = this.#options;
    const own = parseResolvConf(await readIfPresent(resolvConfPath ?? `${this.#root}/etc/resolv.conf`));
    if (resolvConfPath !== undefined || !own.nameservers.every((server) => server.startsWith('127.'))) return own;
    const upstream = parseResolvConf(await readIfPresent(`${this.#root}${RESOLVED_UPSTREAM_PATH}`));
    return upstream.nameservers.length > 0 ? upstream : own;
  }
}

async function readIfPresent(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
