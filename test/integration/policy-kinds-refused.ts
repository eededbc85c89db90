import { KIND_MANIFESTS } from './policy-kind-manifests.js';

/** A manifest that Kubernetes refuses with 422 Invalid, and the one error that it names. */
export interface RefusedManifest {
  readonly kind: string;
  readonly what: string;
  readonly manifest: Record<string, unknown>;
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

type Change = (manifest: Manifest) => void;
// biome-ignore lint/suspicious/noExplicitAny: manifests are made wrong in every way.
type Manifest = any;

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const MODES = 'supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"';

const cases: RefusedManifest[] = [];

/** `error` is `field: Message`, as `kubectl` shows it. */
function refused(kind: string, what: string, change: Change, error: string): void {
  const base = KIND_MANIFESTS.find(({ manifest }) => manifest.kind === kind)?.manifest;
  const manifest = structuredClone(base) as Manifest;
  change(manifest);
  const [field = ''] = error.split(': ', 1);
  const message = error.slice(field.length + 2);
  cases.push({ kind, what, manifest, field, reason: reasonOf(message), message });
}

function reasonOf(message: string): string {
  const [start = ''] = message.split(':', 1);
  const reasons: Record<string, string> = {
    'Required value': 'FieldValueRequired',
    'Invalid value': 'FieldValueInvalid',
    'Unsupported value': 'FieldValueNotSupported',
    'Duplicate value': 'FieldValueDuplicate',
    Forbidden: 'FieldValueForbidden',
    'Too long': 'FieldValueTooLong',
  };
  return reasons[start] ?? start;
}

// LimitRange
const limit = (item: Record<string, unknown>): Change => {
  return (m) => {
    m.spec.limits = [item];
  };
};
refused(
  'LimitRange',
  'an unknown type',
  limit({ type: 'Node' }),
  'spec.limits[0].type: Invalid value: "Node": must be a standard limit type or fully qualified',
);
refused(
  'LimitRange',
  'a type twice',
  (m) => m.spec.limits.push({ type: 'Container' }),
  'spec.limits[1].type: Duplicate value: "Container"',
);
refused(
  'LimitRange',
  'defaults of pods',
  limit({ type: 'Pod', default: { cpu: '1' } }),
  "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
);
refused(
  'LimitRange',
  'min over max',
  limit({ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }),
  'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
);
refused(
  'LimitRange',
  'min over defaultRequest',
  limit({ type: 'Container', min: { cpu: '2' }, defaultRequest: { cpu: '1' } }),
  'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1',
);
refused(
  'LimitRange',
  'defaultRequest over max',
  limit({ type: 'Container', max: { cpu: '1' }, defaultRequest: { cpu: '2' }, default: { cpu: '1' } }),
  'spec.limits[0].defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than max value 1',
);
refused(
  'LimitRange',
  'defaultRequest over default',
  limit({ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '2' } }),
  'spec.limits[0].defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than default limit value 1',
);
refused(
  'LimitRange',
  'default over max',
  limit({ type: 'Container', max: { cpu: '1' }, default: { cpu: '2' } }),
  'spec.limits[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1',
);
refused(
  'LimitRange',
  'a ratio below one',
  limit({ type: 'Container', maxLimitRequestRatio: { cpu: '800m' } }),
  'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "800m": ratio 800m is less than 1',
);
refused(
  'LimitRange',
  'a ratio that no pod can have',
  limit({ type: 'Container', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '10' } }),
  'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "10": ratio 10 is greater than max/min = 2.000000',
);
refused(
  'LimitRange',
  'claims without an amount',
  limit({ type: 'PersistentVolumeClaim' }),
  'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
);
refused(
  'LimitRange',
  'a resource that containers have not',
  limit({ type: 'Container', max: { pods: '1' } }),
  'spec.limits[0].max[pods]: Invalid value: "pods": must be a standard resource for containers',
);

