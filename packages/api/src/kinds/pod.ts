import type { Pod } from '../generated/types.js';
import type { ResourceStrategy, ResourceType } from '../resource.js';
import { forbidden } from '../validation/field-error.js';
import { validatePod } from '../validation/pod/pod.js';
import { validatePodStatusUpdate, validatePodUpdate } from '../validation/pod/pod-update.js';
import { podColumns } from './pod-columns.js';
import { setPodDefaults } from './pod-defaults.js';
import { podNameWarnings } from './pod-name-warning.js';
import { qosClass } from './pod-resources.js';
import { isPodScheduled, isPodTerminal } from './pod-status.js';
import { podSpecWarnings } from './pod-warnings.js';

const podStrategy: ResourceStrategy<Pod> = {
  returnsDeletedObject: true,
  tracksGeneration: true,
  setDefaults: setPodDefaults,
  prepareForCreate(pod) {
    delete pod.status;
    pod.status = { phase: 'Pending', qosClass: qosClass(pod) };
    if ((pod.spec?.schedulingGates ?? []).length > 0) {
      pod.status.conditions = [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          message: 'Scheduling is blocked due to non-empty scheduling gates',
        },
      ];
    }
  },
  prepareForUpdate(pod, old) {
    pod.status = old.status;
  },
  validate(pod) {
    const isNew = pod.metadata?.resourceVersion === undefined;
    const hasEphemeral = (pod.spec?.ephemeralContainers ?? []).length > 0;
    return isNew && hasEphemeral
      ? [...validatePod(pod), forbidden('spec.ephemeralContainers', 'cannot be set on create')]
      : validatePod(pod);
  },
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatusUpdate,
  /** Updates of pods are for controllers, who read no warnings. */
  warnings: (pod, old) =>
    old === undefined
      ? [...podNameWarnings(pod, "the Pod's hostname"), ...podSpecWarnings(pod.spec, pod.metadata)]
      : [],
  /** A pod that runs nowhere, or no more, goes at once, whatever was asked for. */
  defaultGracePeriodSeconds(pod) {
    if (!isPodScheduled(pod) || isPodTerminal(pod)) return 0;
    return Math.max(pod.spec?.terminationGracePeriodSeconds ?? 30, 0);
  },
};

export const pods: ResourceType<Pod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  definition: 'Pod',
  subresources: [
    { name: 'status', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    { name: 'ephemeralcontainers', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
    { name: 'resize', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    { name: 'exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
    { name: 'attach', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
    { name: 'portforward', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
    { name: 'proxy', kind: 'PodProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  ],
  columns: podColumns,
  selectableFields: {
    'spec.nodeName': (pod) => pod.spec?.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec?.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec?.hostNetwork ?? false),
    'status.phase': (pod) => pod.status?.phase ?? '',
    'status.podIP': (pod) => pod.status?.podIP ?? pod.status?.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName ?? '',
  },
  strategy: podStrategy,
};
