import { type KubernetesObject, keyOf, type Node, type Pod } from '@kubelab/api';
import type { ApiClient, Cached, EventRecorder } from '@kubelab/client';
import { type Clock, systemClock } from '@kubelab/runtime';
import { pino } from 'pino';
import { clusterObjects, type ObjectKind, type ObjectLookup } from '../cluster/cluster-objects.js';
import type { NodeInfo } from '../cluster/node-info.js';
import { createPodInfo, type PodInfo } from '../cluster/pod-info.js';
import { defaultConfiguration, readConfiguration } from '../config/read-configuration.js';
import { createCore, type SchedulingCore } from '../create-core.js';
import type { Cycle } from '../decision/cycle.js';
import type { HttpExtender } from '../extender/http-extender.js';
import type { Profile } from '../framework.js';
import { builtInPlugins, type PluginRegistry } from '../registry.js';

export interface SimulationOptions {
  /** The fields of a KubeSchedulerConfiguration, as YAML; the default one otherwise. */
  readonly configuration?: string;
  readonly registry?: PluginRegistry;
  readonly extenders?: readonly HttpExtender[];
  readonly objects?: readonly KubernetesObject[];
  readonly random?: () => number;
  readonly clock?: Clock;
  readonly client?: Partial<ApiClient>;
  readonly recorder?: EventRecorder;
}

/** The scheduler's core on a cluster that is made up: for tests, and to measure decisions alone. */
export interface Simulation extends SchedulingCore {
  readonly profile: Profile;
  addNode(node: Cached<Node>): NodeInfo;
  /** A pod that runs on the node that its spec names. */
  addPod(pod: Cached<Pod>): void;
  setObjects(objects: readonly KubernetesObject[]): void;
  /** Decides, and nothing more. */
  decide(pod: Cached<Pod> | PodInfo): { readonly cycle: Cycle; readonly node: NodeInfo | undefined };
  /** The message of a pod that fits nowhere, the attempt to preempt included; or the node's name. */
  outcome(pod: Cached<Pod>): Promise<string>;
}

const silent = pino({ level: 'silent' });
const noEvents: EventRecorder = { event: () => {}, flush: async () => {} };

export function createSimulation(options: SimulationOptions = {}): Simulation {
  const { configuration, registry = builtInPlugins, extenders = [], random = () => 0.5, clock = systemClock } = options;
  const header = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';
  const sources = new Map<ObjectKind, FixedObjects>();
  for (const kind of PLURALS.values()) sources.set(kind, new FixedObjects());
  const core = createCore({
    configuration: configuration
      ? readConfiguration(header + configuration, 'test.yaml', registry)
      : defaultConfiguration(registry),
    registry,
    extenders,
    random,
    clock,
    objects: clusterObjects(sources),
    client: (options.client ?? {}) as ApiClient,
    recorder: options.recorder ?? noEvents,
    log: silent,
  });
  const [profile] = core.profiles.values();
  if (profile === undefined) throw new Error('there is no profile');
  const decide: Simulation['decide'] = (pod) => {
    const info = 'nonZero' in pod ? pod : createPodInfo(pod);
    const cycle = core.decider.filter(core.profiles.get(info.pod.spec?.schedulerName ?? '') ?? profile, info);
    return { cycle, node: core.decider.choose(cycle) };
  };
  const setObjects = (objects: readonly KubernetesObject[]) => {
    for (const object of objects) {
      const kind = PLURALS.get(object.kind ?? '');
      if (kind) sources.get(kind)?.set(object as Cached<KubernetesObject>);
    }
  };
  setObjects(options.objects ?? []);
  return {
    ...core,
    profile,
    setObjects,
    decide,
    addNode(node) {
      core.cache.setNode(node);
      return core.cache.node(node.metadata.name) as NodeInfo;
    },
    addPod: (pod) => {
      core.cache.setPod(pod);
    },
    async outcome(pod) {
      const { cycle, node } = decide(pod);
      if (node) return node.name;
      const messages: string[] = [];
      if (cycle.nodes.length > 0)
        for (const plugin of profile.postFilter) {
          const result = await plugin.postFilter?.(cycle.state, cycle.pod, cycle);
          if (result?.message) messages.push(result.message);
          if (result?.nominatedNode) return `preempts on ${result.nominatedNode}`;
        }
      cycle.postFilterMessage = messages.join(', ');
      return cycle.message;
    },
  };
}

const PLURALS: ReadonlyMap<string, ObjectKind> = new Map([
  ['Service', 'services'],
  ['ReplicationController', 'replicationcontrollers'],
  ['ReplicaSet', 'replicasets'],
  ['StatefulSet', 'statefulsets'],
  ['PodDisruptionBudget', 'poddisruptionbudgets'],
  ['PersistentVolume', 'persistentvolumes'],
  ['PersistentVolumeClaim', 'persistentvolumeclaims'],
  ['StorageClass', 'storageclasses'],
  ['CSINode', 'csinodes'],
  ['CSIDriver', 'csidrivers'],
  ['CSIStorageCapacity', 'csistoragecapacities'],
  ['VolumeAttachment', 'volumeattachments'],
]);

/** Objects that are put here, and looked up as those of an informer are. */
class FixedObjects implements ObjectLookup {
  readonly #objects = new Map<string, Cached<KubernetesObject>>();
  readonly #handlers: ((change: { readonly key: string }) => void)[] = [];

  get size(): number {
    return this.#objects.size;
  }

  set(object: Cached<KubernetesObject>): void {
    const key = keyOf(object);
    this.#objects.set(key, object);
    for (const handler of this.#handlers) handler({ key });
  }

  get(key: string): Cached<KubernetesObject> | undefined {
    return this.#objects.get(key);
  }

  list(): Iterable<Cached<KubernetesObject>> {
    return this.#objects.values();
  }

  byIndex(_: string, namespace: string): readonly Cached<KubernetesObject>[] {
    return [...this.#objects.values()].filter(({ metadata }) => metadata.namespace === namespace);
  }

  onChange(handler: (change: { readonly key: string }) => void): void {
    this.#handlers.push(handler);
  }
}
