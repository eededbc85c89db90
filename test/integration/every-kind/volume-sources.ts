/** Every source that a pod's volume may have, whole. Amounts and modes are as the server writes them. */

const ITEMS = [{ key: 'key', path: 'path/of/key', mode: 0o440 }];
const DOWNWARD_ITEMS = [
  { path: 'labels', mode: 0o444, fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.labels' } },
  { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1m' } },
];
const SELECTOR = {
  matchLabels: { app: 'full' },
  matchExpressions: [{ key: 'tier', operator: 'In', values: ['front', 'back'] }],
};

export const CLAIM_SPEC = {
  accessModes: ['ReadWriteOnce'],
  dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'before' },
  dataSourceRef: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'before' },
  resources: { limits: { storage: '2Gi' }, requests: { storage: '1Gi' } },
  selector: SELECTOR,
  storageClassName: 'slow',
  volumeAttributesClassName: 'gold',
  volumeMode: 'Filesystem',
  volumeName: 'volume',
};

/** Those that a volume of a pod and a PersistentVolume have alike. */
export const COMMON_SOURCES = {
  awsElasticBlockStore: { volumeID: 'vol-1', fsType: 'ext4', partition: 1, readOnly: true },
  azureDisk: {
    diskName: 'disk',
    diskURI: 'https://example.com/disk.vhd',
    cachingMode: 'ReadOnly',
    fsType: 'xfs',
    kind: 'Dedicated',
    readOnly: true,
  },
  fc: { targetWWNs: ['500a0982991b8dc5'], lun: 2, fsType: 'ext4', readOnly: true },
  flocker: { datasetName: 'data' },
  gcePersistentDisk: { pdName: 'disk', fsType: 'ext4', partition: 1, readOnly: true },
  hostPath: { path: '/srv/data', type: 'DirectoryOrCreate' },
  nfs: { server: 'nfs.example.com', path: '/export', readOnly: true },
  photonPersistentDisk: { pdID: 'disk', fsType: 'ext4' },
  portworxVolume: { volumeID: 'volume', fsType: 'ext4', readOnly: true },
  quobyte: { registry: 'q.example.com:7861', volume: 'v', readOnly: true, user: 'u', group: 'g', tenant: 't' },
  vsphereVolume: { volumePath: '[d] v.vmdk', fsType: 'ext4', storagePolicyName: 'gold', storagePolicyID: 'gold-1' },
};

/** Those whose Secret is named with its namespace in a PersistentVolume, and without it in a pod. */
export function sourcesWithSecret<T extends object>(secretRef: T) {
  return {
    cephfs: { monitors: ['10.1.1.1:6789'], path: '/x', readOnly: true, secretFile: '/etc/key', secretRef, user: 'u' },
    cinder: { volumeID: 'v', fsType: 'ext4', readOnly: true, secretRef },
    flexVolume: { driver: 'example.com/flex', fsType: 'ext4', options: { a: 'b' }, readOnly: true, secretRef },
    iscsi: {
      targetPortal: '10.1.1.1:3260',
      portals: ['10.1.1.2:3260'],
      iqn: 'iqn.2001-04.com.example:storage',
      initiatorName: 'iqn.2001-04.com.example:initiator',
      iscsiInterface: 'eth1',
      lun: 3,
      chapAuthDiscovery: true,
      chapAuthSession: true,
      fsType: 'ext4',
      readOnly: true,
      secretRef,
    },
    rbd: {
      monitors: ['10.1.1.1:6789'],
      image: 'image',
      pool: 'pool',
      user: 'user',
      keyring: '/etc/keyring',
      fsType: 'ext4',
      readOnly: true,
      secretRef,
    },
    scaleIO: {
      gateway: 'https://example.com',
      system: 'system',
      protectionDomain: 'domain',
      storagePool: 'pool',
      storageMode: 'ThickProvisioned',
      volumeName: 'v',
      sslEnabled: true,
      fsType: 'xfs',
      readOnly: true,
      secretRef,
    },
    storageos: { volumeName: 'v', volumeNamespace: 'n', fsType: 'ext4', readOnly: true, secretRef },
  };
}

const POD_SOURCES = {
  ...COMMON_SOURCES,
  ...sourcesWithSecret({ name: 'hidden' }),
  azureFile: { secretName: 'hidden', shareName: 'share', readOnly: true },
  configMap: { name: 'settings', defaultMode: 0o600, items: ITEMS, optional: true },
  csi: {
    driver: 'csi.example.com',
    fsType: 'ext4',
    nodePublishSecretRef: { name: 'hidden' },
    readOnly: true,
    volumeAttributes: { a: 'b' },
  },
  downwardAPI: { defaultMode: 0o400, items: DOWNWARD_ITEMS },
  emptyDir: { medium: 'Memory', sizeLimit: '64Mi' },
  ephemeral: { volumeClaimTemplate: { metadata: { labels: { a: 'b' } }, spec: CLAIM_SPEC } },
  gitRepo: { repository: 'https://example.com/x.git', revision: 'abc', directory: 'x' },
  glusterfs: { endpoints: 'gluster', path: 'x', readOnly: true },
  persistentVolumeClaim: { claimName: 'claim', readOnly: true },
  projected: {
    defaultMode: 0o400,
    sources: [
      { configMap: { name: 'settings', items: ITEMS, optional: true } },
      { secret: { name: 'hidden', items: ITEMS.map((item) => ({ ...item, path: 'other' })), optional: true } },
      { downwardAPI: { items: DOWNWARD_ITEMS } },
      { serviceAccountToken: { audience: 'vault', expirationSeconds: 3600, path: 'token' } },
    ],
  },
  secret: { secretName: 'hidden', defaultMode: 0o600, items: ITEMS, optional: true },
};

/** A volume of each source, by its source's name in lower case. */
export const VOLUMES = [
  ...Object.entries(POD_SOURCES).map(([source, value]) => ({ name: source.toLowerCase(), [source]: value })),
  { name: 'wwids', fc: { wwids: ['3600508b400105e210000900000490000'], fsType: 'ext4' } },
  { name: 'flockerid', flocker: { datasetUUID: 'b0a0f5a2-6a44-4b29-ae4e-000000000000' } },
];
