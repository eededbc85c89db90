import { type KindManifests, SELECTOR } from './kind-manifests.js';
import { CLAIM_SPEC, COMMON_SOURCES, sourcesWithSecret } from './volume-sources.js';

const SECRET = { name: 'hidden', namespace: 'every-kind' };
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  namespace: 'every-kind',
  name: 'web-0',
  uid: '11111111-2222-3333-4444-555555555555',
  resourceVersion: '7',
  fieldPath: 'spec',
};
const NODE_AFFINITY = {
  required: {
    nodeSelectorTerms: [
      {
        matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }],
        matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }],
      },
    ],
  },
};
const VOLUME = {
  accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
  capacity: { storage: '5Gi' },
  claimRef: { ...POD, kind: 'PersistentVolumeClaim', name: 'claim', fieldPath: 'spec' },
  mountOptions: ['ro', 'hard'],
  nodeAffinity: NODE_AFFINITY,
  persistentVolumeReclaimPolicy: 'Retain',
  storageClassName: 'slow',
  volumeMode: 'Filesystem',
};
const VOLUME_SOURCES = {
  ...COMMON_SOURCES,
  ...sourcesWithSecret(SECRET),
  azureFile: { secretName: 'hidden', secretNamespace: 'every-kind', shareName: 'share', readOnly: true },
  csi: {
    controllerExpandSecretRef: SECRET,
    controllerPublishSecretRef: SECRET,
    driver: 'csi.example.com',
    fsType: 'ext4',
    nodeExpandSecretRef: SECRET,
    nodePublishSecretRef: SECRET,
    nodeStageSecretRef: SECRET,
    readOnly: true,
    volumeAttributes: { a: 'b' },
    volumeHandle: 'handle',
  },
  glusterfs: { endpoints: 'gluster', endpointsNamespace: 'every-kind', path: 'x', readOnly: true },
  local: { path: '/mnt/disk', fsType: 'ext4' },
  storageos: {
    ...sourcesWithSecret({}).storageos,
    secretRef: { ...POD, kind: 'Secret', name: 'hidden', fieldPath: 'data' },
  },
};
const VOLUMES = [
  ...Object.entries(VOLUME_SOURCES),
  ['fc', { wwids: ['3600508b400105e210000900000490000'] }] as const,
  ['flocker', { datasetUUID: 'b0a0f5a2-6a44-4b29-ae4e-000000000000' }] as const,
];
const CSI_VOLUME = { ...VOLUME, csi: VOLUME_SOURCES.csi, mountOptions: undefined, volumeAttributesClassName: 'gold' };
/** Inline, there is no claim. */
const INLINE_VOLUME = {
  accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
  csi: VOLUME_SOURCES.csi,
  mountOptions: ['ro'],
  persistentVolumeReclaimPolicy: 'Retain',
  volumeMode: 'Filesystem',
};

