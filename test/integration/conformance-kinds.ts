import type { Looked } from './conformance-client.js';

/** One kind whose API operations Kubernetes' conformance tests go through, one after the other. */
export interface ConformanceKind {
  readonly sig: string;
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** The rest of the object, as Go's encoder writes it: zero structs and null times included. */
  readonly body: Looked;
  /** What is changed by PUT beside metadata, and what must be seen then. */
  readonly change?: (object: Looked) => void;
  readonly changed?: Looked;
  readonly status?: {
    /** A merge patch of `status`, and a change made by PUT. */
    readonly patch: Looked;
    readonly update: (status: Looked) => void;
  };
}

const labels = { app: 'e2e' };
/** A pod template as Go's encoder writes it. */
const template = (restartPolicy?: string) => ({
  metadata: { creationTimestamp: null, labels },
  spec: {
    ...(restartPolicy ? { restartPolicy } : {}),
    containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.10', resources: {} }],
  },
});
const condition = (type: string) => ({
  type,
  status: 'True',
  reason: 'E2E',
  message: 'Set from e2e test',
  lastTransitionTime: null,
});
const addCondition = (status: Looked) => {
  status.conditions = [...(status.conditions ?? []), condition('StatusUpdate')];
};
const patchedCondition = { patch: { conditions: [{ type: 'StatusPatched', status: 'True' }] }, update: addCondition };
const NO_STATUS_YET = { status: {} };
const now = () => `${new Date().toISOString().slice(0, 19)}Z`;
const balancer = (ip: string) => ({ loadBalancer: { ingress: [{ ip }] } });
const balanced = {
  patch: balancer('203.0.113.1'),
  update: (status: Looked) => {
    status.loadBalancer = { ingress: [{ ip: '203.0.113.2' }] };
  },
};

const core = (sig: string, kind: string, plural: string, namespaced: boolean, rest: Partial<ConformanceKind>) =>
  kindOf(sig, 'v1', kind, plural, namespaced, rest);

function kindOf(
  sig: string,
  apiVersion: string,
  kind: string,
  plural: string,
  namespaced: boolean,
  rest: Partial<ConformanceKind>,
): ConformanceKind {
  return { sig, apiVersion, kind, plural, namespaced, body: {}, ...rest };
}