// ResourceQuota
const hard = (list: Record<string, string>, more: Record<string, unknown> = {}): Change => {
  return (m) => {
    m.spec = { hard: list, ...more };
  };
};
const scoped = (expression: Record<string, unknown>): Record<string, unknown> => ({
  scopeSelector: { matchExpressions: [expression] },
});
refused(
  'ResourceQuota',
  'an unknown resource',
  hard({ gpus: '1' }),
  'spec.hard[gpus]: Invalid value: "gpus": must be a standard resource type or fully qualified',
);
refused(
  'ResourceQuota',
  'a resource that no quota knows',
  hard({ storage: '1' }),
  'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
);
refused(
  'ResourceQuota',
  'less than nothing',
  hard({ pods: '-1' }),
  'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
);
refused(
  'ResourceQuota',
  'half a pod',
  hard({ pods: '500m' }),
  'spec.hard[pods]: Invalid value: "500m": must be an integer',
);
refused(
  'ResourceQuota',
  'an unknown scope',
  hard({ pods: '1' }, { scopes: ['Idle'] }),
  'spec.scopes: Invalid value: ["Idle"]: unsupported scope',
);
refused(
  'ResourceQuota',
  'scopes that exclude each other',
  hard({ pods: '1' }, { scopes: ['Terminating', 'NotTerminating'] }),
  'spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes',
);
refused(
  'ResourceQuota',
  'a resource that the scope has not',
  hard({ services: '1' }, { scopes: ['BestEffort'] }),
  'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource',
);
refused(
  'ResourceQuota',
  'a selector without values',
  hard({ pods: '1' }, scoped({ scopeName: 'PriorityClass', operator: 'In' })),
  "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
);
refused(
  'ResourceQuota',
  'a selector with values too many',
  hard({ pods: '1' }, scoped({ scopeName: 'PriorityClass', operator: 'Exists', values: ['a'] })),
  "spec.scopeSelector.matchExpressions.values: Invalid value: [\"a\"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
);
refused(
  'ResourceQuota',
  'a selector of an unknown operator',
  hard({ pods: '1' }, scoped({ scopeName: 'PriorityClass', operator: 'Like' })),
  'spec.scopeSelector.matchExpressions.operator: Invalid value: "Like": not a valid selector operator',
);
refused(
  'ResourceQuota',
  'a resource that the selector has not',
  hard({ services: '1' }, scoped({ scopeName: 'PriorityClass', operator: 'Exists' })),
  'spec.scopeSelector.matchExpressions: Invalid value: {"MatchExpressions":[{"ScopeName":"PriorityClass","Operator":"Exists","Values":null}]}: unsupported scope applied to resource',
);