const BACKEND = { service: { name: 'web', port: { number: 80 } } };
const PEERS = [
  { podSelector: SELECTOR, namespaceSelector: SELECTOR },
  { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
];
const POLICY_PORTS = [
  { port: 8000, endPort: 9000, protocol: 'TCP' },
  { port: 'dns', protocol: 'UDP' },
];

/** Services and what routes to them; volumes and what provides them. */
export const NETWORK_AND_STORAGE: readonly KindManifests[] = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    minimal: { spec: { ports: [{ port: 80 }] } },
    full: [
      {
        spec: {
          allocateLoadBalancerNodePorts: true,
          clusterIP: '10.96.7.7',
          clusterIPs: ['10.96.7.7'],
          externalIPs: ['192.0.2.10'],
          externalTrafficPolicy: 'Local',
          healthCheckNodePort: 32701,
          internalTrafficPolicy: 'Local',
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: 'SingleStack',
          loadBalancerClass: 'example.com/class',
          loadBalancerIP: '192.0.2.20',
          loadBalancerSourceRanges: ['192.0.2.0/24'],
          ports: [
            { name: 'http', port: 80, protocol: 'TCP', targetPort: 'http', nodePort: 32700, appProtocol: 'http' },
            { name: 'dns', port: 53, protocol: 'UDP', targetPort: 5353, nodePort: 32702 },
          ],
          publishNotReadyAddresses: true,
          selector: { app: 'full' },
          sessionAffinity: 'ClientIP',
          sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
          trafficDistribution: 'PreferClose',
          type: 'LoadBalancer',
        },
      },
      { spec: { type: 'ExternalName', externalName: 'www.example.com', sessionAffinity: 'None' } },
    ],
  },
  {
    apiVersion: 'v1',
    kind: 'Endpoints',
    minimal: {},
    full: [
      {
        subsets: [
          {
            addresses: [{ ip: '10.244.1.2', hostname: 'web-0', nodeName: 'node-1', targetRef: POD }],
            notReadyAddresses: [{ ip: '10.244.1.3' }],
            ports: [
              { name: 'http', port: 80, protocol: 'TCP', appProtocol: 'http' },
              { name: 'dns', port: 53, protocol: 'UDP' },
            ],
          },
        ],
      },
    ],
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    minimal: { addressType: 'IPv4', endpoints: [] },
    full: [
      {
        addressType: 'IPv4',
        endpoints: [
          {
            addresses: ['10.244.1.2'],
            conditions: { ready: true, serving: true, terminating: false },
            hints: { forZones: [{ name: 'a' }], forNodes: [{ name: 'node-1' }] },
            hostname: 'web-0',
            nodeName: 'node-1',
            targetRef: POD,
            zone: 'a',
          },
        ],
        ports: [{ name: 'http', port: 80, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' }],
      },
      { addressType: 'FQDN', endpoints: [{ addresses: ['www.example.com'], conditions: {} }], ports: [] },
    ],
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    minimal: { spec: { defaultBackend: BACKEND } },
    full: [
      {
        spec: {
          defaultBackend: { resource: { apiGroup: 'example.com', kind: 'Bucket', name: 'static' } },
          ingressClassName: 'nginx',
          rules: [
            {
              host: '*.example.com',
              http: {
                paths: [
                  { path: '/', pathType: 'Prefix', backend: BACKEND },
                  {
                    path: '/exact',
                    pathType: 'Exact',
                    backend: { service: { name: 'web', port: { name: 'http' } } },
                  },
                  { pathType: 'ImplementationSpecific', backend: BACKEND },
                ],
              },
            },
          ],
          tls: [{ hosts: ['a.example.com'], secretName: 'tls' }],
        },
      },
    ],
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    minimal: { spec: { controller: 'example.com/nginx' } },
    full: [
      {
        spec: {
          controller: 'example.com/nginx',
          parameters: {
            apiGroup: 'example.com',
            kind: 'Config',
            name: 'main',
            namespace: 'every-kind',
            scope: 'Namespace',
          },
        },
      },
    ],
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    minimal: { spec: { podSelector: {} } },
    full: [
      {
        spec: {
          podSelector: SELECTOR,
          ingress: [{ from: PEERS, ports: POLICY_PORTS }, {}],
          egress: [{ to: PEERS, ports: POLICY_PORTS }],
          policyTypes: ['Ingress', 'Egress'],
        },
      },
    ],
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    minimal: { spec: { parentRef: { resource: 'services', name: 'web' } } },
    full: [
      { spec: { parentRef: { group: 'example.com', resource: 'gateways', namespace: 'every-kind', name: 'web' } } },
    ],
    names: { minimal: '192.168.3.4', full: ['2001:db8::4'] },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    minimal: { spec: { cidrs: ['192.168.8.0/24'] } },
    full: [{ spec: { cidrs: ['192.168.9.0/24', '2001:db8::/64'] } }],
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    finalizers: ['kubernetes.io/pv-protection'],
    minimal: { spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } } },
    full: [...VOLUMES.map(([source, value]) => ({ spec: { ...VOLUME, [source]: value } })), { spec: CSI_VOLUME }],
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    finalizers: ['kubernetes.io/pvc-protection'],
    minimal: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    full: [{ spec: CLAIM_SPEC }],
  },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    minimal: { provisioner: 'example.com/disk' },
    full: [
      {
        allowVolumeExpansion: true,
        allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a', 'b'] }] }],
        mountOptions: ['ro'],
        parameters: { type: 'fast' },
        provisioner: 'example.com/disk',
        reclaimPolicy: 'Retain',
        volumeBindingMode: 'WaitForFirstConsumer',
      },
    ],
  },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    minimal: { spec: { attacher: 'csi.example.com', nodeName: 'node-1', source: { persistentVolumeName: 'volume' } } },
    full: [
      { spec: { attacher: 'csi.example.com', nodeName: 'node-1', source: { inlineVolumeSpec: INLINE_VOLUME } } },
      { spec: { attacher: 'csi.example.com', nodeName: 'node-1', source: { persistentVolumeName: 'volume' } } },
    ],
  },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIDriver',
    minimal: { spec: {} },
    full: [
      {
        spec: {
          attachRequired: false,
          fsGroupPolicy: 'File',
          podInfoOnMount: true,
          requiresRepublish: true,
          seLinuxMount: true,
          storageCapacity: true,
          tokenRequests: [{ audience: 'vault', expirationSeconds: 3600 }, { audience: '' }],
          volumeLifecycleModes: ['Persistent', 'Ephemeral'],
        },
      },
    ],
  },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    minimal: { spec: { drivers: [] } },
    full: [
      {
        spec: {
          drivers: [
            { name: 'csi.example.com', nodeID: 'n1', topologyKeys: ['example.com/zone'], allocatable: { count: 16 } },
          ],
        },
      },
    ],
  },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIStorageCapacity',
    minimal: { storageClassName: 'slow' },
    full: [{ capacity: '1Ti', maximumVolumeSize: '100Gi', nodeTopology: SELECTOR, storageClassName: 'slow' }],
  },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttributesClass',
    minimal: { driverName: 'csi.example.com', parameters: { iops: '1' } },
    full: [{ driverName: 'csi.example.com', parameters: { iops: '3000', throughput: '50' } }],
  },
];
