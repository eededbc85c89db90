import type { NodeAffinity } from '@kubelab/api';
import type { ObjectKind } from './cluster/cluster-objects.js';
import type { ExtensionPoint } from './config/configuration.js';
import type { Field } from './config/field.js';
import {
  readBalancedAllocationArguments,
  readDefaultPreemptionArguments,
  readInterPodAffinityArguments,
  readNoArguments,
  readNodeAffinityArguments,
  readNodeResourcesFitArguments,
  readTopologySpreadArguments,
  readVolumeBindingArguments,
} from './config/plugin-arguments.js';
import type { PluginHandle } from './framework/plugin-handle.js';
import type { Plugin } from './framework.js';
import { defaultBinder } from './plugins/default-binder.js';
import { defaultPreemption } from './plugins/default-preemption.js';
import { imageLocality } from './plugins/image-locality.js';
import { interPodAffinity } from './plugins/inter-pod-affinity.js';
import { nodeAffinity } from './plugins/node-affinity.js';
import { nodeName } from './plugins/node-name.js';
import { nodePorts } from './plugins/node-ports.js';
import { nodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.js';
import { nodeResourcesFit } from './plugins/node-resources-fit.js';
import { nodeUnschedulable } from './plugins/node-unschedulable.js';
import { nodeVolumeLimits } from './plugins/node-volume-limits.js';
import { podTopologySpread } from './plugins/pod-topology-spread.js';
import { prioritySort } from './plugins/priority-sort.js';
import { schedulingGates } from './plugins/scheduling-gates.js';
import { taintToleration } from './plugins/taint-toleration.js';
import { volumeBinding } from './plugins/volume-binding.js';
import { volumeRestrictions } from './plugins/volume-restrictions.js';
import { volumeZone } from './plugins/volume-zone.js';

/** What there is to know of a plugin before it is made. */
export interface PluginDefinition<A = unknown> {
  readonly extensionPoints: readonly ExtensionPoint[];
  /** Kinds whose objects it looks up: they are watched where it is in use. */
  readonly kinds?: readonly ObjectKind[];
  /** Checks its arguments and gives them their defaults; notes problems on the field. */
  readonly readArguments: (args: Field) => A;
  readonly create: (args: A, handle: PluginHandle) => Plugin;
}

/** Plugins by name. */
export type PluginRegistry = ReadonlyMap<string, PluginDefinition>;

export function pluginTakesPart(registry: PluginRegistry, name: string, point: ExtensionPoint): boolean {
  return registry.get(name)?.extensionPoints.includes(point) ?? false;
}

const VOLUME_KINDS = ['persistentvolumeclaims', 'persistentvolumes', 'storageclasses'] as const;

function define<A>(definition: PluginDefinition<A>): PluginDefinition {
  return definition as unknown as PluginDefinition;
}

function withoutArguments(
  extensionPoints: readonly ExtensionPoint[],
  create: (handle: PluginHandle) => Plugin,
  kinds: readonly ObjectKind[] = [],
): PluginDefinition {
  return define<void>({
    extensionPoints,
    kinds,
    readArguments: readNoArguments,
    create: (_, handle) => create(handle),
  });
}

/** Kubernetes' own plugins. A new one is a file in `plugins/` and an entry here. */
export const builtInPlugins: PluginRegistry = new Map<string, PluginDefinition>([
  ['SchedulingGates', withoutArguments(['preEnqueue'], () => schedulingGates)],
  ['PrioritySort', withoutArguments(['queueSort'], () => prioritySort)],
  ['NodeUnschedulable', withoutArguments(['preFilter', 'filter'], ({ cache }) => nodeUnschedulable(cache))],
  ['NodeName', withoutArguments(['preFilter', 'filter'], () => nodeName)],
  [
    'TaintToleration',
    withoutArguments(['preFilter', 'filter', 'preScore', 'score'], ({ cache }) => taintToleration(cache)),
  ],
  [
    'NodeAffinity',
    define<NodeAffinity | undefined>({
      extensionPoints: ['preFilter', 'filter', 'preScore', 'score'],
      readArguments: readNodeAffinityArguments,
      create: nodeAffinity,
    }),
  ],
  ['NodePorts', withoutArguments(['preFilter', 'filter'], () => nodePorts)],
  [
    'NodeResourcesFit',
    define({
      extensionPoints: ['filter', 'score'],
      readArguments: readNodeResourcesFitArguments,
      create: (args, { extenders }) => {
        const ignored = extenders.flatMap((extender) => extender.ignoredResources);
        return nodeResourcesFit({ ...args, ignoredResources: new Set([...args.ignoredResources, ...ignored]) });
      },
    }),
  ],
  [
    'VolumeRestrictions',
    withoutArguments(['preFilter', 'filter'], ({ cache, objects }) => volumeRestrictions(cache, objects), [
      'persistentvolumeclaims',
    ]),
  ],
  [
    'NodeVolumeLimits',
    withoutArguments(['preFilter', 'filter'], ({ objects }) => nodeVolumeLimits(objects), [
      ...VOLUME_KINDS,
      'csinodes',
      'volumeattachments',
    ]),
  ],
  [
    'VolumeBinding',
    define({
      extensionPoints: ['preFilter', 'filter', 'reserve', 'preBind'],
      kinds: [...VOLUME_KINDS, 'csinodes', 'csidrivers', 'csistoragecapacities'],
      readArguments: readVolumeBindingArguments,
      create: (args, handle) => volumeBinding(handle, args),
    }),
  ],
  ['VolumeZone', withoutArguments(['preFilter', 'filter'], ({ objects }) => volumeZone(objects), VOLUME_KINDS)],
  [
    'PodTopologySpread',
    define({
      extensionPoints: ['preFilter', 'filter', 'preScore', 'score'],
      kinds: ['services', 'replicationcontrollers', 'replicasets', 'statefulsets'],
      readArguments: readTopologySpreadArguments,
      create: (args, handle) => podTopologySpread(handle, args),
    }),
  ],
  [
    'InterPodAffinity',
    define({
      extensionPoints: ['preFilter', 'filter', 'preScore', 'score'],
      readArguments: readInterPodAffinityArguments,
      create: (args, { cache }) => interPodAffinity(cache, args),
    }),
  ],
  [
    'DefaultPreemption',
    define({
      extensionPoints: ['postFilter'],
      kinds: ['poddisruptionbudgets'],
      readArguments: readDefaultPreemptionArguments,
      create: (args, handle) => defaultPreemption(handle, args),
    }),
  ],
  [
    'NodeResourcesBalancedAllocation',
    define({
      extensionPoints: ['preScore', 'score'],
      readArguments: readBalancedAllocationArguments,
      create: nodeResourcesBalancedAllocation,
    }),
  ],
  ['ImageLocality', withoutArguments(['preScore', 'score'], ({ cache }) => imageLocality(cache))],
  ['DefaultBinder', withoutArguments(['bind'], ({ client }) => defaultBinder(client))],
]);
