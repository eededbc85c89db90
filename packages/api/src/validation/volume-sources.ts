import type { FieldError } from '../errors.js';
import type { CSIPersistentVolumeSource, PersistentVolumeSpec, SecretReference } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { validateCsiDriverName } from './csi-driver-name.js';
import { forbidden, invalidEach, invalidValue, required, tooLong } from './field-error.js';
import { validateHostPath } from './host-path.js';
import { checkDnsLabel, checkDnsSubdomain, rangeText } from './names.js';
import { noBacksteps, requiredText } from './values.js';

type Spec = DeepReadonly<PersistentVolumeSpec>;
type Source = Readonly<Record<string, unknown>>;

interface SourceRule {
  /** The field of the spec, `gcePersistentDisk`. */
  readonly field: keyof PersistentVolumeSpec;
  /** Where Kubernetes says that errors inside are, when that is not the field. */
  readonly path?: string;
  /** Texts and lists that may not be empty. */
  readonly required?: readonly string[];
  readonly check?: (source: Source, path: string) => FieldError[];
}

const MAX_BYTE = 255;

/** Every kind of storage that a PersistentVolume may stand for, in the order in which they are looked at. */
const SOURCES: readonly SourceRule[] = [
  { field: 'hostPath', check: (source, path) => validateHostPath(source as { path: string }, path) },
  { field: 'gcePersistentDisk', path: 'persistentDisk', required: ['pdName'], check: inByte('partition') },
  { field: 'awsElasticBlockStore', required: ['volumeID'], check: inByte('partition') },
  { field: 'glusterfs', required: ['endpoints', 'path'] },
  { field: 'flocker', check: validateFlocker },
  { field: 'nfs', check: validateNfs },
  { field: 'rbd', required: ['monitors', 'image'] },
  { field: 'quobyte', check: validateQuobyte },
  { field: 'cephfs', required: ['monitors'] },
  { field: 'iscsi', check: validateIscsi },
  { field: 'cinder', required: ['volumeID'] },
  { field: 'fc', check: validateFibreChannel },
  { field: 'flexVolume', required: ['driver'] },
  { field: 'azureFile', required: ['secretName', 'shareName'] },
  { field: 'vsphereVolume', required: ['volumePath'] },
  { field: 'photonPersistentDisk', required: ['pdID'] },
  { field: 'portworxVolume', required: ['volumeID'] },
  { field: 'azureDisk', required: ['diskName', 'diskURI'] },
  { field: 'scaleIO', required: ['gateway', 'system', 'volumeName'] },
  { field: 'local', required: ['path'], check: validateLocal },
  { field: 'storageos', required: ['volumeName'] },
  { field: 'csi', check: (source, path) => validateCsi(source as unknown as CSIPersistentVolumeSource, path) },
];

/** One source, and one only. */
export function validateVolumeSources(spec: Spec, path: string): FieldError[] {
  const found = SOURCES.filter(({ field }) => spec[field] !== undefined);
  const [first, ...others] = found;
  if (first === undefined) return [required(path, 'must specify a volume type')];
  const errors = validateSource(first, spec[first.field] as Source, path);
  if (first.field === 'local' && spec.nodeAffinity === undefined) {
    errors.push(required(`${path}.nodeAffinity`, 'Local volume requires node affinity'));
  }
  const text = 'may not specify more than 1 volume type';
  return [...errors, ...others.map(({ field }) => forbidden(`${path}.${field === 'cephfs' ? 'cephFS' : field}`, text))];
}

function validateSource(rule: SourceRule, source: Source, parent: string): FieldError[] {
  const path = `${parent}.${rule.path ?? rule.field}`;
  const missing = (rule.required ?? []).filter((field) => isEmpty(source[field]));
  return [...missing.map((field) => required(`${path}.${field}`)), ...(rule.check?.(source, path) ?? [])];
}

/** A source of a pod's volume that a PersistentVolume may have as well; undefined for one that it may not. */
export function validateSharedSource(field: string, source: object, parent: string): FieldError[] | undefined {
  const rule = SOURCES.find((one) => one.field === field);
  return rule && validateSource(rule, source as Source, parent);
}

