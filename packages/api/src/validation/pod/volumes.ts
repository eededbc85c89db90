import type { FieldError } from '../../errors.js';
import type {
  CSIVolumeSource,
  DownwardAPIVolumeFile,
  EphemeralVolumeSource,
  GitRepoVolumeSource,
  KeyToPath,
  ProjectedVolumeSource,
  Volume,
  VolumeProjection,
} from '../../generated/types.js';
import type { DeepReadonly } from '../../object.js';
import { validateCsiDriverName } from '../csi-driver-name.js';
import { duplicate, forbidden, invalidEach, invalidValue, required } from '../field-error.js';
import { checkDnsLabel, checkDnsSubdomain } from '../names.js';
import { validateAnnotations, validateLabels } from '../object-meta.js';
import { validateClaimSpec } from '../persistent-volume-claim.js';
import { descendingPath, fileMode, projectedPath, requiredText } from '../values.js';
import { validateSharedSource } from '../volume-sources.js';
import { VOLUME_FIELDS, validateFieldRef, validateResourceFieldRef } from './field-selector.js';
import { validateQuantity } from './resources.js';

const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

export interface ValidatedVolumes {
  readonly errors: FieldError[];
  /** Names of the volumes that are right; mounts of all others are reported as well. */
  readonly names: ReadonlySet<string>;
}

export function validateVolumes(volumes: DeepReadonly<Volume[]>, path: string): ValidatedVolumes {
  const names = new Set<string>();
  const errors: FieldError[] = [];
  volumes.forEach((volume, i) => {
    const name = volume.name ?? '';
    const namePath = `${path}[${i}].name`;
    const found = validateVolumeSource(volume, `${path}[${i}]`);
    found.push(...(name === '' ? [required(namePath)] : invalidEach(namePath, name, checkDnsLabel(name))));
    if (names.has(name)) found.push(duplicate(namePath, name));
    if (found.length === 0) names.add(name);
    errors.push(...found);
  });
  return { errors, names };
}

function validateVolumeSource(volume: DeepReadonly<Volume>, path: string): FieldError[] {
  const [first, ...others] = Object.keys(volume).filter(
    (key) => key !== 'name' && volume[key as keyof Volume] !== undefined,
  );
  if (first === undefined) return [required(path, 'must specify a volume type')];
  return [
    ...validateSource(volume, path),
    ...others.map((type) => forbidden(`${path}.${type}`, 'may not specify more than 1 volume type')),
  ];
}

function validateSource(volume: DeepReadonly<Volume>, path: string): FieldError[] {
  const { emptyDir, secret, configMap, downwardAPI, projected, persistentVolumeClaim, image } = volume;
  const { csi, ephemeral, gitRepo } = volume;
  if (emptyDir?.sizeLimit !== undefined) {
    const sizePath = `${path}.emptyDir.sizeLimit`;
    return validateQuantity(emptyDir.sizeLimit, sizePath, ({ nano }) =>
      nano < 0n ? [forbidden(sizePath, 'SizeLimit field must be a valid resource quantity')] : [],
    );
  }
  if (secret) {
    return [
      ...requiredText(`${path}.secret.secretName`, secret.secretName),
      ...validateKeyFiles(secret.defaultMode, secret.items, `${path}.secret`),
    ];
  }
  if (configMap) {
    return [
      ...requiredText(`${path}.configMap.name`, configMap.name),
      ...validateKeyFiles(configMap.defaultMode, configMap.items, `${path}.configMap`),
    ];
  }
  if (downwardAPI) {
    return [
      ...fileMode(`${path}.downwardAPI.defaultMode`, downwardAPI.defaultMode),
      ...(downwardAPI.items ?? []).flatMap((file) => validateDownwardFile(file, `${path}.downwardAPI`)),
    ];
  }
  if (projected) return validateProjected(projected, `${path}.projected`);
  if (persistentVolumeClaim) {
    return requiredText(`${path}.persistentVolumeClaim.claimName`, persistentVolumeClaim.claimName);
  }
  if (image) return requiredText(`${path}.image.reference`, image.reference);
  if (csi) return validateInlineCsi(csi, `${path}.csi`);
  if (ephemeral) return validateEphemeral(ephemeral, `${path}.ephemeral`);
  if (gitRepo) return validateGitRepo(gitRepo, `${path}.gitRepo`);
  return Object.entries(volume).flatMap(([field, source]) =>
    typeof source === 'object' ? (validateSharedSource(field, source, path) ?? []) : [],
  );
}

function validateInlineCsi(source: DeepReadonly<CSIVolumeSource>, path: string): FieldError[] {
  const errors = validateCsiDriverName(source.driver ?? '', `${path}.driver`);
  if (source.nodePublishSecretRef === undefined) return errors;
  const { name = '' } = source.nodePublishSecretRef;
  return [
    ...errors,
    // The second path is Kubernetes' own.
    ...(name === ''
      ? [required(`${path}.nodePublishSecretRef.name`)]
      : invalidEach(`${path}.name`, name, checkDnsSubdomain(name))),
  ];
}