// PersistentVolume
const volume = (spec: Record<string, unknown>): Change => {
  return (m) => {
    Object.assign(m.spec, spec);
  };
};
refused('PersistentVolume', 'no access modes', volume({ accessModes: [] }), 'spec.accessModes: Required value');
refused(
  'PersistentVolume',
  'an unknown access mode',
  volume({ accessModes: ['ReadMostly'] }),
  `spec.accessModes: Unsupported value: "ReadMostly": ${MODES}`,
);
refused(
  'PersistentVolume',
  'one pod and more',
  volume({ accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'] }),
  'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
);
refused('PersistentVolume', 'no capacity', volume({ capacity: undefined }), 'spec.capacity: Required value');
refused(
  'PersistentVolume',
  'a capacity of another kind',
  volume({ capacity: { cpu: '1' } }),
  'spec.capacity: Unsupported value: {"cpu":"1"}: supported values: "storage"',
);
refused(
  'PersistentVolume',
  'a capacity of nothing',
  volume({ capacity: { storage: '0' } }),
  'spec.capacity[storage]: Invalid value: "0": must be greater than zero',
);
refused(
  'PersistentVolume',
  'no source',
  volume({ nfs: undefined }),
  'spec: Required value: must specify a volume type',
);
refused(
  'PersistentVolume',
  'two sources',
  volume({ hostPath: { path: '/a' } }),
  'spec.nfs: Forbidden: may not specify more than 1 volume type',
);
refused(
  'PersistentVolume',
  'a relative NFS path',
  volume({ nfs: { server: 's', path: 'a' } }),
  'spec.nfs.path: Invalid value: "a": must be an absolute path',
);
refused(
  'PersistentVolume',
  'a host path upwards',
  volume({ nfs: undefined, hostPath: { path: '/a/../b' } }),
  'spec.hostPath.path: Invalid value: "/a/../b": must not contain \'..\'',
);
refused(
  'PersistentVolume',
  'a local volume of no node',
  volume({ nfs: undefined, local: { path: '/a' } }),
  'spec.nodeAffinity: Required value: Local volume requires node affinity',
);
refused(
  'PersistentVolume',
  'a CSI volume without handle',
  volume({ nfs: undefined, csi: { driver: 'd' } }),
  'spec.csi.volumeHandle: Required value',
);
refused(
  'PersistentVolume',
  'an unknown reclaim policy',
  volume({ persistentVolumeReclaimPolicy: 'Burn' }),
  'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
);
refused(
  'PersistentVolume',
  'recycling of the root',
  volume({ nfs: undefined, hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' }),
  "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
);
refused(
  'PersistentVolume',
  'an unknown volume mode',
  volume({ volumeMode: 'Tape' }),
  'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
);
refused(
  'PersistentVolume',
  'a class that is no name',
  volume({ storageClassName: 'Slow' }),
  `spec.storageClassName: Invalid value: "Slow": ${SUBDOMAIN}`,
);
refused(
  'PersistentVolume',
  'affinity to nothing',
  volume({ nodeAffinity: {} }),
  'spec.nodeAffinity.required: Required value: must specify required node constraints',
);
refused(
  'PersistentVolume',
  'attributes without CSI',
  volume({ volumeAttributesClassName: 'gold' }),
  'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
);

// PersistentVolumeClaim
refused(
  'PersistentVolumeClaim',
  'no access modes',
  volume({ accessModes: [] }),
  'spec.accessModes: Required value: at least 1 access mode is required',
);
refused('PersistentVolumeClaim', 'no size', volume({ resources: {} }), 'spec.resources[storage]: Required value');
refused(
  'PersistentVolumeClaim',
  'a size of nothing',
  volume({ resources: { requests: { storage: '0' } } }),
  'spec.resources[storage]: Invalid value: "0": must be greater than zero',
);
refused(
  'PersistentVolumeClaim',
  'a source of no kind that it knows',
  volume({ dataSourceRef: { kind: 'Pod', name: 'a' } }),
  'spec.dataSourceRef: Invalid value: "Pod": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
);
refused(
  'PersistentVolumeClaim',
  'two sources',
  volume({
    dataSource: { kind: 'PersistentVolumeClaim', name: 'a' },
    dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'b' },
  }),
  'spec: Invalid value: {}: must match dataSourceRef',
);
refused(
  'PersistentVolumeClaim',
  'a selector that is none',
  volume({ selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }),
  "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
);

// Ingress
const rule = (path: Record<string, unknown>, host?: string): Change => {
  return (m) => {
    m.spec = { rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend: backend({}), ...path }] } }] };
  };
};
const backend = (service: Record<string, unknown>) => ({ service: { name: 'web', port: { number: 80 }, ...service } });
const AT = 'spec.rules[0].http.paths[0]';
refused(
  'Ingress',
  'nothing',
  (m) => {
    m.spec = {};
  },
  'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified',
);
refused(
  'Ingress',
  'an address for a host',
  rule({}, '10.0.0.1'),
  'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
);
refused(
  'Ingress',
  'a wildcard in the middle',
  rule({}, 'a.*.com'),
  "spec.rules[0].host: Invalid value: \"a.*.com\": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
);
refused(
  'Ingress',
  'no path type',
  rule({ pathType: undefined }),
  `${AT}.pathType: Required value: pathType must be specified`,
);
refused(
  'Ingress',
  'an unknown path type',
  rule({ pathType: 'Regex' }),
  `${AT}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
);
refused('Ingress', 'a relative path', rule({ path: 'a' }), `${AT}.path: Invalid value: "a": must be an absolute path`);
refused(
  'Ingress',
  'a path upwards',
  rule({ path: '/a/../b' }),
  `${AT}.path: Invalid value: "/a/../b": must not contain '/../'`,
);
refused(
  'Ingress',
  'a path that ends in a dot',
  rule({ path: '/a/.' }),
  `${AT}.path: Invalid value: "/a/.": cannot end with '/.'`,
);
refused(
  'Ingress',
  'no backend',
  rule({ backend: {} }),
  `${AT}.backend: Invalid value: "": resource or service backend is required`,
);
refused(
  'Ingress',
  'two backends',
  rule({ backend: { ...backend({}), resource: { kind: 'A', name: 'a' } } }),
  `${AT}.backend: Invalid value: "": cannot set both resource and service backends`,
);
refused(
  'Ingress',
  'no port',
  rule({ backend: backend({ port: {} }) }),
  `${AT}.backend: Required value: port name or number is required`,
);
refused(
  'Ingress',
  'two ports',
  rule({ backend: backend({ port: { name: 'a', number: 1 } }) }),
  `${AT}.backend: Invalid value: "": cannot set both port name & port number`,
);
refused(
  'Ingress',
  'no service',
  rule({ backend: backend({ name: '' }) }),
  `${AT}.backend.service.name: Required value`,
);
refused(
  'Ingress',
  'an annotation that says otherwise',
  (m) => {
    m.metadata.annotations = { 'kubernetes.io/ingress.class': 'other' };
  },
  'annotations.kubernetes.io/ingress.class: Invalid value: "other": must match `ingressClassName` when both are specified',
);

// IngressClass, NetworkPolicy, IPAddress, ServiceCIDR
refused(
  'IngressClass',
  'no controller',
  (m) => {
    m.spec = {};
  },
  'spec.controller: Required value',
);
refused(
  'IngressClass',
  'a controller without domain',
  (m) => {
    m.spec.controller = 'nginx';
  },
  'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
);
refused(
  'IngressClass',
  'an unknown scope',
  (m) => {
    m.spec.parameters.scope = 'World';
  },
  'spec.parameters.scope: Unsupported value: "World": supported values: "Cluster", "Namespace"',
);
refused(
  'IngressClass',
  'a scope without its namespace',
  (m) => {
    m.spec.parameters.scope = 'Namespace';
  },
  "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
);
refused(
  'IngressClass',
  'a namespace too many',
  (m) => {
    m.spec.parameters.namespace = 'a';
  },
  "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
);
const policy =
  (spec: Record<string, unknown>): Change =>
  (m) => {
    m.spec = spec;
  };
refused(
  'NetworkPolicy',
  'an unknown type',
  policy({ policyTypes: ['Sideways'] }),
  'spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Ingress", "Egress"',
);
refused(
  'NetworkPolicy',
  'an unknown protocol',
  policy({ ingress: [{ ports: [{ protocol: 'ICMP' }] }] }),
  'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
);
refused(
  'NetworkPolicy',
  'a range of ports backwards',
  policy({ ingress: [{ ports: [{ port: 90, endPort: 80 }] }] }),
  'spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`',
);
refused(
  'NetworkPolicy',
  'an end without a port',
  policy({ ingress: [{ ports: [{ endPort: 80 }] }] }),
  'spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is not specified',
);
refused(
  'NetworkPolicy',
  'an empty peer',
  policy({ egress: [{ to: [{}] }] }),
  'spec.egress[0].to[0]: Required value: must specify a peer',
);
refused(
  'NetworkPolicy',
  'a range and a selector',
  policy({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }] }] }),
  'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
);
refused(
  'NetworkPolicy',
  'no range',
  policy({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/40' } }] }] }),
  'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0/40": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
);
refused(
  'NetworkPolicy',
  'an exception outside',
  policy({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }] }),
  'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
);
refused(
  'IPAddress',
  'a name that is no address',
  (m) => {
    m.metadata.name = 'a';
  },
  'metadata.name: Invalid value: "a": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
);
refused(
  'IPAddress',
  'another spelling',
  (m) => {
    m.metadata.name = '2001:DB8::1';
  },
  'metadata.name: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
);
refused(
  'IPAddress',
  'no parent',
  (m) => {
    m.spec = {};
  },
  'spec.parentRef: Required value',
);
refused(
  'ServiceCIDR',
  'no range',
  (m) => {
    m.spec.cidrs = [];
  },
  'spec.cidrs: Required value: at least one CIDR required',
);
refused(
  'ServiceCIDR',
  'three ranges',
  (m) => {
    m.spec.cidrs.push('10.0.0.0/8');
  },
  'spec.cidrs: Invalid value: {"CIDRs":["192.168.0.0/24","2001:db8::/64","10.0.0.0/8"]}: may only hold up to 2 values',
);
refused(
  'ServiceCIDR',
  'bits beyond the length',
  (m) => {
    m.spec.cidrs = ['10.0.0.1/24'];
  },
  'spec.cidrs[0]: Invalid value: "10.0.0.1/24": must not have bits set beyond the prefix length',
);
refused(
  'ServiceCIDR',
  'two of one family',
  (m) => {
    m.spec.cidrs = ['10.0.0.0/24', '10.1.0.0/24'];
  },
  'spec.cidrs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
);

