import { VOLUMES } from './volume-sources.js';

/** Pod specs that have among them every field that a client may set. */

const LABELS = { app: 'full' };
const SELECTOR = {
  matchLabels: LABELS,
  matchExpressions: [
    { key: 'tier', operator: 'In', values: ['front', 'back'] },
    { key: 'old', operator: 'DoesNotExist' },
  ],
};
const SE_LINUX = { user: 'system_u', role: 'system_r', type: 'container_t', level: 's0:c1,c2' };
const HTTP_GET = {
  host: '127.0.0.1',
  httpHeaders: [{ name: 'X-Probe', value: 'yes' }],
  path: '/healthz',
  port: 'http',
  scheme: 'HTTPS',
};
const TIMES = { initialDelaySeconds: 1, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 4, successThreshold: 1 };

const MAIN = {
  name: 'main',
  image: 'registry.example.com/app:1.2',
  imagePullPolicy: 'Always',
  command: ['/bin/app'],
  args: ['--verbose', '$(PLAIN)'],
  workingDir: '/srv',
  ports: [
    { name: 'http', containerPort: 8080, hostIP: '127.0.0.1', hostPort: 8080, protocol: 'TCP' },
    { name: 'dns', containerPort: 5353, hostPort: 5353, protocol: 'UDP' },
  ],
  envFrom: [
    { prefix: 'C_', configMapRef: { name: 'settings', optional: true } },
    { prefix: 'S_', secretRef: { name: 'hidden', optional: true } },
  ],
  env: [
    { name: 'PLAIN', value: '1' },
    { name: 'FROM_MAP', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a', optional: true } } },
    { name: 'FROM_SECRET', valueFrom: { secretKeyRef: { name: 'hidden', key: 'password', optional: true } } },
    { name: 'FROM_FIELD', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: "metadata.annotations['a']" } } },
    {
      name: 'FROM_RESOURCE',
      valueFrom: { resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1m' } },
    },
  ],
  resources: {
    limits: { cpu: '1', memory: '128Mi', 'ephemeral-storage': '1Gi', 'example.com/gpu': '2' },
    requests: { cpu: '250m', memory: '64Mi', 'ephemeral-storage': '512Mi', 'example.com/gpu': '2' },
    claims: [{ name: 'device', request: 'one' }],
  },
  resizePolicy: [
    { resourceName: 'cpu', restartPolicy: 'NotRequired' },
    { resourceName: 'memory', restartPolicy: 'NotRequired' },
  ],
  volumeMounts: [
    { name: 'emptydir', mountPath: '/work', mountPropagation: 'HostToContainer', subPath: 'a/b' },
    { name: 'configmap', mountPath: '/etc/app', readOnly: true, recursiveReadOnly: 'IfPossible' },
    { name: 'secret', mountPath: '/etc/secret', subPathExpr: '$(PLAIN)' },
  ],
  livenessProbe: { ...TIMES, httpGet: HTTP_GET, terminationGracePeriodSeconds: 7 },
  readinessProbe: { ...TIMES, successThreshold: 2, tcpSocket: { host: '127.0.0.1', port: 8080 } },
  startupProbe: { ...TIMES, exec: { command: ['true'] } },
  lifecycle: { postStart: { exec: { command: ['/bin/begin'] } }, preStop: { httpGet: { ...HTTP_GET, port: 8080 } } },
  terminationMessagePath: '/dev/end',
  terminationMessagePolicy: 'FallbackToLogsOnError',
  stdin: true,
  stdinOnce: true,
  tty: true,
};

const LINUX_CONTEXT = {
  allowPrivilegeEscalation: false,
  appArmorProfile: { type: 'Localhost', localhostProfile: 'app' },
  capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
  privileged: false,
  procMount: 'Default',
  readOnlyRootFilesystem: true,
  runAsGroup: 2000,
  runAsNonRoot: true,
  runAsUser: 1000,
  seLinuxOptions: SE_LINUX,
  seccompProfile: { type: 'Localhost', localhostProfile: 'profiles/app.json' },
};

const SIDECAR = {
  ...MAIN,
  name: 'sidecar',
  restartPolicy: 'Always',
  startupProbe: { ...TIMES, grpc: { port: 9000, service: 'ready' } },
  livenessProbe: { ...TIMES, grpc: { port: 9000, service: 'live' } },
  readinessProbe: { ...TIMES, httpGet: { ...HTTP_GET, port: 9001 } },
  lifecycle: { postStart: { tcpSocket: { host: '127.0.0.1', port: 9000 } }, preStop: { sleep: { seconds: 3 } } },
  securityContext: LINUX_CONTEXT,
};

const NODE_TERM = {
  matchExpressions: [
    { key: 'zone', operator: 'In', values: ['a', 'b'] },
    { key: 'cores', operator: 'Gt', values: ['4'] },
    { key: 'spot', operator: 'DoesNotExist' },
  ],
  matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['node-9'] }],
};
const POD_TERM = {
  labelSelector: SELECTOR,
  matchLabelKeys: ['release'],
  mismatchLabelKeys: ['tenant'],
  namespaceSelector: SELECTOR,
  namespaces: ['default'],
  topologyKey: 'zone',
};
const POD_AFFINITY = {
  requiredDuringSchedulingIgnoredDuringExecution: [POD_TERM],
  preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: POD_TERM }],
};

