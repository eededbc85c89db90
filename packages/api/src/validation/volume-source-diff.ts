import { quote } from './field-error.js';
import { type DiffValue, goDiff } from './go-diff.js';

type Source = Readonly<Record<string, unknown>>;

/** Go's names of the sources and their types, in the order of their structure. */
const GO_SOURCES: readonly (readonly [field: string, goField: string, goType: string])[] = [
  ['gcePersistentDisk', 'GCEPersistentDisk', 'GCEPersistentDiskVolumeSource'],
  ['awsElasticBlockStore', 'AWSElasticBlockStore', 'AWSElasticBlockStoreVolumeSource'],
  ['hostPath', 'HostPath', 'HostPathVolumeSource'],
  ['glusterfs', 'Glusterfs', 'GlusterfsPersistentVolumeSource'],
  ['nfs', 'NFS', 'NFSVolumeSource'],
  ['rbd', 'RBD', 'RBDPersistentVolumeSource'],
  ['quobyte', 'Quobyte', 'QuobyteVolumeSource'],
  ['iscsi', 'ISCSI', 'ISCSIPersistentVolumeSource'],
  ['flexVolume', 'FlexVolume', 'FlexPersistentVolumeSource'],
  ['cinder', 'Cinder', 'CinderPersistentVolumeSource'],
  ['cephfs', 'CephFS', 'CephFSPersistentVolumeSource'],
  ['fc', 'FC', 'FCVolumeSource'],
  ['flocker', 'Flocker', 'FlockerVolumeSource'],
  ['azureFile', 'AzureFile', 'AzureFilePersistentVolumeSource'],
  ['vsphereVolume', 'VsphereVolume', 'VsphereVirtualDiskVolumeSource'],
  ['azureDisk', 'AzureDisk', 'AzureDiskVolumeSource'],
  ['photonPersistentDisk', 'PhotonPersistentDisk', 'PhotonPersistentDiskVolumeSource'],
  ['portworxVolume', 'PortworxVolume', 'PortworxVolumeSource'],
  ['scaleIO', 'ScaleIO', 'ScaleIOPersistentVolumeSource'],
  ['local', 'Local', 'LocalVolumeSource'],
  ['storageos', 'StorageOS', 'StorageOSPersistentVolumeSource'],
  ['csi', 'CSI', 'CSIPersistentVolumeSource'],
];

/** Go's spelling of field names that are not just capitalized. */
const GO_FIELDS: Readonly<Record<string, string>> = {
  fsType: 'FSType',
  pdName: 'PDName',
  iqn: 'IQN',
  iscsiInterface: 'ISCSIInterface',
  secretRef: 'SecretRef',
  wwids: 'WWIDs',
  sslEnabled: 'SSLEnabled',
};
/** Texts that are pointers in Go. */
const POINTERS = new Set(['&core.HostPathVolumeSource.type', '&core.LocalVolumeSource.fsType']);

/** What differs between the sources of two volumes, as Kubernetes prints it: see {@link goDiff}. */
export function volumeSourceDiff(before: Source, after: Source): string {
  const side = (own: Source, other: Source) => ({
    type: 'core.PersistentVolumeSource',
    fields: GO_SOURCES.map(([field, goField, goType]): [string, DiffValue] => [
      goField,
      shownSource(own[field], other[field], `&core.${goType}`),
    ]),
  });
  return goDiff(side(before, after), side(after, before));
}

function shownSource(own: unknown, other: unknown, type: string): DiffValue {
  if (!isRecord(own)) return 'nil';
  const names = new Set([...Object.keys(own), ...(isRecord(other) ? Object.keys(other) : [])]);
  const fields = [...names]
    .sort()
    .map((name): [string, DiffValue] => [
      goName(name),
      POINTERS.has(`${type}.${name}`) && own[name] !== undefined ? `&${goText(own[name])}` : goText(own[name]),
    ]);
  return { type, fields };
}

function goName(name: string): string {
  return GO_FIELDS[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}

function goText(value: unknown): string {
  if (value === undefined) return 'nil';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `{${value.map(goText).join(', ')}}`;
  if (!isRecord(value)) return String(value);
  return `{${Object.entries(value)
    .map(([name, field]) => `${goName(name)}: ${goText(field)}`)
    .join(', ')}}`;
}

function isRecord(value: unknown): value is Source {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