/** What of a spec is its source, for comparing two of them. */
export function volumeSourceOf(spec: Spec | undefined): Source {
  return Object.fromEntries(SOURCES.map(({ field }) => [field, spec?.[field]]));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

function inByte(field: string): (source: Source, path: string) => FieldError[] {
  return (source, path) => {
    const value = Number(source[field] ?? 0);
    return value >= 0 && value <= MAX_BYTE ? [] : [invalidValue(`${path}.${field}`, value, rangeText(0, MAX_BYTE))];
  };
}

function validateNfs(source: { readonly server?: string; readonly path?: string }, path: string): FieldError[] {
  const errors = [...requiredText(`${path}.server`, source.server), ...requiredText(`${path}.path`, source.path)];
  if (source.path && !source.path.startsWith('/')) {
    errors.push(invalidValue(`${path}.path`, source.path, 'must be an absolute path'));
  }
  return errors;
}

function validateFlocker({ datasetName, datasetUUID }: Source, path: string): FieldError[] {
  if (isEmpty(datasetName) && isEmpty(datasetUUID)) {
    return [required(path, 'one of datasetName and datasetUUID is required')];
  }
  const errors =
    isEmpty(datasetName) || isEmpty(datasetUUID)
      ? []
      : [invalidValue(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously')];
  return String(datasetName ?? '').includes('/')
    ? [...errors, invalidValue(`${path}.datasetName`, datasetName, "must not contain '/'")]
    : errors;
}

function validateQuobyte({ registry, volume }: Source, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (isEmpty(registry)) {
    errors.push(required(`${path}.registry`, 'must be a host:port pair or multiple pairs separated by commas'));
  } else if (String(registry).length >= 65) {
    errors.push(tooLong(`${path}.registry`, 65));
  } else {
    for (const pair of String(registry).split(',')) {
      if (/^[^:]*:[^:]+$/.test(pair)) continue;
      errors.push(
        invalidValue(`${path}.registry`, registry, 'must be a host:port pair or multiple pairs separated by commas'),
      );
    }
  }
  return isEmpty(volume) ? [...errors, required(`${path}.volume`)] : errors;
}

function validateIscsi(source: Source, path: string): FieldError[] {
  const { targetPortal, iqn, chapAuthDiscovery, chapAuthSession, secretRef } = source;
  const errors = isEmpty(targetPortal) ? [required(`${path}.targetPortal`)] : [];
  if (isEmpty(iqn)) errors.push(required(`${path}.iqn`));
  else if (!/^(iqn\.\d{4}-\d{2}\.|eui\.[0-9a-fA-F]{16}$|naa\.[0-9a-fA-F]{32}$)/.test(String(iqn))) {
    errors.push(invalidValue(`${path}.iqn`, iqn, 'must be valid format'));
  }
  errors.push(...inByte('lun')(source, path));
  if ((chapAuthDiscovery || chapAuthSession) && secretRef === undefined) errors.push(required(`${path}.secretRef`));
  return errors;
}

function validateFibreChannel({ targetWWNs, wwids, lun }: Source, path: string): FieldError[] {
  const at = `${path}.targetWWNs`;
  if (isEmpty(targetWWNs) && isEmpty(wwids)) {
    return [required(at, 'must specify either targetWWNs or wwids, but not both')];
  }
  if (!isEmpty(targetWWNs) && !isEmpty(wwids)) {
    return [invalidValue(at, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously')];
  }
  if (isEmpty(targetWWNs)) return [];
  if (lun === undefined) return [required(`${path}.lun`, 'lun is required if targetWWNs is specified')];
  return inByte('lun')({ lun }, path);
}

function validateLocal({ path: directory }: Source, path: string): FieldError[] {
  return isEmpty(directory) ? [] : noBacksteps(`${path}.path`, String(directory));
}

const CSI_SECRETS = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const;

function validateCsi(source: DeepReadonly<CSIPersistentVolumeSource>, path: string): FieldError[] {
  const errors = validateCsiDriverName(source.driver ?? '', `${path}.driver`);
  if (isEmpty(source.volumeHandle)) errors.push(required(`${path}.volumeHandle`));
  for (const field of CSI_SECRETS) {
    const reference = source[field];
    if (reference) errors.push(...validateSecretReference(reference, `${path}.${field}`));
  }
  return errors;
}

function validateSecretReference({ name = '', namespace = '' }: SecretReference, path: string): FieldError[] {
  return [
    ...(name === '' ? [required(`${path}.name`)] : invalidEach(`${path}.name`, name, checkDnsSubdomain(name))),
    ...(namespace === ''
      ? [required(`${path}.namespace`)]
      : invalidEach(`${path}.namespace`, namespace, checkDnsLabel(namespace))),
  ];
}