/** What pods of Linux and of Windows have alike. */
const COMMON = {
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [NODE_TERM] },
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 5, preference: NODE_TERM }],
    },
    podAffinity: POD_AFFINITY,
    podAntiAffinity: POD_AFFINITY,
  },
  automountServiceAccountToken: false,
  dnsConfig: {
    nameservers: ['10.0.0.10'],
    searches: ['example.com', '_tcp.example.com'],
    options: [{ name: 'ndots', value: '2' }, { name: 'rotate' }],
  },
  dnsPolicy: 'None',
  enableServiceLinks: false,
  hostAliases: [{ ip: '10.1.2.3', hostnames: ['a.example.com', 'b'] }],
  imagePullSecrets: [{ name: 'pull' }],
  nodeSelector: { 'kubernetes.io/arch': 'amd64' },
  preemptionPolicy: 'PreemptLowerPriority',
  priority: 1000,
  priorityClassName: 'full',
  readinessGates: [{ conditionType: 'example.com/ready' }],
  resourceClaims: [
    { name: 'device', resourceClaimName: 'one' },
    { name: 'other', resourceClaimTemplateName: 'template' },
  ],
  schedulerName: 'other-scheduler',
  serviceAccount: 'robot',
  serviceAccountName: 'robot',
  terminationGracePeriodSeconds: 45,
  tolerations: [
    { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
    { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
    { key: 'dedicated', operator: 'Equal', value: 'full', effect: 'NoSchedule' },
    // The RuntimeClass asks for it as well.
    { key: 'gone', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
  ],
  topologySpreadConstraints: [
    {
      labelSelector: SELECTOR,
      matchLabelKeys: ['release'],
      maxSkew: 2,
      minDomains: 3,
      nodeAffinityPolicy: 'Ignore',
      nodeTaintsPolicy: 'Honor',
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
    },
  ],
};

const CONTAINED = {
  ...COMMON,
  containers: [
    { ...MAIN, securityContext: { ...LINUX_CONTEXT, procMount: 'Unmasked' } },
    {
      name: 'second',
      image: 'registry.example.com/second@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    },
  ],
  hostUsers: false,
  hostname: 'box',
  initContainers: [SIDECAR, { name: 'first', image: 'registry.example.com/first' }],
  os: { name: 'linux' },
  overhead: { cpu: '10m', memory: '16Mi' },
  resources: { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1', memory: '512Mi' } },
  runtimeClassName: 'full',
  schedulingGates: [{ name: 'example.com/wait' }],
  securityContext: {
    appArmorProfile: { type: 'RuntimeDefault' },
    fsGroup: 3000,
    fsGroupChangePolicy: 'OnRootMismatch',
    runAsGroup: 2000,
    runAsNonRoot: true,
    runAsUser: 1000,
    seLinuxChangePolicy: 'Recursive',
    seLinuxOptions: SE_LINUX,
    seccompProfile: { type: 'RuntimeDefault' },
    supplementalGroups: [4000, 5000],
    supplementalGroupsPolicy: 'Strict',
    sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '80' }],
  },
  setHostnameAsFQDN: true,
  shareProcessNamespace: true,
  subdomain: 'boxes',
  volumes: VOLUMES,
};

const ON_HOST = {
  containers: [
    {
      name: 'main',
      image: 'registry.example.com/app:1.2',
      ports: [{ containerPort: 8080, hostPort: 8080, protocol: 'TCP' }],
      securityContext: { privileged: true },
      volumeDevices: [{ name: 'block', devicePath: '/dev/block' }],
      volumeMounts: [{ name: 'host', mountPath: '/host', mountPropagation: 'Bidirectional' }],
    },
  ],
  dnsPolicy: 'ClusterFirstWithHostNet',
  hostIPC: true,
  hostNetwork: true,
  hostPID: true,
  nodeName: 'node-1',
  volumes: [
    { name: 'block', persistentVolumeClaim: { claimName: 'block' } },
    { name: 'host', hostPath: { path: '/', type: '' } },
  ],
};

const WINDOWS_OPTIONS = {
  gmsaCredentialSpec: '{}',
  gmsaCredentialSpecName: 'spec',
  hostProcess: true,
  runAsUserName: 'NT AUTHORITY\\SYSTEM',
};
const WINDOWS = {
  containers: [
    { name: 'main', image: 'registry.example.com/app:1.2', securityContext: { windowsOptions: WINDOWS_OPTIONS } },
  ],
  hostNetwork: true,
  os: { name: 'windows' },
  securityContext: { windowsOptions: WINDOWS_OPTIONS },
};

/** By what is special of each. The names are fit for objects. */
export const POD_SPECS = { contained: CONTAINED, 'on-host': ON_HOST, windows: WINDOWS };

/** Templates of them, for what makes pods. */
export function templates(restartPolicy: 'Always' | 'OnFailure' | 'Never') {
  return Object.entries(POD_SPECS).map(([name, spec]) => ({
    name,
    template: {
      metadata: { labels: { ...LABELS, variant: name }, annotations: { a: 'b' } },
      spec: { ...spec, restartPolicy },
    },
    selector: { matchLabels: LABELS, matchExpressions: [{ key: 'variant', operator: 'In', values: [name] }] },
  }));
}