// Access control
const rules =
  (one: Record<string, unknown>): Change =>
  (m) => {
    m.rules = [one];
  };
refused(
  'Role',
  'a name with a slash',
  (m) => {
    m.metadata.name = 'a/b';
  },
  'metadata.name: Invalid value: "a/b": may not contain \'/\'',
);
refused(
  'Role',
  'no verbs',
  rules({ apiGroups: [''], resources: ['pods'] }),
  'rules[0].verbs: Required value: verbs must contain at least one value',
);
refused(
  'Role',
  'no groups',
  rules({ verbs: ['get'], resources: ['pods'] }),
  'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
);
refused(
  'Role',
  'no resources',
  rules({ verbs: ['get'], apiGroups: [''] }),
  'rules[0].resources: Required value: resource rules must supply at least one resource',
);
refused(
  'Role',
  'paths',
  rules({ verbs: ['get'], nonResourceURLs: ['/metrics'] }),
  'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: namespaced rules cannot apply to non-resource URLs',
);
refused(
  'ClusterRole',
  'paths and resources',
  rules({ verbs: ['get'], nonResourceURLs: ['/metrics'], resources: ['pods'] }),
  'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: rules cannot apply to both regular resources and non-resource URLs',
);
refused(
  'ClusterRole',
  'aggregation of nothing',
  (m) => {
    m.aggregationRule = {};
  },
  'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
);
refused(
  'RoleBinding',
  'another group',
  (m) => {
    m.roleRef.apiGroup = 'apps';
  },
  'roleRef.apiGroup: Unsupported value: "apps": supported values: "rbac.authorization.k8s.io"',
);
refused(
  'RoleBinding',
  'another kind',
  (m) => {
    m.roleRef.kind = 'User';
  },
  'roleRef.kind: Unsupported value: "User": supported values: "Role", "ClusterRole"',
);
refused(
  'RoleBinding',
  'no role',
  (m) => {
    m.roleRef.name = '';
  },
  'roleRef.name: Required value',
);
refused(
  'RoleBinding',
  'a user without name',
  (m) => {
    m.subjects = [{ kind: 'User', name: '' }];
  },
  'subjects[0].name: Invalid value: "": user name cannot be empty',
);
refused(
  'RoleBinding',
  'a service account of a group',
  (m) => {
    m.subjects = [{ kind: 'ServiceAccount', name: 'a', apiGroup: 'apps' }];
  },
  'subjects[0].apiGroup: Unsupported value: "apps": supported values: ""',
);
refused(
  'RoleBinding',
  'an unknown subject',
  (m) => {
    m.subjects = [{ kind: 'Robot', name: 'a' }];
  },
  'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
);
refused(
  'ClusterRoleBinding',
  'a role of a namespace',
  (m) => {
    m.roleRef.kind = 'Role';
  },
  'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
);
refused(
  'ClusterRoleBinding',
  'a service account of no namespace',
  (m) => {
    m.subjects = [{ kind: 'ServiceAccount', name: 'a' }];
  },
  'subjects[0].namespace: Required value',
);

