import type { ClusterProcess } from '../../cluster/bench-cluster.js';
import type { RestClient } from '../../cluster/rest-client.js';
import type { LoadClient } from '../../cluster/session-client.js';
import type { CreateNodes } from '../workload/workload.js';

/** A node that pods may be scheduled to. */
export interface TargetNode {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly pods: number;
}

/** A cluster to run workloads against. */
export interface SchedulingTarget {
  readonly client: RestClient;
  /** What pods are created and deleted through: the client, or kubelab's own protocol. */
  readonly load: LoadClient;
  /** Makes the nodes of one operation and resolves once pods can be scheduled to them. */
  addNodes(operation: CreateNodes): Promise<readonly TargetNode[]>;
  /** Removes all nodes that were made so far. Their pods are to be gone before. */
  removeNodes(): Promise<void>;
  /** Whether pods that are bound get to run: there are kubelets. */
  readonly runsPods: boolean;
  /** Its processes; none where they cannot be seen. */
  readonly processes: readonly ClusterProcess[];
  /** Where the scheduler serves its metrics over HTTP. */
  readonly schedulerMetricsUrl?: string;
  /** Remembers how to remove something; last one first. */
  defer(cleanUp: () => Promise<void>): void;
}
