import { describe, expect, it } from 'vitest';
import type { FieldError } from '../../errors.js';
import type { Container, Pod, PodSpec, Probe, Volume } from '../../generated/types.js';
import { setPodDefaults } from '../../kinds/pod-defaults.js';
import { validatePod } from './pod.js';

const texts = (errors: FieldError[]): string[] => errors.map(({ field, message }) => `${field}: ${message}`);

function podOf(spec: Partial<PodSpec>): Pod {
  const pod: Pod = { metadata: { name: 'a' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } };
  setPodDefaults(pod);
  return pod;
}

const check = (spec: Partial<PodSpec>): string[] => texts(validatePod(podOf(spec)));
const checkContainer = (container: Partial<Container>, spec: Partial<PodSpec> = {}): string[] =>
  check({ containers: [{ name: 'c', image: 'i', ...container }], ...spec });
const checkVolume = (volume: Partial<Volume>): string[] => check({ volumes: [{ name: 'v', ...volume }] });

const ENV_FIELDS =
  '"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"';
const PORT_RANGE = 'must be between 1 and 65535, inclusive';

describe('containers', () => {
  it.each<[string, Partial<Container>, string[]]>([
    ['right', {}, []],
    ['no name', { name: '' }, ['spec.containers[0].name: Required value']],
    ['no image', { image: undefined }, ['spec.containers[0].image: Required value']],
    [
      'image with spaces',
      { image: ' i ' },
      ['spec.containers[0].image: Invalid value: " i ": must not have leading or trailing whitespace'],
    ],
    ['name with dots', { name: 'a.b' }, ['spec.containers[0].name: Invalid value: "a.b": must not contain dots']],
    [
      'pull policy',
      { imagePullPolicy: 'x' },
      [
        'spec.containers[0].imagePullPolicy: Unsupported value: "x": supported values: "Always", "IfNotPresent", "Never"',
      ],
    ],
    [
      'message policy',
      { terminationMessagePolicy: 'x' },
      [
        'spec.containers[0].terminationMessagePolicy: Unsupported value: "x": supported values: "FallbackToLogsOnError", "File"',
      ],
    ],
    [
      'restart policy',
      { restartPolicy: 'Always' },
      ['spec.containers[0].restartPolicy: Forbidden: may not be set for non-init containers'],
    ],
    ['port 0', { ports: [{ containerPort: 0 }] }, ['spec.containers[0].ports[0].containerPort: Required value']],
    [
      'port 65536',
      { ports: [{ containerPort: 65536 }] },
      [`spec.containers[0].ports[0].containerPort: Invalid value: 65536: ${PORT_RANGE}`],
    ],
    [
      'host port',
      { ports: [{ containerPort: 1, hostPort: -1 }] },
      [`spec.containers[0].ports[0].hostPort: Invalid value: -1: ${PORT_RANGE}`],
    ],
    [
      'protocol',
      { ports: [{ containerPort: 1, protocol: 'tcp' }] },
      ['spec.containers[0].ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      'port names twice',
      {
        ports: [
          { containerPort: 1, name: 'a' },
          { containerPort: 2, name: 'a' },
        ],
      },
      ['spec.containers[0].ports[1].name: Duplicate value: "a"'],
    ],
    [
      'host ports twice',
      {
        ports: [
          { containerPort: 1, hostPort: 5 },
          { containerPort: 2, hostPort: 5 },
        ],
      },
      ['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//5"'],
    ],
    [
      'unknown volume',
      { volumeMounts: [{ name: 'x', mountPath: '/a' }] },
      ['spec.containers[0].volumeMounts[0].name: Not found: "x"'],
    ],
    ['env without name', { env: [{ name: '' }] }, ['spec.containers[0].env[0].name: Required value']],
    [
      'env with a field',
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a/b']" } } }] },
      [],
    ],
    [
      'env with a bad field',
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.x' } } }] },
      [
        'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.x": error converting fieldPath: field label not supported: spec.x',
      ],
    ],
    [
      'env with a volume field',
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }] },
      [
        `spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: ${ENV_FIELDS}`,
      ],
    ],
    [
      'env from nothing',
      { env: [{ name: 'A', valueFrom: {} }] },
      [
        'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      ],
    ],
    [
      'env value twice',
      { env: [{ name: 'A', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
      ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [
      'env resource',
      { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2m' } } }] },
      [
        'spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
      ],
    ],
    [
      'env key',
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 's', key: '' } } }] },
      ['spec.containers[0].env[0].valueFrom.configMapKeyRef.key: Required value'],
    ],
    [
      'envFrom nothing',
      { envFrom: [{}] },
      ['spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'],
    ],
    [
      'negative request',
      { resources: { requests: { cpu: '-1' } } },
      ['spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
    ],
    [
      'request above limit',
      { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      'unknown resource',
      { resources: { requests: { foo: '2' } } },
      [
        'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource for containers',
      ],
    ],
    [
      'extended resource in parts',
      { resources: { limits: { 'x.io/y': '500m' } } },
      [
        'spec.containers[0].resources.limits[x.io/y]: Invalid value: "500m": must be an integer',
        'spec.containers[0].resources.requests[x.io/y]: Invalid value: "500m": must be an integer',
      ],
    ],
    [
      'extended resource without limit',
      { resources: { requests: { 'x.io/y': '1' } } },
      ['spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources'],
    ],
    [
      'huge pages alone',
      { resources: { limits: { 'hugepages-2Mi': '2Mi' } } },
      ['spec.containers[0].resources: Forbidden: HugePages require cpu or memory'],
    ],
    [
      'user id',
      { securityContext: { runAsUser: -1 } },
      ['spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive'],
    ],
    [
      'privileged without escalation',
      { securityContext: { privileged: true, allowPrivilegeEscalation: false } },
      [
        'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ],
    ],
  ])('%s', (_, container, expected) => {
    expect(checkContainer(container)).toEqual(expected);
  });

  const http = { path: '/', port: 80 };
  it.each<[string, Probe, string[]]>([
    ['right', { httpGet: http }, []],
    ['no handler', {}, ['must specify a handler type']],
    [
      'two handlers',
      { httpGet: http, exec: { command: ['a'] } },
      ['.httpGet: Forbidden: may not specify more than 1 handler type'],
    ],
    ['no command', { exec: {} }, ['.exec.command: Required value']],
    ['port 0', { tcpSocket: { port: 0 } }, [`.tcpSocket.port: Invalid value: 0: ${PORT_RANGE}`]],
    [
      'port name',
      { tcpSocket: { port: '8' } },
      ['.tcpSocket.port: Invalid value: "8": must contain at least one letter (a-z)'],
    ],
    [
      'scheme',
      { httpGet: { ...http, scheme: 'ftp' } },
      ['.httpGet.scheme: Unsupported value: "ftp": supported values: "HTTP", "HTTPS"'],
    ],
    [
      'header',
      { httpGet: { ...http, httpHeaders: [{ name: 'a b', value: '' }] } },
      ['.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header'],
    ],
    [
      'negative period',
      { httpGet: http, periodSeconds: -1 },
      ['.periodSeconds: Invalid value: -1: must be greater than or equal to 0'],
    ],
    ['successes', { httpGet: http, successThreshold: 2 }, ['.successThreshold: Invalid value: 2: must be 1']],
    [
      'grace',
      { httpGet: http, terminationGracePeriodSeconds: 0 },
      ['.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0'],
    ],
  ])('liveness probe: %s', (_, livenessProbe, expected) => {
    const found = checkContainer({ livenessProbe });
    expect(found).toHaveLength(expected.length);
    expected.forEach((text, i) => {
      expect(found[i]).toContain(text);
      expect(found[i]).toMatch(/^spec\.containers\[0\]\.livenessProbe/);
    });
  });

  it('judges readiness probes and hooks by their own rules', () => {
    const exec = { command: ['a'] };
    expect(checkContainer({ readinessProbe: { exec, successThreshold: 2 } })).toEqual([]);
    expect(checkContainer({ readinessProbe: { exec, terminationGracePeriodSeconds: 1 } })).toEqual([
      'spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes',
    ]);
    expect(checkContainer({ lifecycle: { preStop: { sleep: { seconds: 31 } } } })).toEqual([
      'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
    ]);
  });

  it('lets mounts name only volumes that are right', () => {
    const volumes = [{ name: 'v' }];
    const mount = (more: object) =>
      checkContainer({ volumeMounts: [{ name: 'v', mountPath: '/a', ...more }] }, { volumes });
    const at = 'spec.containers[0].volumeMounts';
    expect(mount({})).toEqual([]);
    expect(mount({ mountPath: '' })).toEqual([`${at}[0].mountPath: Required value`]);
    expect(mount({ subPath: '/a' })).toEqual([`${at}.subPath: Invalid value: "/a": must be a relative path`]);
    expect(mount({ subPath: 'a/../b' })).toEqual([`${at}.subPath: Invalid value: "a/../b": must not contain '..'`]);
    expect(mount({ subPath: 'a', subPathExpr: 'b' })).toEqual([
      `${at}[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive`,
    ]);
    expect(mount({ mountPropagation: 'Bidirectional' })).toEqual([
      `${at}.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`,
    ]);
    const twice = [
      { name: 'v', mountPath: '/a' },
      { name: 'v', mountPath: '/a' },
    ];
    expect(checkContainer({ volumeMounts: twice }, { volumes })).toEqual([
      `${at}[1].mountPath: Invalid value: "/a": must be unique`,
    ]);
  });
});

describe('volumes', () => {
  it.each<[string, Partial<Volume>, string[]]>([
    ['none is an emptyDir', {}, []],
    ['name', { name: 'a.b' }, ['spec.volumes[0].name: Invalid value: "a.b": must not contain dots']],
    [
      'two types',
      { emptyDir: {}, hostPath: { path: '/a' } },
      ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    ],
    ['host path', { hostPath: { path: '' } }, ['spec.volumes[0].hostPath.path: Required value']],
    [
      'host path upwards',
      { hostPath: { path: '/a/..' } },
      ['spec.volumes[0].hostPath.path: Invalid value: "/a/..": must not contain \'..\''],
    ],
    [
      'host path type',
      { hostPath: { path: '/a', type: 'Dir' } },
      [
        'spec.volumes[0].hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
      ],
    ],
    ['config map', { configMap: {} }, ['spec.volumes[0].configMap.name: Required value']],
    [
      'secret',
      { secret: { defaultMode: 0o1000 } },
      [
        'spec.volumes[0].secret.secretName: Required value',
        'spec.volumes[0].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
      ],
    ],
    [
      'item path',
      { configMap: { name: 'c', items: [{ key: 'k', path: '..a' }] } },
      ['spec.volumes[0].configMap.items[0].path: Invalid value: "..a": must not start with \'..\''],
    ],
    [
      'size',
      { emptyDir: { sizeLimit: '-1' } },
      ['spec.volumes[0].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity'],
    ],
    [
      'downward without source',
      { downwardAPI: { items: [{ path: 'a' }] } },
      ['spec.volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required'],
    ],
    [
      'downward resource',
      { downwardAPI: { items: [{ path: 'a', resourceFieldRef: { resource: 'limits.cpu' } }] } },
      ['spec.volumes[0].downwardAPI.resourceFieldRef.containerName: Required value'],
    ],
    [
      'projected twice',
      {
        projected: {
          sources: [
            { secret: { name: 's', items: [{ key: 'k', path: 'a' }] } },
            { configMap: { name: 'c', items: [{ key: 'k', path: 'a' }] } },
          ],
        },
      },
      ['spec.volumes[0].projected: Invalid value: "c": conflicting duplicate paths'],
    ],
    [
      'nfs',
      { nfs: { server: '', path: 'a' } },
      [
        'spec.volumes[0].nfs.server: Required value',
        'spec.volumes[0].nfs.path: Invalid value: "a": must be an absolute path',
      ],
    ],
  ])('%s', (_, volume, expected) => {
    expect(checkVolume(volume)).toEqual(expected);
  });

  it('refuses two of a name', () => {
    expect(check({ volumes: [{ name: 'v' }, { name: 'v' }] })).toEqual(['spec.volumes[1].name: Duplicate value: "v"']);
  });
});

describe('pod spec', () => {
  it.each<[string, Partial<PodSpec>, string[]]>([
    ['no containers', { containers: [] }, ['spec.containers: Required value']],
    [
      'two of a name',
      {
        containers: [
          { name: 'c', image: 'i' },
          { name: 'c', image: 'i' },
        ],
      },
      ['spec.containers[1].name: Duplicate value: "c"'],
    ],
    [
      'init of the same name',
      { initContainers: [{ name: 'c', image: 'i' }] },
      ['spec.initContainers[0].name: Duplicate value: "c"'],
    ],
    [
      'init with probe',
      { initContainers: [{ name: 'i', image: 'i', livenessProbe: { exec: { command: ['a'] } } }] },
      [
        'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
      ],
    ],
    [
      'sidecar with probe',
      {
        initContainers: [
          { name: 'i', image: 'i', restartPolicy: 'Always', livenessProbe: { exec: { command: ['a'] } } },
        ],
      },
      [],
    ],
    [
      'init restart policy',
      { initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Never' }] },
      ['spec.initContainers[0].restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      'restart policy',
      { restartPolicy: 'x' },
      ['spec.restartPolicy: Unsupported value: "x": supported values: "Always", "OnFailure", "Never"'],
    ],
    [
      'dns policy',
      { dnsPolicy: 'x' },
      [
        'spec.dnsPolicy: Unsupported value: "x": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
      ],
    ],
    [
      'dns none',
      { dnsPolicy: 'None' },
      ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    ],
    [
      'nameserver',
      { dnsConfig: { nameservers: ['x'] } },
      [
        'spec.dnsConfig.nameservers[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      'deadline',
      { activeDeadlineSeconds: 0 },
      ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    ],
    [
      'host network port',
      { hostNetwork: true, containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 1, hostPort: 2 }] }] },
      ['spec.containers[0].ports[0].containerPort: Invalid value: 1: must match `hostPort` when `hostNetwork` is true'],
    ],
    ['hostname', { hostname: 'a.b' }, ['spec.hostname: Invalid value: "a.b": must not contain dots']],
    [
      'host alias',
      { hostAliases: [{ ip: 'x' }] },
      ['spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      'pid sharing',
      { shareProcessNamespace: true, hostPID: true },
      [
        'spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
      ],
    ],
    [
      'toleration',
      { tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] },
      [
        'spec.tolerations[0].operator: Invalid value: {"Key":"a","Operator":"Exists","Value":"b","Effect":"","TolerationSeconds":null}: value must be empty when `operator` is \'Exists\'',
      ],
    ],
    [
      'toleration of all',
      { tolerations: [{ operator: 'Equal' }] },
      [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      'toleration seconds',
      { tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 1 }] },
      ['spec.tolerations[0].effect: Invalid value: "": effect must be \'NoExecute\' when `tolerationSeconds` is set'],
    ],
    [
      'toleration operator',
      { tolerations: [{ key: 'a', operator: 'x' }] },
      ['spec.tolerations[0].operator: Unsupported value: "x": supported values: "Equal", "Exists"'],
    ],
    [
      'toleration effect',
      { tolerations: [{ key: 'a', operator: 'Exists', effect: 'x' }] },
      [
        'spec.tolerations[0].effect: Unsupported value: "x": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      ],
    ],
    [
      'node affinity terms',
      { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } },
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
      ],
    ],
    [
      'node affinity operator',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'x' }] }],
            },
          },
        },
      },
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: "x": not a valid selector operator',
      ],
    ],
    [
      'node affinity values',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }],
            },
          },
        },
      },
      [
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      ],
    ],
    [
      'affinity weight',
      {
        affinity: {
          nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, preference: {} }] },
        },
      },
      [
        'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
      ],
    ],
    [
      'spread',
      { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'a', whenUnsatisfiable: 'x' }] },
      [
        'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
        'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "x": supported values: "DoNotSchedule", "ScheduleAnyway"',
      ],
    ],
    [
      'preemption',
      { preemptionPolicy: 'x' },
      ['spec.preemptionPolicy: Unsupported value: "x": supported values: "Never", "PreemptLowerPriority"'],
    ],
    [
      'gated and placed',
      { schedulingGates: [{ name: 'a' }], nodeName: 'n' },
      ['spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
    ],
  ])('%s', (_, spec, expected) => {
    expect(check(spec)).toEqual(expected);
  });
});
