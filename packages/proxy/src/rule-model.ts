/** A pod's address and port that packets can be sent to. */
export interface EndpointAddress {
  readonly ip: string;
  readonly port: number;
}

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/**
 * One address at which one service port answers, and what answers there. What
 * the backends put into the kernel; independent of how.
 */
export interface Frontend {
  /** `namespace/name:port` of the service, for comments and affinity. */
  readonly servicePort: string;
  /**
   * `cluster`: a ClusterIP. `external`: an external or load balancer address.
   * `node-port`: every address of the node's own but loopback.
   * `node-port-internal`: the same port, for sources inside the pod network,
   * where external sources get another choice (externalTrafficPolicy Local).
   */
  readonly kind: 'cluster' | 'external' | 'node-port' | 'node-port-internal';
  /** "" for the node ports. */
  readonly address: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** In a stable order. Empty: what `whenEmpty` says. */
  readonly endpoints: readonly EndpointAddress[];
  readonly whenEmpty: 'reject' | 'drop';
  /** Hide the client's address, so that the answer comes back through this node. */
  readonly masquerade: boolean;
  /** 0: none. */
  readonly affinityTimeoutSeconds: number;
}

/** Everything of one Service. */
export interface ServiceRules {
  readonly frontends: readonly Frontend[];
  /** Its ClusterIPs: other ports there are refused. */
  readonly clusterAddresses: readonly string[];
  /** Endpoints on this node: one may reach itself through its Service. */
  readonly localEndpointAddresses: readonly string[];
}

export const NO_RULES: ServiceRules = { frontends: [], clusterAddresses: [], localEndpointAddresses: [] };
