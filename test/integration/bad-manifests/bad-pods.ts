import type { BadManifestsByKind } from './bad-manifest.js';
import { IP_ADDRESS, LABEL, LABEL_VALUE, QUALIFIED_NAME, SUBDOMAIN } from './rules.js';

/** Pods, by every part of their spec. */
export const badPods: BadManifestsByKind = {
  Pod: {
    path: '/api/v1/namespaces/default/pods',
    kind: 'Pod',
    manifest: { metadata: { name: 'x' }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    cases: [
      ['no containers', { 'spec.containers': [] }, ['spec.containers', 'Required value']],
      ['a container without a name', { 'spec.containers.0.name': '' }, ['spec.containers[0].name', 'Required value']],
      [
        'a container named in capitals',
        { 'spec.containers.0.name': 'C_1' },
        ['spec.containers[0].name', `Invalid value: "C_1": ${LABEL}`],
      ],
      [
        'two containers of one name',
        { 'spec.containers.1': { name: 'c', image: 'i' } },
        ['spec.containers[1].name', 'Duplicate value: "c"'],
      ],
      [
        'an init container named as a container',
        { 'spec.initContainers': [{ name: 'c', image: 'i' }] },
        ['spec.initContainers[0].name', 'Duplicate value: "c"'],
      ],
      ['no image', { 'spec.containers.0.image': '' }, ['spec.containers[0].image', 'Required value']],
      [
        'an image with a space',
        { 'spec.containers.0.image': ' i' },
        ['spec.containers[0].image', 'Invalid value: " i": must not have leading or trailing whitespace'],
      ],
      [
        'an unknown pull policy',
        { 'spec.containers.0.imagePullPolicy': 'Sometimes' },
        [
          'spec.containers[0].imagePullPolicy',
          'Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
        ],
      ],
      [
        'an unknown restart policy',
        { 'spec.restartPolicy': 'Often' },
        ['spec.restartPolicy', 'Unsupported value: "Often": supported values: "Always", "OnFailure", "Never"'],
      ],
      [
        'an unknown DNS policy',
        { 'spec.dnsPolicy': 'Some' },
        [
          'spec.dnsPolicy',
          'Unsupported value: "Some": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
        ],
      ],
      [
        'DNS policy None and no configuration',
        { 'spec.dnsPolicy': 'None' },
        ['spec.dnsConfig', 'Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
      ],
      [
        'DNS policy None and no name server',
        { 'spec.dnsPolicy': 'None', 'spec.dnsConfig': { searches: ['a.b'] } },
        [
          'spec.dnsConfig.nameservers',
          'Required value: must provide at least one DNS nameserver when `dnsPolicy` is None',
        ],
      ],
      [
        'a name server that is no address',
        { 'spec.dnsConfig': { nameservers: ['ns'] } },
        ['spec.dnsConfig.nameservers[0]', `Invalid value: "ns": ${IP_ADDRESS}`],
      ],
      [
        'a search domain in capitals',
        { 'spec.dnsConfig': { searches: ['Example.com'] } },
        [
          'spec.dnsConfig.searches[0]',
          "Invalid value: \"Example.com\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
        ],
      ],
      [
        'an option without a name',
        { 'spec.dnsConfig': { options: [{ value: '1' }] } },
        ['spec.dnsConfig.options[0]', 'Required value: must not be empty'],
      ],
      [
        'a deadline of nothing',
        { 'spec.activeDeadlineSeconds': 0 },
        ['spec.activeDeadlineSeconds', 'Invalid value: 0: must be between 1 and 2147483647, inclusive'],
      ],
      [
        'a port of 0',
        { 'spec.containers.0.ports': [{ containerPort: 0 }] },
        ['spec.containers[0].ports[0].containerPort', 'Required value'],
      ],
      [
        'a port of 70000',
        { 'spec.containers.0.ports': [{ containerPort: 70000 }] },
        ['spec.containers[0].ports[0].containerPort', 'Invalid value: 70000: must be between 1 and 65535, inclusive'],
      ],
      [
        'a port named in capitals',
        { 'spec.containers.0.ports': [{ name: 'Web', containerPort: 80 }] },
        [
          'spec.containers[0].ports[0].name',
          'Invalid value: "Web": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        ],
      ],
      [
        'two ports of one name',
        {
          'spec.containers.0.ports': [
            { name: 'web', containerPort: 80 },
            { name: 'web', containerPort: 81 },
          ],
        },
        ['spec.containers[0].ports[1].name', 'Duplicate value: "web"'],
      ],
      [
        'an unknown protocol',
        { 'spec.containers.0.ports': [{ containerPort: 80, protocol: 'ICMP' }] },
        ['spec.containers[0].ports[0].protocol', 'Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
      ],
      [
        'a host port twice',
        {
          'spec.containers.0.ports': [
            { containerPort: 80, hostPort: 8080 },
            { containerPort: 81, hostPort: 8080 },
          ],
        },
        ['spec.containers[0].ports[1].hostPort', 'Duplicate value: "TCP//8080"'],
      ],
      [
        'another host port on the host network',
        { 'spec.hostNetwork': true, 'spec.containers.0.ports': [{ containerPort: 80, hostPort: 81 }] },
        [
          'spec.containers[0].ports[0].containerPort',
          'Invalid value: 80: must match `hostPort` when `hostNetwork` is true',
        ],
      ],
      [
        'a variable without a name',
        { 'spec.containers.0.env': [{ name: '', value: '1' }] },
        ['spec.containers[0].env[0].name', 'Required value'],
      ],
      [
        'a variable named with =',
        { 'spec.containers.0.env': [{ name: 'A=B', value: '1' }] },
        [
          'spec.containers[0].env[0].name',
          'Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
        ],
      ],
      [
        'a variable of two values',
        {
          'spec.containers.0.env': [{ name: 'A', value: '1', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        },
        ['spec.containers[0].env[0].valueFrom', 'Invalid value: "": may not be specified when `value` is not empty'],
      ],
      [
        'a variable of an unknown field',
        { 'spec.containers.0.env': [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nope' } } }] },
        [
          'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath',
          'Invalid value: "spec.nope": error converting fieldPath: field label not supported: spec.nope',
        ],
      ],
      [
        'a variable of a key without a name',
        { 'spec.containers.0.env': [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'm', key: '' } } }] },
        ['spec.containers[0].env[0].valueFrom.configMapKeyRef.key', 'Required value'],
      ],
      [
        'variables from nothing',
        { 'spec.containers.0.envFrom': [{}] },
        ['spec.containers[0].envFrom', 'Invalid value: "": must specify one of: `configMapRef` or `secretRef`'],
      ],
      [
        'a mount of no volume',
        { 'spec.containers.0.volumeMounts': [{ name: 'v', mountPath: '/a' }] },
        ['spec.containers[0].volumeMounts[0].name', 'Not found: "v"'],
      ],
      [
        'a mount nowhere',
        { 'spec.volumes': [{ name: 'v' }], 'spec.containers.0.volumeMounts': [{ name: 'v', mountPath: '' }] },
        ['spec.containers[0].volumeMounts[0].mountPath', 'Required value'],
      ],
      [
        'two mounts at one path',
        {
          'spec.volumes': [{ name: 'v' }],
          'spec.containers.0.volumeMounts': [
            { name: 'v', mountPath: '/a' },
            { name: 'v', mountPath: '/a' },
          ],
        },
        ['spec.containers[0].volumeMounts[1].mountPath', 'Invalid value: "/a": must be unique'],
      ],
      [
        'a mount of a path that leaves the volume',
        {
          'spec.volumes': [{ name: 'v' }],
          'spec.containers.0.volumeMounts': [{ name: 'v', mountPath: '/a', subPath: '../b' }],
        },
        ['spec.containers[0].volumeMounts.subPath', 'Invalid value: "../b": must not contain \'..\''],
      ],
      [
        'an unknown propagation',
        {
          'spec.volumes': [{ name: 'v' }],
          'spec.containers.0.volumeMounts': [{ name: 'v', mountPath: '/a', mountPropagation: 'Both' }],
        },
        [
          'spec.containers[0].volumeMounts.mountPropagation',
          'Unsupported value: "Both": supported values: "Bidirectional", "HostToContainer", "None"',
        ],
      ],
      [
        'propagation to the host without privilege',
        {
          'spec.volumes': [{ name: 'v' }],
          'spec.containers.0.volumeMounts': [{ name: 'v', mountPath: '/a', mountPropagation: 'Bidirectional' }],
        },
        [
          'spec.containers[0].volumeMounts.mountPropagation',
          'Forbidden: Bidirectional mount propagation is available only to privileged containers',
        ],
      ],
      [
        'two volumes of one name',
        { 'spec.volumes': [{ name: 'v' }, { name: 'v' }] },
        ['spec.volumes[1].name', 'Duplicate value: "v"'],
      ],
      [
        'a volume named in capitals',
        { 'spec.volumes': [{ name: 'V' }] },
        ['spec.volumes[0].name', `Invalid value: "V": ${LABEL}`],
      ],
      [
        'a host path of nothing',
        { 'spec.volumes': [{ name: 'v', hostPath: { path: '' } }] },
        ['spec.volumes[0].hostPath.path', 'Required value'],
      ],
      [
        'a host path upwards',
        { 'spec.volumes': [{ name: 'v', hostPath: { path: '/a/../b' } }] },
        ['spec.volumes[0].hostPath.path', 'Invalid value: "/a/../b": must not contain \'..\''],
      ],
      [
        'an unknown type of host path',
        { 'spec.volumes': [{ name: 'v', hostPath: { path: '/a', type: 'Link' } }] },
        [
          'spec.volumes[0].hostPath.type',
          'Unsupported value: "Link": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
        ],
      ],
      [
        'a ConfigMap without a name',
        { 'spec.volumes': [{ name: 'v', configMap: {} }] },
        ['spec.volumes[0].configMap.name', 'Required value'],
      ],
      [
        'a Secret without a name',
        { 'spec.volumes': [{ name: 'v', secret: {} }] },
        ['spec.volumes[0].secret.secretName', 'Required value'],
      ],
      [
        'a claim without a name',
        { 'spec.volumes': [{ name: 'v', persistentVolumeClaim: { claimName: '' } }] },
        ['spec.volumes[0].persistentVolumeClaim.claimName', 'Required value'],
      ],
      [
        'a file mode of ten bits',
        { 'spec.volumes': [{ name: 'v', configMap: { name: 'm', defaultMode: 1024 } }] },
        [
          'spec.volumes[0].configMap.defaultMode',
          'Invalid value: 1024: must be a number between 0 and 0777 (octal), both inclusive',
        ],
      ],
      [
        'an NFS export that is not absolute',
        { 'spec.volumes': [{ name: 'v', nfs: { server: 's', path: 'a' } }] },
        ['spec.volumes[0].nfs.path', 'Invalid value: "a": must be an absolute path'],
      ],
      [
        'a token for a moment',
        {
          'spec.serviceAccountName': 'robot',
          'spec.volumes': [
            { name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 10 } }] } },
          ],
        },
        [
          'spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds',
          'Invalid value: 10: may not specify a duration less than 10 minutes',
        ],
      ],
      [
        'an image volume, which is behind a gate',
        { 'spec.volumes': [{ name: 'v', image: { reference: 'i' } }] },
        ['spec.volumes[0]', 'Required value: must specify a volume type'],
      ],
      [
        'a request over its limit',
        { 'spec.containers.0.resources': { limits: { cpu: '1' }, requests: { cpu: '2' } } },
        ['spec.containers[0].resources.requests', 'Invalid value: "2": must be less than or equal to cpu limit of 1'],
      ],
      [
        'an unknown resource',
        { 'spec.containers.0.resources': { requests: { foo: '1' } } },
        [
          'spec.containers[0].resources.requests[foo]',
          'Invalid value: "foo": must be a standard resource type or fully qualified',
        ],
        [
          'spec.containers[0].resources.requests[foo]',
          'Invalid value: "foo": must be a standard resource for containers',
        ],
      ],
      [
        'less than no CPU',
        { 'spec.containers.0.resources': { requests: { cpu: '-1' } } },
        ['spec.containers[0].resources.requests[cpu]', 'Invalid value: "-1": must be greater than or equal to 0'],
      ],
      [
        'an extended resource without limit',
        { 'spec.containers.0.resources': { requests: { 'example.com/gpu': '1' } } },
        ['spec.containers[0].resources.limits', 'Required value: Limit must be set for non overcommitable resources'],
      ],
      [
        'half a device',
        { 'spec.containers.0.resources': { limits: { 'example.com/gpu': '500m' } } },
        ['spec.containers[0].resources.limits[example.com/gpu]', 'Invalid value: "500m": must be an integer'],
        ['spec.containers[0].resources.requests[example.com/gpu]', 'Invalid value: "500m": must be an integer'],
      ],
      [
        'huge pages alone',
        { 'spec.containers.0.resources': { limits: { 'hugepages-2Mi': '2Mi' } } },
        ['spec.containers[0].resources', 'Forbidden: HugePages require cpu or memory'],
      ],
      [
        'a probe of nothing',
        { 'spec.containers.0.livenessProbe': {} },
        ['spec.containers[0].livenessProbe', 'Required value: must specify a handler type'],
      ],
      [
        'a probe of two kinds',
        { 'spec.containers.0.livenessProbe': { exec: { command: ['a'] }, tcpSocket: { port: 80 } } },
        ['spec.containers[0].livenessProbe.tcpSocket', 'Forbidden: may not specify more than 1 handler type'],
      ],
      [
        'a liveness probe that must succeed twice',
        { 'spec.containers.0.livenessProbe': { exec: { command: ['a'] }, successThreshold: 2 } },
        ['spec.containers[0].livenessProbe.successThreshold', 'Invalid value: 2: must be 1'],
      ],
      [
        'a probe of no command',
        { 'spec.containers.0.readinessProbe': { exec: {} } },
        ['spec.containers[0].readinessProbe.exec.command', 'Required value'],
      ],
      [
        'a probe of another scheme',
        { 'spec.containers.0.readinessProbe': { httpGet: { port: 80, scheme: 'FTP' } } },
        [
          'spec.containers[0].readinessProbe.httpGet.scheme',
          'Unsupported value: "FTP": supported values: "HTTP", "HTTPS"',
        ],
      ],
      [
        'a probe of port 0',
        { 'spec.containers.0.startupProbe': { tcpSocket: { port: 0 } } },
        ['spec.containers[0].startupProbe.tcpSocket.port', 'Invalid value: 0: must be between 1 and 65535, inclusive'],
      ],
      [
        'a probe in the past',
        { 'spec.containers.0.startupProbe': { tcpSocket: { port: 80 }, initialDelaySeconds: -1 } },
        [
          'spec.containers[0].startupProbe.initialDelaySeconds',
          'Invalid value: -1: must be greater than or equal to 0',
        ],
      ],
      [
        'a hook of nothing',
        { 'spec.containers.0.lifecycle': { preStop: {} } },
        ['spec.containers[0].lifecycle.preStop', 'Required value: must specify a handler type'],
      ],
      [
        'a sleep beyond the grace period',
        { 'spec.containers.0.lifecycle': { preStop: { sleep: { seconds: 60 } } } },
        [
          'spec.containers[0].lifecycle.preStop.sleep',
          'Invalid value: 60: must be non-negative and less than terminationGracePeriodSeconds (30)',
        ],
      ],
      [
        'a user below 0',
        { 'spec.securityContext': { runAsUser: -1 } },
        ['spec.securityContext.runAsUser', 'Invalid value: -1: must be between 0 and 2147483647, inclusive'],
      ],
      [
        'a group below 0',
        { 'spec.containers.0.securityContext': { runAsGroup: -1 } },
        [
          'spec.containers[0].securityContext.runAsGroup',
          'Invalid value: -1: must be between 0 and 2147483647, inclusive',
        ],
      ],
      [
        'an unknown seccomp profile',
        { 'spec.securityContext': { seccompProfile: { type: 'Some' } } },
        [
          'spec.securityContext.seccompProfile.type',
          'Unsupported value: "Some": supported values: "Localhost", "RuntimeDefault", "Unconfined"',
        ],
      ],
      [
        'a local seccomp profile without a file',
        { 'spec.securityContext': { seccompProfile: { type: 'Localhost' } } },
        [
          'spec.securityContext.seccompProfile.localhostProfile',
          'Required value: must be set when seccomp type is Localhost',
        ],
      ],
      [
        'a sysctl without a name',
        { 'spec.securityContext': { sysctls: [{ name: '', value: '1' }] } },
        ['spec.securityContext.sysctls[0].name', 'Required value'],
      ],
      [
        'a sysctl twice',
        {
          'spec.securityContext': {
            sysctls: [
              { name: 'a.b', value: '1' },
              { name: 'a.b', value: '1' },
            ],
          },
        },
        ['spec.securityContext.sysctls[1].name', 'Duplicate value: "a.b"'],
      ],
      [
        "the host's processes and the pod's",
        { 'spec.hostPID': true, 'spec.shareProcessNamespace': true },
        [
          'spec.securityContext.shareProcessNamespace',
          'Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
        ],
      ],
      [
        'an unknown proc mount',
        { 'spec.containers.0.securityContext': { procMount: 'Some' } },
        [
          'spec.containers[0].securityContext.procMount',
          'Unsupported value: "Some": supported values: "Default", "Unmasked"',
        ],
      ],
      [
        'a bare proc mount of the host users',
        { 'spec.containers.0.securityContext': { procMount: 'Unmasked' } },
        [
          'spec.containers[0].securityContext.procMount',
          'Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
        ],
      ],
      [
        'host users apart on the host network',
        { 'spec.hostUsers': false, 'spec.hostNetwork': true },
        ['spec.hostNetwork', 'Forbidden: when `hostUsers` is false'],
      ],
      ['a node named in capitals', { 'spec.nodeName': 'N_1' }, ['spec.nodeName', `Invalid value: "N_1": ${SUBDOMAIN}`]],
      [
        'an account named in capitals',
        { 'spec.serviceAccountName': 'Robot' },
        ['spec.serviceAccountName', `Invalid value: "Robot": ${SUBDOMAIN}`],
      ],
      [
        'a hostname with a dot',
        { 'spec.hostname': 'a.b' },
        ['spec.hostname', 'Invalid value: "a.b": must not contain dots'],
      ],
      [
        'a subdomain with a dot',
        { 'spec.subdomain': 'a.b' },
        ['spec.subdomain', 'Invalid value: "a.b": must not contain dots'],
      ],
      [
        'a toleration of every key equal to something',
        { 'spec.tolerations': [{ operator: 'Equal', value: 'a' }] },
        [
          'spec.tolerations[0].operator',
          'Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ],
      ],
      [
        'an unknown toleration operator',
        { 'spec.tolerations': [{ key: 'a', operator: 'Like' }] },
        ['spec.tolerations[0].operator', 'Unsupported value: "Like": supported values: "Equal", "Exists"'],
      ],
      [
        'an unknown toleration effect',
        { 'spec.tolerations': [{ key: 'a', operator: 'Exists', effect: 'Never' }] },
        [
          'spec.tolerations[0].effect',
          'Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
        ],
      ],
      [
        'seconds of a toleration that does not evict',
        { 'spec.tolerations': [{ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 1 }] },
        [
          'spec.tolerations[0].effect',
          'Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
        ],
      ],
      [
        'a node affinity without terms',
        {
          'spec.affinity': {
            nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
          },
        },
        [
          'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms',
          'Required value: must have at least one node selector term',
        ],
      ],
      [
        'a node affinity of two numbers',
        {
          'spec.affinity': {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1', '2'] }] }],
              },
            },
          },
        },
        [
          'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values',
          "Required value: must be specified single value when `operator` is 'Lt' or 'Gt'",
        ],
      ],
      [
        'a node affinity of no values',
        {
          'spec.affinity': {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }],
              },
            },
          },
        },
        [
          'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values',
          "Required value: must be specified when `operator` is 'In' or 'NotIn'",
        ],
      ],
      [
        'a node preference without weight',
        {
          'spec.affinity': {
            nodeAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 0, preference: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
              ],
            },
          },
        },
        [
          'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight',
          'Invalid value: 0: must be in the range 1-100',
        ],
      ],
      [
        'a pod affinity anywhere',
        { 'spec.affinity': { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: '' }] } } },
        [
          'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey',
          'Required value: can not be empty',
        ],
        [
          'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey',
          'Invalid value: "": name part must be non-empty',
        ],
        [
          'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey',
          `Invalid value: "": ${QUALIFIED_NAME}`,
        ],
      ],
      [
        'a pod preference of weight 101',
        {
          'spec.affinity': {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 101, podAffinityTerm: { topologyKey: 'zone' } },
              ],
            },
          },
        },
        [
          'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight',
          'Invalid value: 101: must be in the range 1-100',
        ],
      ],
      [
        'no skew',
        { 'spec.topologySpreadConstraints': [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] },
        ['spec.topologySpreadConstraints[0].maxSkew', 'Invalid value: 0: must be greater than zero'],
      ],
      [
        'a spread that may not fail otherwise',
        { 'spec.topologySpreadConstraints': [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'Wait' }] },
        [
          'spec.topologySpreadConstraints[0].whenUnsatisfiable',
          'Unsupported value: "Wait": supported values: "DoNotSchedule", "ScheduleAnyway"',
        ],
      ],
      [
        'a spread twice',
        {
          'spec.topologySpreadConstraints': [
            { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
            { maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
          ],
        },
        [
          'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}',
          'Duplicate value: "{zone, DoNotSchedule}"',
        ],
      ],
      [
        'domains of a spread that may fail',
        {
          'spec.topologySpreadConstraints': [
            { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2 },
          ],
        },
        [
          'spec.topologySpreadConstraints[0].minDomains',
          'Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
        ],
      ],
      [
        'a node and a scheduling gate',
        { 'spec.nodeName': 'n', 'spec.schedulingGates': [{ name: 'a' }] },
        ['spec.nodeName', 'Forbidden: cannot be set until all schedulingGates have been cleared'],
      ],
      [
        'a scheduling gate twice',
        { 'spec.schedulingGates': [{ name: 'a' }, { name: 'a' }] },
        ['spec.schedulingGates[1]', 'Duplicate value: "a"'],
      ],
      [
        'a readiness gate with a space',
        { 'spec.readinessGates': [{ conditionType: 'a b' }] },
        ['spec.readinessGates[0].conditionType', `Invalid value: "a b": ${QUALIFIED_NAME}`],
      ],
      [
        'a host alias that is no address',
        { 'spec.hostAliases': [{ ip: 'x', hostnames: ['a'] }] },
        ['spec.hostAliases[0].ip', `Invalid value: "x": ${IP_ADDRESS}`],
      ],
      [
        'ephemeral containers',
        { 'spec.ephemeralContainers': [{ name: 'e', image: 'i' }] },
        ['spec.ephemeralContainers', 'Forbidden: cannot be set on create'],
      ],
      [
        'another operating system',
        { 'spec.os': { name: 'mac' } },
        ['spec.os.name', 'Unsupported value: "mac": supported values: "linux", "windows"'],
      ],
      [
        'a restart policy of a container',
        { 'spec.containers.0.restartPolicy': 'Always' },
        ['spec.containers[0].restartPolicy', 'Forbidden: may not be set for non-init containers'],
      ],
      [
        'a claim of a device that the pod has not',
        { 'spec.containers.0.resources': { claims: [{ name: 'd' }] } },
        [
          'spec.containers[0].resources.claims[0]',
          'Not found: "d": must be one of the names in pod.spec.resourceClaims which is empty',
        ],
      ],
      [
        'a resource claim of nothing',
        { 'spec.resourceClaims': [{ name: 'd' }] },
        [
          'spec.resourceClaims[0]',
          'Invalid value: {"Name":"d","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
        ],
      ],
      [
        'a label with a space',
        { 'metadata.labels': { 'a b': 'c' } },
        ['metadata.labels', `Invalid value: "a b": ${QUALIFIED_NAME}`],
      ],
      [
        'a label value with a space',
        { 'metadata.labels': { a: 'b c' } },
        ['metadata.labels', `Invalid value: "b c": ${LABEL_VALUE}`],
      ],
      [
        'an annotation with a space',
        { 'metadata.annotations': { 'a b': 'c' } },
        ['metadata.annotations', `Invalid value: "a b": ${QUALIFIED_NAME}`],
      ],
      [
        'a finalizer without a domain',
        { 'metadata.finalizers': ['mine'] },
        [
          'metadata.finalizers[0]',
          'Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
        ],
      ],
      [
        'an owner without a name',
        { 'metadata.ownerReferences': [{ apiVersion: 'v1', kind: 'Pod', name: '', uid: 'u' }] },
        ['metadata.ownerReferences.name', 'Invalid value: "": must not be empty'],
      ],
    ],
  },
};
