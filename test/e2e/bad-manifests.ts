/** A manifest that no cluster takes, and what it is to be told. */
export interface BadManifest {
  readonly what: string;
  /** The collection that it is posted to, below the namespace. Default pods. */
  readonly to?: string;
  /** As it is, or an object. */
  readonly manifest: object | string;
  readonly status: number;
  readonly reason: string;
  /** The field that the answer points at: a cause's, or a path in its message. */
  readonly field?: string;
  readonly says?: string;
}

const DEPLOYMENTS = 'apis/apps/v1/deployments';

const container = { name: 'main', image: 'busybox' };
const metadata = { name: 'bad' };

const pod = (spec: object, over: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...metadata, ...over },
  spec: { containers: [container], ...spec },
});
const withContainer = (change: object, spec: object = {}): object =>
  pod({ ...spec, containers: [{ ...container, ...change }] });
const deployment = (spec: object): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: {
    selector: { matchLabels: { app: 'bad' } },
    template: { metadata: { labels: { app: 'bad' } }, spec: { containers: [container] } },
    ...spec,
  },
});
const service = (spec: object): object => ({ apiVersion: 'v1', kind: 'Service', metadata, spec });

const invalid = { status: 422, reason: 'Invalid' };
const badRequest = { status: 400, reason: 'BadRequest' };

