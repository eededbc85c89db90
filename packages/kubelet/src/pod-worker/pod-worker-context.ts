import type { DeepReadonly, Service } from '@kubelab/api';
import type { ApiClient } from '@kubelab/client';
import type { Clock, Tracer } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { ContainerCache } from '../container-cache.js';
import type { ContainerRuntime, RuntimeContainer } from '../container-runtime/runtime.js';
import type { ExpandCommand, ExpandEnvironment } from '../environment.js';
import type { ImageManager } from '../images/image-manager.js';
import type { Limiter } from '../limiter.js';
import type { NodeFacts, ObjectLookups } from '../object-lookups.js';
import type { PodEvents } from '../pod-events.js';
import type { PodNetwork } from '../pod-network.js';
import type { checkProbe } from '../probes/probe-check.js';
import type { StatusWriter } from '../status/status-writer.js';
import type { VolumeManager } from '../volume-manager.js';

/** What every pod worker of a kubelet works with. */
export interface PodWorkerContext {
  readonly client: Pick<ApiClient, 'delete'>;
  readonly runtime: ContainerRuntime;
  readonly cache: ContainerCache;
  readonly images: ImageManager;
  readonly volumes: VolumeManager;
  readonly network: PodNetwork;
  readonly lookups: ObjectLookups;
  readonly expandEnvironment: ExpandEnvironment;
  readonly expandCommand: ExpandCommand;
  readonly node: () => NodeFacts;
  readonly services: () => Iterable<DeepReadonly<Service>>;
  readonly events: PodEvents;
  readonly status: StatusWriter;
  /** Resolves when a pod may begin to be worked on. */
  readonly turn: () => Promise<void>;
  /** Asks a container whether it is well; undefined: those here always are. */
  readonly checkProbe: typeof checkProbe | undefined;
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly log: Logger;
  /** Bounds what the engine is asked to start and to remove at a time. */
  readonly engineLimiter: Limiter;
  /** How long a pod that serves goes on once it is deleted: see `drainDelayMs`. */
  readonly drainPeriodMs: number;
  readonly machineMemoryBytes: number;
  /** What a privileged container cannot have here, without CAP_. */
  readonly missingCapabilities: readonly string[];
  /** Comes before ids of containers in their status: `docker` in `docker://ID`. */
  readonly engineName: string;
  /** As status.containerStatuses[].imageID has it. */
  readonly imageIdOf: (container: RuntimeContainer) => string;
}