function validateEphemeral({ volumeClaimTemplate: template }: DeepReadonly<EphemeralVolumeSource>, path: string) {
  const at = `${path}.volumeClaimTemplate`;
  if (template === undefined) return [required(at)];
  return [
    ...validateAnnotations(template.metadata?.annotations, `${at}.metadata.annotations`),
    ...validateLabels(template.metadata?.labels, `${at}.metadata.labels`),
    ...validateClaimSpec(template.spec ?? {}, `${at}.spec`),
  ];
}

function validateGitRepo(
  { repository, directory = '' }: DeepReadonly<GitRepoVolumeSource>,
  path: string,
): FieldError[] {
  return [...requiredText(`${path}.repository`, repository), ...descendingPath(`${path}.directory`, directory)];
}

function validateKeyFiles(
  defaultMode: number | undefined,
  items: DeepReadonly<KeyToPath[]> | undefined,
  path: string,
): FieldError[] {
  return [
    ...fileMode(`${path}.defaultMode`, defaultMode),
    ...(items ?? []).flatMap((item, i) => validateKeyToPath(item, `${path}.items[${i}]`)),
  ];
}

function validateKeyToPath(item: DeepReadonly<KeyToPath>, path: string): FieldError[] {
  return [
    ...requiredText(`${path}.key`, item.key),
    ...requiredText(`${path}.path`, item.path),
    ...projectedPath(`${path}.path`, item.path ?? ''),
    ...fileMode(`${path}.mode`, item.mode),
  ];
}

/** Kubernetes reports these without the item's index. */
function validateDownwardFile(file: DeepReadonly<DownwardAPIVolumeFile>, path: string): FieldError[] {
  const errors = [...requiredText(`${path}.path`, file.path), ...projectedPath(`${path}.path`, file.path ?? '')];
  if (file.fieldRef) {
    errors.push(...validateFieldRef(file.fieldRef, VOLUME_FIELDS, `${path}.fieldRef`));
    if (file.resourceFieldRef) {
      errors.push(invalidValue(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    }
  } else if (file.resourceFieldRef) {
    errors.push(...validateResourceFieldRef(file.resourceFieldRef, `${path}.resourceFieldRef`, true));
  } else {
    errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  return [...errors, ...fileMode(`${path}.mode`, file.mode)];
}

function validateProjected(projected: DeepReadonly<ProjectedVolumeSource>, path: string): FieldError[] {
  const errors = fileMode(`${path}.defaultMode`, projected.defaultMode);
  const filePaths = new Set<string>();
  (projected.sources ?? []).forEach((source, i) => {
    errors.push(...validateProjection(source, `${path}.sources[${i}]`));
    for (const { owner, filePath } of pathsOf(source)) {
      if (filePaths.has(filePath)) errors.push(invalidValue(path, owner, 'conflicting duplicate paths'));
      filePaths.add(filePath);
    }
  });
  return errors;
}

function pathsOf(source: DeepReadonly<VolumeProjection>): { owner: string; filePath: string }[] {
  const listed = [
    ...(source.secret?.items ?? []).map((item) => ({ owner: source.secret?.name ?? '', filePath: item.path })),
    ...(source.configMap?.items ?? []).map((item) => ({ owner: source.configMap?.name ?? '', filePath: item.path })),
    ...(source.downwardAPI?.items ?? []).map((item) => ({ owner: item.path, filePath: item.path })),
  ];
  if (source.serviceAccountToken) {
    listed.push({ owner: source.serviceAccountToken.path, filePath: source.serviceAccountToken.path });
  }
  return listed.filter(({ filePath }) => filePath);
}

function validateProjection(source: DeepReadonly<VolumeProjection>, path: string): FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken } = source;
  const errors: FieldError[] = [];
  if (secret) {
    errors.push(...requiredText(`${path}.secret.name`, secret.name));
    errors.push(...validateKeyFiles(undefined, secret.items, `${path}.secret`));
  }
  if (configMap) {
    errors.push(...requiredText(`${path}.configMap.name`, configMap.name));
    errors.push(...validateKeyFiles(undefined, configMap.items, `${path}.configMap`));
  }
  for (const file of downwardAPI?.items ?? []) errors.push(...validateDownwardFile(file, `${path}.downwardAPI`));
  if (serviceAccountToken) errors.push(...validateToken(serviceAccountToken, `${path}.serviceAccountToken`));
  const present = Object.keys(source).filter((key) => source[key as keyof VolumeProjection] !== undefined);
  for (const type of present.slice(1)) {
    errors.push(forbidden(`${path}.${type}`, 'may not specify more than 1 volume type per source'));
  }
  return errors;
}

function validateToken(
  token: { readonly path?: string; readonly expirationSeconds?: number },
  path: string,
): FieldError[] {
  const { path: filePath = '', expirationSeconds = 3600 } = token;
  const errors: FieldError[] = [];
  const secondsPath = `${path}.expirationSeconds`;
  if (expirationSeconds < MIN_TOKEN_SECONDS) {
    errors.push(invalidValue(secondsPath, expirationSeconds, 'may not specify a duration less than 10 minutes'));
  }
  if (expirationSeconds > MAX_TOKEN_SECONDS) {
    errors.push(invalidValue(secondsPath, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
  }
  return [...errors, ...(filePath === '' ? [required(`${path}.path`)] : projectedPath(`${path}.path`, filePath))];
}