export const BAD_MANIFESTS: readonly BadManifest[] = [
  { what: 'no JSON', manifest: '{"kind":', ...badRequest },
  { what: 'a list instead of an object', manifest: '[]', ...badRequest },
  { what: 'another kind', manifest: { apiVersion: 'v1', kind: 'Secret', metadata }, ...badRequest, says: 'Secret' },
  { what: 'another version', manifest: { ...pod({}), apiVersion: 'v2' }, ...badRequest, says: 'v2' },
  { what: 'an unknown field', manifest: pod({ replicas: 1 }), ...badRequest, field: 'spec.replicas' },
  {
    what: 'a field given twice',
    manifest: '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"bad","name":"bad"},"spec":{"containers":[]}}',
    ...badRequest,
    field: 'metadata.name',
  },
  {
    what: 'a number for a string',
    manifest: withContainer({ image: 1 }),
    ...badRequest,
    field: 'spec.containers.image',
  },
  { what: 'an object for a list', manifest: pod({ containers: {} }), ...badRequest, field: 'spec.containers' },
  {
    what: 'another namespace',
    manifest: pod({}, { namespace: 'other' }),
    ...badRequest,
    says: 'does not match the namespace',
  },
  { what: 'no name', manifest: { ...pod({}), metadata: {} }, ...invalid, field: 'metadata.name' },
  { what: 'a name with capitals', manifest: pod({}, { name: 'Bad' }), ...invalid, field: 'metadata.name' },
  { what: 'a bad label', manifest: pod({}, { labels: { 'a b': 'c' } }), ...invalid, field: 'metadata.labels' },
  { what: 'no containers', manifest: pod({ containers: [] }), ...invalid, field: 'spec.containers' },
  {
    what: 'no image',
    manifest: pod({ containers: [{ name: 'main' }] }),
    ...invalid,
    field: 'spec.containers[0].image',
  },
  {
    what: 'two containers of one name',
    manifest: pod({ containers: [container, container] }),
    ...invalid,
    field: 'spec.containers[1].name',
  },
  {
    what: 'an unknown restartPolicy',
    manifest: pod({ restartPolicy: 'Often' }),
    ...invalid,
    field: 'spec.restartPolicy',
  },
  {
    what: 'an unknown pull policy',
    manifest: withContainer({ imagePullPolicy: 'Maybe' }),
    ...invalid,
    field: 'spec.containers[0].imagePullPolicy',
  },
  {
    what: 'a port out of range',
    manifest: withContainer({ ports: [{ containerPort: 70000 }] }),
    ...invalid,
    field: 'spec.containers[0].ports[0].containerPort',
  },
  {
    what: 'an unknown protocol',
    manifest: withContainer({ ports: [{ containerPort: 80, protocol: 'ICMP' }] }),
    ...invalid,
    field: 'spec.containers[0].ports[0].protocol',
  },
  {
    what: 'a request beyond the limit',
    manifest: withContainer({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    ...invalid,
    field: 'spec.containers[0].resources.requests',
  },
  {
    what: 'a quantity that is none',
    manifest: withContainer({ resources: { limits: { cpu: 'much' } } }),
    ...badRequest,
    says: 'quantities must match',
  },
  {
    what: 'an environment variable without a name',
    manifest: withContainer({ env: [{ name: '' }] }),
    ...invalid,
    field: 'spec.containers[0].env[0].name',
  },
  {
    what: 'a fieldRef to nowhere',
    manifest: withContainer({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nothing' } } }] }),
    ...invalid,
    field: 'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath',
  },
  {
    what: 'a mount of no volume',
    manifest: withContainer({ volumeMounts: [{ name: 'none', mountPath: '/data' }] }),
    ...invalid,
    field: 'spec.containers[0].volumeMounts[0].name',
  },
  {
    what: 'a subPath that leads out',
    manifest: withContainer(
      { volumeMounts: [{ name: 'data', mountPath: '/data', subPath: '../up' }] },
      { volumes: [{ name: 'data', emptyDir: {} }] },
    ),
    ...invalid,
    // As Kubernetes has it, without the mount's index.
    field: 'spec.containers[0].volumeMounts.subPath',
  },
  {
    what: 'a volume of two kinds',
    manifest: pod({ volumes: [{ name: 'data', emptyDir: {}, hostPath: { path: '/x' } }] }),
    ...invalid,
    field: 'spec.volumes[0].hostPath',
  },
  {
    what: 'an unknown hostPath type',
    manifest: pod({ volumes: [{ name: 'data', hostPath: { path: '/x', type: 'Folder' } }] }),
    ...invalid,
    field: 'spec.volumes[0].hostPath.type',
  },
  {
    what: 'a toleration without operator sense',
    manifest: pod({ tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] }),
    ...invalid,
    field: 'spec.tolerations[0].operator',
  },
  {
    what: 'negative replicas',
    to: DEPLOYMENTS,
    manifest: deployment({ replicas: -1 }),
    ...invalid,
    field: 'spec.replicas',
  },
  {
    what: 'a selector that does not match the template',
    to: DEPLOYMENTS,
    manifest: deployment({ selector: { matchLabels: { app: 'other' } } }),
    ...invalid,
    field: 'spec.template.metadata.labels',
  },
  {
    what: 'no selector',
    to: DEPLOYMENTS,
    manifest: deployment({ selector: undefined }),
    ...invalid,
    field: 'spec.selector',
  },
  {
    what: 'a rolling update that can go nowhere',
    to: DEPLOYMENTS,
    manifest: deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    ...invalid,
    field: 'spec.strategy.rollingUpdate.maxUnavailable',
  },
  {
    what: 'a template that may end',
    to: DEPLOYMENTS,
    manifest: deployment({
      template: { metadata: { labels: { app: 'bad' } }, spec: { containers: [container], restartPolicy: 'Never' } },
    }),
    ...invalid,
    field: 'spec.template.spec.restartPolicy',
  },
  { what: 'a Service without ports', to: 'api/v1/services', manifest: service({}), ...invalid, field: 'spec.ports' },
  {
    what: 'a Service port out of range',
    to: 'api/v1/services',
    manifest: service({ ports: [{ port: 0 }] }),
    ...invalid,
    field: 'spec.ports[0].port',
  },
  {
    what: 'a NodePort out of range',
    to: 'api/v1/services',
    manifest: service({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }),
    ...invalid,
    field: 'spec.ports[0].nodePort',
  },
  {
    what: 'a ClusterIP that is none',
    to: 'api/v1/services',
    manifest: service({ clusterIP: '1.2.3', ports: [{ port: 80 }] }),
    ...invalid,
    field: 'spec.clusterIPs[0]',
  },
  {
    what: 'two ports without names',
    to: 'api/v1/services',
    manifest: service({ ports: [{ port: 80 }, { port: 81 }] }),
    ...invalid,
    field: 'spec.ports[0].name',
  },
  {
    what: 'an unknown Service type',
    to: 'api/v1/services',
    manifest: service({ type: 'Tunnel', ports: [{ port: 80 }] }),
    ...invalid,
    field: 'spec.type',
  },
  {
    what: 'a ConfigMap key with a slash',
    to: 'api/v1/configmaps',
    manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'a/b': 'c' } },
    ...invalid,
    field: 'data[a/b]',
  },
  {
    what: 'a Secret that is not base64',
    to: 'api/v1/secrets',
    manifest: { apiVersion: 'v1', kind: 'Secret', metadata, data: { a: '%' } },
    ...badRequest,
    field: 'data',
  },
];
