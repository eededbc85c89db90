import type { ReadonlyPod } from './pod.js';

/** A sandbox as CNI knows it: `containerId` is its CNI_CONTAINERID, its namespace /proc/PID/ns/net. */
export interface SandboxNetwork {
  readonly containerId: string;
  /** Of the pause process; 0 when it is gone. */
  readonly pid: number;
}

/** Gives pods their network with CNI, and keeps the node's routes. Runs in the node's network namespace. */
export interface PodNetwork {
  /**
   * CNI ADD. Idempotent: an attached sandbox answers with what it has.
   * The addresses survive a restart of the kubelet. Rejects with the plugin's message (event FailedCreatePodSandBox).
   */
  setUp(pod: ReadonlyPod, sandbox: SandboxNetwork, signal: AbortSignal): Promise<{ readonly ips: readonly string[] }>;
  /** CNI DEL. Idempotent, also where the namespace is gone; frees the address. */
  tearDown(sandbox: SandboxNetwork, signal: AbortSignal): Promise<void>;
  /** What is attached, by container id: pod addresses after a restart, and leftovers. */
  attached(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Why pods cannot be given a network yet (`cni plugin not initialized`); undefined when they can. Called often, cheap. */
  notReadyReason(): string | undefined;
  /** Sysctls, CNI configuration from the node's podCIDR, routes to the other nodes' podCIDRs, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** What the kernel tells the pod's processes that their host is called. Throws in Kubernetes' words where it is too long. */
  hostname(pod: ReadonlyPod): string;
  /** /etc/hosts of the pod: its own names and spec.hostAliases; for hostNetwork the node's file and the aliases. */
  hostsFile(pod: ReadonlyPod, ips: readonly string[]): Promise<string>;
  /** By dnsPolicy and dnsConfig. */
  resolvConf(pod: ReadonlyPod): Promise<string>;
}