export const CONFORMANCE_KINDS: readonly ConformanceKind[] = [
  // sig-apps
  kindOf('apps', 'apps/v1', 'Deployment', 'deployments', true, {
    body: {
      spec: { replicas: 1, selector: { matchLabels: labels }, template: template(), strategy: {} },
      ...NO_STATUS_YET,
    },
    change: ({ spec }) => {
      spec.replicas = 2;
      spec.template.spec.containers[0].image = 'other:1';
    },
    changed: { spec: { replicas: 2, template: { spec: { containers: [{ image: 'other:1' }] } } } },
    status: {
      patch: patchedCondition.patch,
      update: (status) => {
        status.conditions = [...(status.conditions ?? []), { ...condition('StatusUpdate'), lastUpdateTime: null }];
      },
    },
  }),
  kindOf('apps', 'apps/v1', 'ReplicaSet', 'replicasets', true, {
    body: { spec: { replicas: 1, selector: { matchLabels: labels }, template: template() }, status: { replicas: 0 } },
    change: ({ spec }) => {
      spec.replicas = 3;
    },
    changed: { spec: { replicas: 3 } },
    status: patchedCondition,
  }),
  kindOf('apps', 'apps/v1', 'StatefulSet', 'statefulsets', true, {
    body: {
      spec: {
        replicas: 1,
        serviceName: 'test',
        selector: { matchLabels: labels },
        template: template(),
        updateStrategy: {},
      },
      status: { replicas: 0, availableReplicas: 0 },
    },
    change: ({ spec }) => {
      spec.replicas = 2;
    },
    changed: { spec: { replicas: 2 } },
    status: patchedCondition,
  }),
  kindOf('apps', 'apps/v1', 'DaemonSet', 'daemonsets', true, {
    body: {
      spec: { selector: { matchLabels: labels }, template: template(), updateStrategy: {} },
      status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
    },
    status: patchedCondition,
  }),
  kindOf('apps', 'apps/v1', 'ControllerRevision', 'controllerrevisions', true, {
    body: { data: { spec: { template: { $patch: 'replace' } } }, revision: 1 },
    change: (object) => {
      object.revision = 3;
    },
    changed: { revision: 3, data: { spec: { template: { $patch: 'replace' } } } },
  }),
  core('apps', 'ReplicationController', 'replicationcontrollers', true, {
    body: { spec: { replicas: 1, selector: labels, template: template() }, status: { replicas: 0 } },
    change: ({ spec }) => {
      spec.replicas = 2;
    },
    changed: { spec: { replicas: 2 } },
    status: patchedCondition,
  }),
  kindOf('apps', 'batch/v1', 'Job', 'jobs', true, {
    body: {
      spec: { suspend: true, parallelism: 2, completions: 4, backoffLimit: 6, template: template('Never') },
      status: {},
    },
    change: ({ spec }) => {
      spec.parallelism = 1;
    },
    changed: { spec: { parallelism: 1 } },
    status: {
      patch: {
        conditions: [{ type: 'CustomConditionType', status: 'True', lastProbeTime: null, lastTransitionTime: now() }],
      },
      update: (status) => {
        status.conditions[0].lastTransitionTime = now();
      },
    },
  }),
  kindOf('apps', 'batch/v1', 'CronJob', 'cronjobs', true, {
    body: {
      spec: {
        schedule: '* */1 * * ?',
        concurrencyPolicy: 'Allow',
        suspend: true,
        jobTemplate: { metadata: { creationTimestamp: null }, spec: { template: template('OnFailure') } },
      },
      status: {},
    },
    change: ({ spec }) => {
      spec.schedule = '0 0 1 * ?';
    },
    changed: { spec: { schedule: '0 0 1 * ?' } },
    status: {
      patch: { lastScheduleTime: now() },
      update: (status) => {
        status.lastScheduleTime = now();
      },
    },
  }),
  kindOf('apps', 'policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', true, {
    body: {
      spec: { minAvailable: '1%', selector: { matchLabels: labels } },
      status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    },
    change: ({ spec }) => {
      spec.minAvailable = '2%';
    },
    changed: { spec: { minAvailable: '2%' } },
    status: {
      patch: { disruptedPods: { 'pod-patched': '2026-01-01T00:00:00Z' } },
      update: (status) => {
        status.disruptedPods = { 'pod-updated': '2026-01-01T00:00:00Z' };
      },
    },
  }),
  // sig-api-machinery
  core('api-machinery', 'Namespace', 'namespaces', false, {
    body: { spec: {}, status: {} },
    status: { patch: { conditions: [condition('StatusPatch')] }, update: addCondition },
  }),
  core('api-machinery', 'ResourceQuota', 'resourcequotas', true, {
    body: { spec: { hard: { cpu: '1', memory: '500Mi' } }, status: {} },
    change: ({ spec }) => {
      spec.hard.memory = '750Mi';
    },
    changed: { spec: { hard: { cpu: '1', memory: '750Mi' } } },
    status: {
      patch: { hard: { cpu: '1', memory: '500Mi' } },
      update: (status) => {
        status.hard = { cpu: '2', memory: '1Gi' };
      },
    },
  }),
  // sig-auth
  core('auth', 'ServiceAccount', 'serviceaccounts', true, {
    change: (object) => {
      object.automountServiceAccountToken = true;
    },
    changed: { automountServiceAccountToken: true },
  }),
  kindOf('auth', 'rbac.authorization.k8s.io/v1', 'Role', 'roles', true, {
    body: { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] },
    change: ({ rules }) => {
      rules[0].verbs.push('list');
    },
    changed: { rules: [{ verbs: ['get', 'list'] }] },
  }),
  kindOf('auth', 'rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', false, {
    body: { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['nodes'] }] },
  }),
  kindOf('auth', 'rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', true, {
    body: {
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    },
  }),
  kindOf('auth', 'rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', false, {
    body: {
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    },
  }),
  // sig-instrumentation
  core('instrumentation', 'Event', 'events', true, {
    body: {
      involvedObject: { namespace: 'NAMESPACE' },
      reason: 'Test',
      message: 'This is a test event',
      source: { component: 'e2e' },
      firstTimestamp: null,
      lastTimestamp: null,
      count: 1,
      type: 'Normal',
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
    },
    change: (object) => {
      object.series = { count: 100, lastObservedTime: '2014-11-12T11:45:26.371000Z' };
    },
    changed: { series: { count: 100, lastObservedTime: '2014-11-12T11:45:26.371000Z' } },
  }),
  kindOf('instrumentation', 'events.k8s.io/v1', 'Event', 'events', true, {
    body: {
      eventTime: '2017-09-19T13:49:16.000000Z',
      reportingController: 'test-controller',
      reportingInstance: 'test-node',
      action: 'Do',
      reason: 'Test',
      type: 'Normal',
      note: 'note',
      regarding: { namespace: 'NAMESPACE' },
      deprecatedSource: {},
      deprecatedFirstTimestamp: null,
      deprecatedLastTimestamp: null,
    },
    change: (object) => {
      object.series = { count: 100, lastObservedTime: '2014-11-12T11:45:26.371000Z' };
    },
    changed: { series: { count: 100, lastObservedTime: '2014-11-12T11:45:26.371000Z' } },
  }),
  // sig-network
  core('network', 'Service', 'services', true, {
    body: {
      spec: {
        type: 'LoadBalancer',
        loadBalancerClass: 'example.com/internal-vip',
        ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 80 }],
      },
      ...{ status: { loadBalancer: {} } },
    },
    change: ({ spec }) => {
      spec.sessionAffinity = 'ClientIP';
    },
    changed: { spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } } },
    status: balanced,
  }),
  core('network', 'Endpoints', 'endpoints', true, {
    body: { subsets: [{ addresses: [{ ip: '10.0.0.24' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }] },
    change: ({ subsets }) => {
      subsets[0].addresses[0].ip = '10.0.0.25';
    },
    changed: { subsets: [{ addresses: [{ ip: '10.0.0.25' }] }] },
  }),
  kindOf('network', 'discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', true, {
    body: { addressType: 'IPv4', endpoints: [{ addresses: ['1.2.3.4', '5.6.7.8'], conditions: {} }], ports: null },
    change: ({ endpoints }) => {
      endpoints[0].addresses = ['1.2.3.4'];
    },
    changed: { endpoints: [{ addresses: ['1.2.3.4'] }] },
  }),
  kindOf('network', 'networking.k8s.io/v1', 'Ingress', 'ingresses', true, {
    body: {
      spec: {
        defaultBackend: { service: { name: 'defaultbackend', port: { number: 80 } } },
        rules: [
          {
            host: 'foo.bar.com',
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'svc', port: { number: 8080 } } } }],
            },
          },
        ],
      },
      status: { loadBalancer: {} },
    },
    change: ({ spec }) => {
      spec.rules[0].http.paths[0].pathType = 'Exact';
    },
    changed: { spec: { rules: [{ http: { paths: [{ pathType: 'Exact' }] } }] } },
    status: balanced,
  }),
  kindOf('network', 'networking.k8s.io/v1', 'IngressClass', 'ingressclasses', false, {
    body: { spec: { controller: 'example.com/controller', parameters: { apiGroup: null, kind: 'c', name: 'd' } } },
  }),
  kindOf('network', 'networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', true, {
    body: {
      spec: {
        podSelector: { matchLabels: { 'pod-name': 'test-pod' } },
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'ns-name': 'pod-b' } } }] }],
      },
    },
    change: ({ spec }) => {
      spec.ingress[0].from.push({ podSelector: {} });
    },
    changed: { spec: { policyTypes: ['Ingress'] } },
  }),
  // sig-node
  core('node', 'Pod', 'pods', true, {
    body: { spec: { terminationGracePeriodSeconds: 1, ...template().spec }, status: {} },
    change: ({ spec }) => {
      spec.containers[0].image = 'registry.k8s.io/pause:3.9';
    },
    changed: { spec: { containers: [{ image: 'registry.k8s.io/pause:3.9' }] } },
    status: {
      patch: { conditions: [{ type: 'k8s.io/test-condition1', status: 'True' }] },
      update: (status) => {
        status.conditions = [
          ...status.conditions,
          { ...condition('StatusUpdate'), lastProbeTime: null, observedGeneration: 1 },
        ];
      },
    },
  }),
  core('node', 'ConfigMap', 'configmaps', true, {
    body: { data: { valueName: 'value' } },
    change: ({ data }) => {
      data.valueName = 'value1';
    },
    changed: { data: { valueName: 'value1' } },
  }),
  core('node', 'Secret', 'secrets', true, {
    body: { data: { key: 'dmFsdWU=' }, type: 'Opaque' },
    change: ({ data }) => {
      data.key = 'dmFsdWUx';
    },
    changed: { data: { key: 'dmFsdWUx' } },
  }),
  core('node', 'PodTemplate', 'podtemplates', true, {
    body: { template: template() },
    change: ({ template }) => {
      template.spec.containers[0].image = 'other:1';
    },
    changed: { template: { spec: { containers: [{ image: 'other:1' }] } } },
  }),
  core('node', 'Node', 'nodes', false, {
    body: {
      spec: {},
      status: { daemonEndpoints: { kubeletEndpoint: { Port: 0 } }, phase: 'Running' },
    },
    status: {
      patch: { phase: 'Pending' },
      update: (status) => {
        status.phase = 'Running';
      },
    },
  }),
  kindOf('node', 'node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', false, { body: { handler: 'test-handler' } }),
  kindOf('node', 'coordination.k8s.io/v1', 'Lease', 'leases', true, {
    body: {
      spec: {
        holderIdentity: 'holder',
        leaseDurationSeconds: 30,
        acquireTime: '2026-01-01T00:00:00.123456Z',
        renewTime: '2026-01-01T00:00:05.000000Z',
        leaseTransitions: 0,
      },
    },
    change: ({ spec }) => {
      spec.holderIdentity = 'holder2';
      spec.leaseTransitions = 1;
    },
    changed: { spec: { holderIdentity: 'holder2', leaseTransitions: 1, acquireTime: '2026-01-01T00:00:00.123456Z' } },
  }),
  // sig-scheduling
  core('scheduling', 'LimitRange', 'limitranges', true, {
    body: {
      spec: {
        limits: [
          {
            type: 'Container',
            max: { cpu: '500m', 'ephemeral-storage': '500Gi', memory: '500Mi' },
            min: { cpu: '50m', 'ephemeral-storage': '100Gi', memory: '100Mi' },
            default: { cpu: '500m', 'ephemeral-storage': '500Gi', memory: '500Mi' },
            defaultRequest: { cpu: '100m', 'ephemeral-storage': '200Gi', memory: '200Mi' },
          },
        ],
      },
    },
    change: ({ spec }) => {
      spec.limits[0].min = { cpu: '9m', memory: '10Mi' };
    },
    changed: { spec: { limits: [{ min: { cpu: '9m', memory: '10Mi' } }] } },
  }),
  kindOf('scheduling', 'scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', false, {
    body: { value: 4 },
    change: (object) => {
      object.description = 'updateDescription';
    },
    changed: { description: 'updateDescription', value: 4 },
  }),
  // sig-storage
  kindOf('storage', 'storage.k8s.io/v1', 'StorageClass', 'storageclasses', false, {
    body: { provisioner: 'e2e-fake-provisioner', reclaimPolicy: 'Delete', volumeBindingMode: 'WaitForFirstConsumer' },
    change: (object) => {
      object.allowVolumeExpansion = true;
    },
    changed: { allowVolumeExpansion: true },
  }),
  kindOf('storage', 'storage.k8s.io/v1', 'CSIDriver', 'csidrivers', false, {
    body: { spec: { attachRequired: true, podInfoOnMount: false, fsGroupPolicy: 'ReadWriteOnceWithFSType' } },
    change: ({ spec }) => {
      spec.storageCapacity = true;
    },
    changed: { spec: { storageCapacity: true } },
  }),
  kindOf('storage', 'storage.k8s.io/v1', 'CSINode', 'csinodes', false, {
    body: { spec: { drivers: [{ name: 'd', nodeID: 'n', topologyKeys: null }] } },
  }),
  kindOf('storage', 'storage.k8s.io/v1', 'CSIStorageCapacity', 'csistoragecapacities', true, {
    body: { storageClassName: 'example.com' },
    change: (object) => {
      object.capacity = '1Gi';
    },
    changed: { capacity: '1Gi' },
  }),
  kindOf('storage', 'storage.k8s.io/v1', 'VolumeAttachment', 'volumeattachments', false, {
    body: {
      spec: { attacher: 'e2e-test.storage.k8s.io', nodeName: 'node', source: { persistentVolumeName: 'pv' } },
      status: { attached: false },
    },
    status: {
      patch: { attached: true },
      update: (status) => {
        status.attached = false;
      },
    },
  }),
  core('storage', 'PersistentVolume', 'persistentvolumes', false, {
    body: {
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '2Gi' },
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: 'e2e',
        csi: { driver: 'e2e-driver', volumeHandle: 'e2e-data-id' },
      },
      status: {},
    },
    change: ({ spec }) => {
      spec.persistentVolumeReclaimPolicy = 'Delete';
    },
    changed: { spec: { persistentVolumeReclaimPolicy: 'Delete' } },
    status: {
      patch: { message: 'StatusPatched', reason: 'E2E patchStatus' },
      update: (status) => {
        status.message = 'StatusUpdate';
        status.reason = 'E2E updateStatus';
      },
    },
  }),
  core('storage', 'PersistentVolumeClaim', 'persistentvolumeclaims', true, {
    body: {
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'e2e', resources: { requests: { storage: '1Gi' } } },
      status: {},
    },
    status: {
      patch: { conditions: [{ type: 'StatusPatched', status: 'True', reason: 'E2E patchedStatus' }] },
      update: (status) => {
        status.conditions = [...status.conditions, { ...condition('StatusUpdate'), lastProbeTime: null }];
      },
    },
  }),
  kindOf('storage', 'storage.k8s.io/v1', 'VolumeAttributesClass', 'volumeattributesclasses', false, {
    body: { driverName: 'e2e-fake-driver', parameters: { iops: '100' } },
  }),
  kindOf('autoscaling', 'autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', true, {
    body: {
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }, maxReplicas: 3 },
      status: { desiredReplicas: 0, currentMetrics: null },
    },
    change: ({ spec }) => {
      spec.maxReplicas = 5;
    },
    changed: { spec: { maxReplicas: 5, minReplicas: 1 } },
    status: {
      patch: { desiredReplicas: 2 },
      update: (status) => {
        status.currentReplicas = 2;
      },
    },
  }),
];
