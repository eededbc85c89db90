import { type DeepReadonly, isApiError, type Lease, type Node, type Persisted } from '@kubelab/api';
import type { Informer, SessionApiClient, SharedEventRecorder } from '@kubelab/client';
import type { Clock, Tracer } from '@kubelab/runtime';
import type { Logger } from 'pino';
import { HollowRuntime } from '../container-runtime/hollow.js';
import { HollowCache } from '../container-runtime/hollow-cache.js';
import type { HollowEngine } from '../container-runtime/hollow-engine.js';
import { createImageManager } from '../images/image-manager.js';
import type { Limiter } from '../limiter.js';
import type { NodeRoom } from '../node/admission.js';
import type { Machine, MachinePressure } from '../node/machine.js';
import { renewLease } from '../node/node-lease.js';
import { NodeRegistration } from '../node/node-registration.js';
import { nodeAllocatable, nodeStatus } from '../node/node-status.js';
import type { ObjectLookups } from '../object-lookups.js';
import { createPodEvents } from '../pod-events.js';
import type { PodWorkerContext } from '../pod-worker/pod-worker-context.js';
import { createPodWorkers, type PodWorkers } from '../pod-worker/pod-workers.js';
import type { StatusWriter } from '../status/status-writer.js';
import type { PodClient } from './bounded-client.js';
import { HollowNetwork } from './hollow-network.js';
import { hollowVolumes } from './hollow-volumes.js';
import type { NodeShape } from './node-shape.js';
import type { PodRouter } from './pod-router.js';

/** What all nodes of a process have together. */
export interface HollowParts {
  /** For pods. */
  readonly client: PodClient;
  /** For nodes and leases: a connection that no number of pods can hold up. */
  readonly heartbeatClient: SessionApiClient;
  readonly engine: HollowEngine;
  readonly pods: PodRouter;
  readonly nodes: Pick<Informer<Node>, 'get'>;
  readonly status: StatusWriter;
  /** See PodWorkerContext. */
  readonly turn: () => Promise<void>;
  readonly recorder: SharedEventRecorder;
  readonly limiter: Limiter;
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly log: Logger;
  /** For what each of thousands would say. */
  readonly quietLog: Logger;
  readonly machine: Machine;
  readonly diskBytes: number;
  readonly maxPods: number;
  readonly nodeIp: string;
  /** Where the apiserver finds the process; 0: nowhere. */
  readonly port: number;
  readonly leaseDurationSeconds: number;
  readonly reportIntervalMs: number;
}

/** There is always enough of everything. */
const NO_PRESSURE: MachinePressure = {
  memoryAvailableBytes: Number.POSITIVE_INFINITY,
  diskAvailableRatio: 1,
  processIdsAvailableRatio: 1,
};

/** What is in ConfigMaps and Secrets makes no difference to a container that only pretends: none is read. */
const NO_LOOKUPS: ObjectLookups = { configMap: async () => undefined, secret: async () => undefined };
const NO_OBJECTS = { retain: () => {}, onChange: () => {} };

/**
 * One node of many in a process: a kubelet's own registration, lease, pod
 * workers, images and statuses, over a runtime, a network and volumes that pretend.
 */
export class HollowNode {
  readonly name: string;
  readonly runtime: HollowRuntime;
  readonly #parts: HollowParts;
  readonly #shape: NodeShape;
  readonly #network: HollowNetwork;
  readonly #registration: NodeRegistration;
  readonly #workers: PodWorkers;
  readonly #allocatable: Readonly<Record<string, string>>;
  #lease: Persisted<Lease> | undefined;
  /** Known from the first write on; the copy at hand may be behind. */
  #uid: string | undefined;

