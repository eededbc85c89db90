/** One whole manifest of each kind of storage, network, access control, quota, scheduling and certificates. */
export interface KindManifest {
  /** As kubectl names the resource. */
  readonly resource: string;
  readonly name: string;
  readonly namespaced: boolean;
  readonly manifest: Record<string, unknown>;
  /** Columns of `kubectl get -o wide`, in their order. */
  readonly header: string;
  /** The row, its cells joined by one space; ages and times left out. */
  readonly row: string;
}

const meta = (name: string, more: Record<string, unknown> = {}) => ({ name, ...more });

export const KIND_MANIFESTS: readonly KindManifest[] = [
  {
    resource: 'limitranges',
    name: 'limits',
    namespaced: true,
    manifest: {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: meta('limits'),
      spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { cpu: '100m', memory: '1Mi' } }] },
    },
    header: 'NAME CREATED AT',
    row: 'limits',
  },
  {
    resource: 'resourcequotas',
    name: 'quota',
    namespaced: true,
    manifest: {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: meta('quota'),
      spec: { hard: { pods: '10', 'limits.cpu': '4', 'count/deployments.apps': '3' } },
    },
    header: 'NAME REQUEST LIMIT AGE',
    row: 'quota',
  },
  {
    resource: 'persistentvolumes',
    name: 'volume',
    namespaced: false,
    manifest: {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: meta('volume'),
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
        storageClassName: 'slow',
        nfs: { server: 'nfs.example.com', path: '/export' },
      },
    },
    header:
      'NAME CAPACITY ACCESS MODES RECLAIM POLICY STATUS CLAIM STORAGECLASS VOLUMEATTRIBUTESCLASS REASON AGE VOLUMEMODE',
    row: 'volume 1Gi RWO,RWX Retain Pending slow <unset> Filesystem',
  },
  {
    resource: 'persistentvolumeclaims',
    name: 'claim',
    namespaced: true,
    manifest: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: meta('claim'),
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'slow',
        resources: { requests: { storage: '1024Mi' } },
      },
    },
    header: 'NAME STATUS VOLUME CAPACITY ACCESS MODES STORAGECLASS VOLUMEATTRIBUTESCLASS AGE VOLUMEMODE',
    row: 'claim Pending slow <unset> Filesystem',
  },
  {
    resource: 'ingresses.networking.k8s.io',
    name: 'web',
    namespaced: true,
    manifest: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: meta('web'),
      spec: {
        ingressClassName: 'nginx',
        tls: [{ hosts: ['a.example.com'], secretName: 'tls' }],
        rules: ['a', 'b', 'c', 'd'].map((host) => ({
          host: `${host}.example.com`,
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
          },
        })),
      },
    },
    header: 'NAME CLASS HOSTS ADDRESS PORTS AGE',
    row: 'web nginx a.example.com,b.example.com,c.example.com + 1 more... 80, 443',
  },
  {
    resource: 'ingressclasses.networking.k8s.io',
    name: 'nginx',
    namespaced: false,
    manifest: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: meta('nginx'),
      spec: { controller: 'example.com/nginx', parameters: { apiGroup: 'example.com', kind: 'Config', name: 'main' } },
    },
    header: 'NAME CONTROLLER PARAMETERS AGE',
    row: 'nginx example.com/nginx Config.example.com/main',
  },
  {
    resource: 'networkpolicies.networking.k8s.io',
    name: 'deny',
    namespaced: true,
    manifest: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: meta('deny'),
      spec: {
        podSelector: { matchLabels: { app: 'web' } },
        egress: [{ ports: [{ port: 53 }], to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
      },
    },
    header: 'NAME POD-SELECTOR AGE',
    row: 'deny app=web',
  },
  {
    resource: 'ipaddresses.networking.k8s.io',
    name: '192.168.3.4',
    namespaced: false,
    manifest: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: meta('192.168.3.4'),
      spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
    },
    header: 'NAME PARENTREF',
    row: '192.168.3.4 services/default/web',
  },
  {
    resource: 'servicecidrs.networking.k8s.io',
    name: 'extra',
    namespaced: false,
    manifest: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: meta('extra'),
      spec: { cidrs: ['192.168.0.0/24', '2001:db8::/64'] },
    },
    header: 'NAME CIDRS AGE',
    row: 'extra 192.168.0.0/24,2001:db8::/64',
  },
  {
    resource: 'roles.rbac.authorization.k8s.io',
    name: 'system:reader',
    namespaced: true,
    manifest: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: meta('system:reader'),
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
    },
    header: 'NAME CREATED AT',
    row: 'system:reader',
  },
  {
    resource: 'rolebindings.rbac.authorization.k8s.io',
    name: 'readers',
    namespaced: true,
    manifest: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: meta('readers'),
      roleRef: { kind: 'Role', name: 'system:reader' },
      subjects: [
        { kind: 'User', name: 'ann' },
        { kind: 'User', name: 'bob' },
        { kind: 'Group', name: 'ops' },
        { kind: 'ServiceAccount', name: 'default', namespace: 'kube-system' },
      ],
    },
    header: 'NAME ROLE AGE USERS GROUPS SERVICEACCOUNTS',
    row: 'readers Role/system:reader ann, bob ops kube-system/default',
  },
  {
    resource: 'clusterroles.rbac.authorization.k8s.io',
    name: 'policy-kinds-all',
    namespaced: false,
    manifest: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: meta('policy-kinds-all'),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'policy-kinds': 'true' } }] },
    },
    header: 'NAME CREATED AT',
    row: 'policy-kinds-all',
  },
  {
    resource: 'clusterrolebindings.rbac.authorization.k8s.io',
    name: 'policy-kinds-all',
    namespaced: false,
    manifest: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: meta('policy-kinds-all'),
      roleRef: { kind: 'ClusterRole', name: 'policy-kinds-all', apiGroup: 'rbac.authorization.k8s.io' },
      subjects: [{ kind: 'Group', name: 'ops' }],
    },
    header: 'NAME ROLE AGE USERS GROUPS SERVICEACCOUNTS',
    row: 'policy-kinds-all ClusterRole/policy-kinds-all ops',
  },
  {
    resource: 'storageclasses.storage.k8s.io',
    name: 'slow',
    namespaced: false,
    manifest: {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: meta('slow', { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }),
      provisioner: 'example.com/nfs',
      parameters: { type: 'hdd' },
    },
    header: 'NAME PROVISIONER RECLAIMPOLICY VOLUMEBINDINGMODE ALLOWVOLUMEEXPANSION AGE',
    row: 'slow (default) example.com/nfs Delete Immediate false',
  },
  {
    resource: 'volumeattachments.storage.k8s.io',
    name: 'attachment',
    namespaced: false,
    manifest: {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: meta('attachment'),
      spec: { attacher: 'csi.example.com', nodeName: 'node-1', source: { persistentVolumeName: 'volume' } },
    },
    header: 'NAME ATTACHER PV NODE ATTACHED AGE',
    row: 'attachment csi.example.com volume node-1 false',
  },
  {
    resource: 'csidrivers.storage.k8s.io',
    name: 'csi.example.com',
    namespaced: false,
    manifest: {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: meta('csi.example.com'),
      spec: { attachRequired: false, tokenRequests: [{ audience: '' }] },
    },
    header: 'NAME ATTACHREQUIRED PODINFOONMOUNT STORAGECAPACITY TOKENREQUESTS REQUIRESREPUBLISH MODES AGE',
    row: 'csi.example.com false false false false Persistent',
  },
  {
    resource: 'csinodes.storage.k8s.io',
    name: 'node-1',
    namespaced: false,
    manifest: {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: meta('node-1'),
      spec: { drivers: [{ name: 'csi.example.com', nodeID: 'n1', topologyKeys: ['example.com/zone'] }] },
    },
    header: 'NAME DRIVERS AGE',
    row: 'node-1 1',
  },
  {
    resource: 'csistoragecapacities.storage.k8s.io',
    name: 'free',
    namespaced: true,
    manifest: {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIStorageCapacity',
      metadata: meta('free'),
      storageClassName: 'slow',
      nodeTopology: { matchLabels: { zone: 'a' } },
      capacity: '1024Gi',
    },
    header: 'NAME STORAGECLASSNAME CAPACITY',
    row: 'free slow 1Ti',
  },
  {
    resource: 'volumeattributesclasses.storage.k8s.io',
    name: 'gold',
    namespaced: false,
    manifest: {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttributesClass',
      metadata: meta('gold'),
      driverName: 'csi.example.com',
      parameters: { iops: '3000' },
    },
    header: 'NAME DRIVERNAME AGE',
    row: 'gold csi.example.com',
  },
  {
    resource: 'priorityclasses.scheduling.k8s.io',
    name: 'high',
    namespaced: false,
    manifest: {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: meta('high'),
      value: 1000,
      description: 'first',
    },
    header: 'NAME VALUE GLOBAL-DEFAULT AGE PREEMPTIONPOLICY',
    row: 'high 1000 false PreemptLowerPriority',
  },
  {
    resource: 'runtimeclasses.node.k8s.io',
    name: 'sandboxed',
    namespaced: false,
    manifest: {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: meta('sandboxed'),
      handler: 'runsc',
      overhead: { podFixed: { memory: '128Mi' } },
      scheduling: { tolerations: [{ key: 'sandbox', operator: 'Exists', effect: 'NoSchedule' }] },
    },
    header: 'NAME HANDLER AGE',
    row: 'sandboxed runsc',
  },
];