// Storage
refused(
  'StorageClass',
  'no provisioner',
  (m) => {
    m.provisioner = '';
  },
  'provisioner: Required value',
);
refused(
  'StorageClass',
  'an unknown reclaim policy',
  (m) => {
    m.reclaimPolicy = 'Recycle';
  },
  'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
);
refused(
  'StorageClass',
  'an unknown binding mode',
  (m) => {
    m.volumeBindingMode = 'Later';
  },
  'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
);
refused(
  'StorageClass',
  'a topology without values',
  (m) => {
    m.allowedTopologies = [{ matchLabelExpressions: [{ key: 'zone', values: [] }] }];
  },
  'allowedTopologies[0].matchLabelExpressions[0].values: Required value',
);
refused(
  'VolumeAttachment',
  'no attacher',
  (m) => {
    m.spec.attacher = '';
  },
  'spec.attacher: Required value',
);
refused(
  'VolumeAttachment',
  'no source',
  (m) => {
    m.spec.source = {};
  },
  'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
);
refused(
  'VolumeAttachment',
  'a node that is no name',
  (m) => {
    m.spec.nodeName = 'Node';
  },
  `spec.nodeName: Invalid value: "Node": ${SUBDOMAIN}`,
);
refused(
  'CSIDriver',
  'an unknown policy',
  (m) => {
    m.spec.fsGroupPolicy = 'Any';
  },
  'spec.fsGroupPolicy: Unsupported value: "Any": supported values: "File", "None", "ReadWriteOnceWithFSType"',
);
refused(
  'CSIDriver',
  'an unknown mode',
  (m) => {
    m.spec.volumeLifecycleModes = ['Eternal'];
  },
  'spec.volumeLifecycleModes: Unsupported value: "Eternal": supported values: "Persistent", "Ephemeral"',
);
refused(
  'CSIDriver',
  'an audience twice',
  (m) => {
    m.spec.tokenRequests = [{ audience: 'a' }, { audience: 'a' }];
  },
  'spec.tokenRequests[1].audience: Duplicate value: "a"',
);
refused(
  'CSIDriver',
  'tokens of a minute',
  (m) => {
    m.spec.tokenRequests = [{ audience: 'a', expirationSeconds: 60 }];
  },
  'spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
);
refused(
  'CSINode',
  'no node ID',
  (m) => {
    m.spec.drivers[0].nodeID = '';
  },
  'spec.drivers[0].nodeID: Required value',
);
refused(
  'CSINode',
  'a driver twice',
  (m) => m.spec.drivers.push(m.spec.drivers[0]),
  'spec.drivers[1].name: Duplicate value: "csi.example.com"',
);
refused(
  'CSIStorageCapacity',
  'less than nothing',
  (m) => {
    m.capacity = '-1';
  },
  'capacity: Invalid value: "-1": must be greater than or equal to 0',
);
refused(
  'CSIStorageCapacity',
  'no class',
  (m) => {
    m.storageClassName = '';
  },
  `storageClassName: Invalid value: "": ${SUBDOMAIN}`,
);
refused(
  'VolumeAttributesClass',
  'no parameters',
  (m) => {
    m.parameters = {};
  },
  'parameters: Required value: must contain at least one key/value pair',
);

// Scheduling and nodes
refused(
  'PriorityClass',
  'a name of the system',
  (m) => {
    m.metadata.name = 'system-mine';
  },
  "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
);
refused(
  'PriorityClass',
  'a priority of the system',
  (m) => {
    m.value = 1_000_000_001;
  },
  'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
);
refused(
  'PriorityClass',
  'an unknown policy',
  (m) => {
    m.preemptionPolicy = 'Always';
  },
  'preemptionPolicy: Unsupported value: "Always": supported values: "PreemptLowerPriority", "Never"',
);
refused(
  'RuntimeClass',
  'no handler',
  (m) => {
    m.handler = '';
  },
  `handler: Invalid value: "": ${LABEL}`,
);
refused(
  'RuntimeClass',
  'a label that is none',
  (m) => {
    m.scheduling = { nodeSelector: { a: 'b c' } };
  },
  "scheduling.nodeSelector: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
);
refused(
  'RuntimeClass',
  'an overhead of less than nothing',
  (m) => {
    m.overhead.podFixed = { cpu: '-1' };
  },
  'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
);

export const REFUSED_MANIFESTS: readonly RefusedManifest[] = cases;