  constructor(parts: HollowParts, shape: NodeShape) {
    this.#parts = parts;
    this.#shape = shape;
    this.name = shape.name;
    this.#allocatable = nodeAllocatable(parts);
    this.#network = new HollowNetwork(() => shape.podCidr ?? parts.nodes.get(shape.name)?.spec?.podCIDR);
    const cache = new HollowCache(parts.engine);
    this.runtime = new HollowRuntime(parts.engine, shape.name, (podUid) => cache.changed(podUid));
    this.#registration = this.#createRegistration();
    this.#workers = createPodWorkers({
      pods: parts.pods.ofNode(shape.name, (pod) => {
        this.#network.adopt(pod);
        this.runtime.adopt(pod);
      }),
      objects: NO_OBJECTS,
      room: () => this.#room(),
      currentRoom: async () => this.#room(),
      context: this.#createContext(cache),
    });
  }

  /** Resolves once the pods that it has are taken over. */
  start(signal: AbortSignal): Promise<void> {
    return this.#workers.start(signal);
  }

  /** After the signal. */
  stop(): Promise<void> {
    return this.#workers.stop();
  }

  /** Registers the node, writes its status where it differs or is due. Rejects with an ApiError. */
  async report(signal: AbortSignal): Promise<void> {
    await this.#registration.report(signal);
  }

  /** One renewal of the lease. Rejects with an ApiError. */
  async renew(signal: AbortSignal): Promise<void> {
    const { heartbeatClient, clock, leaseDurationSeconds, nodes } = this.#parts;
    const nodeUid = this.#uid ?? nodes.get(this.name)?.metadata.uid;
    const holder = { nodeName: this.name, nodeUid, durationSeconds: leaseDurationSeconds };
    try {
      this.#lease = await renewLease(heartbeatClient, holder, this.#lease, clock.now(), signal);
    } catch (error) {
      // What is held is out of date, or gone: it is read again. Otherwise it may still be right.
      if (isApiError(error, 'Conflict', 'NotFound', 'AlreadyExists')) this.#lease = undefined;
      throw error;
    }
  }

  #room(): NodeRoom {
    const known = this.#parts.nodes.get(this.name);
    return {
      allocatable: { ...known?.status?.allocatable, ...this.#allocatable },
      labels: known?.metadata.labels ?? this.#shape.labels,
    };
  }

  #createRegistration(): NodeRegistration {
    const { heartbeatClient, nodes, recorder, clock, quietLog, reportIntervalMs } = this.#parts;
    const { podCidr, taints, labels } = this.#shape;
    return new NodeRegistration({
      client: heartbeatClient,
      nodeName: this.name,
      labels,
      spec: {
        ...(podCidr === undefined ? {} : { podCIDR: podCidr, podCIDRs: [podCidr] }),
        ...(taints.length === 0 ? {} : { taints: taints.map((taint) => ({ ...taint })) }),
      },
      cached: () => nodes.get(this.name) as DeepReadonly<Persisted<Node>> | undefined,
      status: async ({ conditions = [] }) => {
        const { machine, diskBytes, maxPods, nodeIp, port } = this.#parts;
        const [runtime, images] = await Promise.all([this.runtime.information(), this.runtime.images()]);
        const own = { nodeName: this.name, nodeIp, port, maxPods, machine, diskBytes, runtime, images };
        const notReady = this.#network.notReadyReason();
        return nodeStatus({ ...own, pressure: NO_PRESSURE, notReady, before: conditions, nowMs: clock.now() });
      },
      reportIntervalMs,
      events: recorder.onHost(this.name),
      clock,
      log: quietLog,
      onWritten: (node) => {
        this.#uid = node.metadata.uid;
      },
    });
  }

  #createContext(cache: HollowCache): PodWorkerContext {
    const { client, status, turn, recorder, limiter, tracer, clock, log, machine, nodeIp } = this.#parts;
    const events = createPodEvents(recorder.onHost(this.name));
    const facts = { name: this.name, ip: nodeIp, allocatable: this.#allocatable };
    return {
      client,
      runtime: this.runtime,
      cache,
      images: createImageManager({ runtime: this.runtime, lookups: NO_LOOKUPS, events, clock }),
      volumes: hollowVolumes,
      network: this.#network,
      lookups: NO_LOOKUPS,
      expandEnvironment: async () => [],
      expandCommand: () => ({ command: undefined, args: undefined }),
      node: () => facts,
      services: () => [],
      events,
      status,
      turn,
      tracer,
      clock,
      log,
      engineLimiter: limiter,
      // Nothing is sent to what only pretends to serve.
      drainPeriodMs: 0,
      machineMemoryBytes: machine.memoryBytes,
      missingCapabilities: [],
      checkProbe: undefined,
      engineName: 'hollow',
      imageIdOf: ({ imageId }) => `hollow://${imageId}`,
    };
  }
}
