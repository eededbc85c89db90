import type {
  Affinity,
  Container,
  NodeSelectorTerm,
  ObjectMeta,
  PodAffinityTerm,
  PodSpec,
  PodTemplateSpec,
  Quantity,
  Volume,
} from '../generated/types.js';
import type { DeepReadonly, KubernetesObject } from '../object.js';
import { quantityMilliValue } from '../quantity/quantity.js';
import { quote } from '../validation/field-error.js';
import { portWarnings } from './port-warnings.js';
import { overlappingPathWarnings } from './volume-path-warnings.js';

/**
 * What Kubernetes allows in pods and nevertheless warns of: what is deprecated,
 * what does nothing any more, what is there twice. Sent as `Warning` headers.
 */
interface Warned {
  /** `spec.template`; "" for a pod. */
  readonly path: string;
  readonly metadata: DeepReadonly<ObjectMeta>;
  readonly spec: DeepReadonly<PodSpec>;
}

const DEPRECATED_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

const DEPRECATED_ANNOTATIONS: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};

const DEPRECATED_VOLUMES: Readonly<Partial<Record<keyof Volume, string>>> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
};

const POD_SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';
const CONTAINER_SECCOMP = 'container.seccomp.security.alpha.kubernetes.io/';
const CONTAINER_APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const USE_SECCOMP_FIELD = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const NO_POD = 'a null labelSelector results in matching no pod';

export function podSpecWarnings(spec: DeepReadonly<PodSpec> | undefined, metadata: ObjectMeta = {}): string[] {
  return spec === undefined ? [] : warningsOf({ path: '', spec, metadata });
}

/** Of the template of `object` at `path`: when it is new, and when a write has changed what is wanted of it. */
export function podTemplateWarnings(
  template: DeepReadonly<PodTemplateSpec> | undefined,
  path: string,
  object: KubernetesObject,
  old: KubernetesObject | undefined,
): string[] {
  const isSame = old !== undefined && object.metadata?.generation === old.metadata?.generation;
  if (isSame || template?.spec === undefined) return [];
  return warningsOf({ path, spec: template.spec, metadata: template.metadata ?? {} });
}

function warningsOf(warned: Warned): string[] {
  const { spec } = warned;
  const containers = containersOf(warned);
  return [
    ...nodeLabelWarnings(warned),
    ...annotationWarnings(warned),
    ...volumeWarnings(warned),
    ...overlappingPathWarnings(spec.volumes ?? []),
    ...repeated(spec.hostAliases ?? [], ({ ip }) => ip, at(warned, 'spec.hostAliases'), 'ip'),
    ...pullSecretWarnings(warned),
    ...fractionWarnings(spec.overhead, at(warned, 'spec.overhead')),
    ...podSeccompWarnings(warned),
    ...containers.flatMap(({ container, path }) => containerWarnings(warned, container, path)),
    ...portWarnings(containers),
    ...graceWarnings(warned),
    ...podAffinityWarnings(spec.affinity, at(warned, 'spec.affinity')),
  ];
}

function at({ path }: Warned, field: string): string {
  return path === '' ? field : `${path}.${field}`;
}

function containersOf(warned: Warned): { container: DeepReadonly<Container>; path: string }[] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((field) =>
    (warned.spec[field] ?? []).map((container, i) => ({ container, path: at(warned, `spec.${field}[${i}]`) })),
  );
}

function nodeLabelWarnings(warned: Warned): string[] {
  const { nodeSelector = {}, affinity, topologySpreadConstraints = [] } = warned.spec;
  const node = at(warned, 'spec.affinity.nodeAffinity');
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...Object.keys(nodeSelector)
      .filter((key) => Object.hasOwn(DEPRECATED_LABELS, key))
      .map((key) => `${at(warned, 'spec.nodeSelector')}[${key}]: ${DEPRECATED_LABELS[key]}`),
    ...required.flatMap((term, i) =>
      termWarnings(term, `${node}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`),
    ),
    ...preferred.flatMap(({ preference }, i) =>
      termWarnings(preference, `${node}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`),
    ),
    ...topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, i) => {
      const path = at(warned, `spec.topologySpreadConstraints[${i}]`);
      const noPod = labelSelector === undefined ? [`${path}.labelSelector: ${NO_POD}`] : [];
      return [...labelWarnings(topologyKey, `${path}.topologyKey`), ...noPod];
    }),
  ];
}

function termWarnings({ matchExpressions = [] }: DeepReadonly<NodeSelectorTerm>, path: string): string[] {
  return matchExpressions.flatMap(({ key }, i) => labelWarnings(key, `${path}.matchExpressions[${i}].key`));
}

function labelWarnings(key: string, path: string): string[] {
  return Object.hasOwn(DEPRECATED_LABELS, key) ? [`${path}: ${key} is ${DEPRECATED_LABELS[key]}`] : [];
}

function annotationWarnings(warned: Warned): string[] {
  const { annotations } = warned.metadata;
  if (annotations === undefined) return [];
  return Object.entries(DEPRECATED_ANNOTATIONS)
    .filter(([key]) => Object.hasOwn(annotations, key))
    .map(([key, text]) => `${at(warned, 'metadata.annotations')}[${key}]: ${text}`);
}

function volumeWarnings(warned: Warned): string[] {
  return (warned.spec.volumes ?? []).flatMap((volume, i) =>
    Object.keys(volume)
      .filter((type) => Object.hasOwn(DEPRECATED_VOLUMES, type) && volume[type as keyof Volume] !== undefined)
      .map((type) => {
        const path = at(warned, `spec.volumes[${i}].${type === 'storageos' ? 'storageOS' : type}`);
        return `${path}: ${DEPRECATED_VOLUMES[type as keyof Volume]}`;
      }),
  );
}

function pullSecretWarnings(warned: Warned): string[] {
  const secrets = warned.spec.imagePullSecrets ?? [];
  const path = at(warned, 'spec.imagePullSecrets');
  return [
    ...repeated(secrets, ({ name = '' }) => name, path, 'name'),
    ...secrets.flatMap(({ name = '' }, i) => (name === '' ? [`${path}[${i}].name: invalid empty name ""`] : [])),
  ];
}

function repeated<T>(items: readonly T[], read: (item: T) => string, path: string, field: string): string[] {
  const seen = new Set<string>();
  return items.flatMap((item, i) => {
    const value = read(item);
    if (seen.has(value)) return [`${path}[${i}].${field}: duplicate ${field} ${quote(value)}`];
    seen.add(value);
    return [];
  });
}

function podSeccompWarnings(warned: Warned): string[] {
  const isSet = warned.metadata.annotations?.[POD_SECCOMP] !== undefined;
  if (!isSet || warned.spec.securityContext?.seccompProfile !== undefined) return [];
  return [`${at(warned, 'metadata.annotations')}[${POD_SECCOMP}]: ${USE_SECCOMP_FIELD}`];
}

function containerWarnings(warned: Warned, container: DeepReadonly<Container>, path: string): string[] {
  const { name, securityContext, resources } = container;
  const annotations = warned.metadata.annotations ?? {};
  const [seccomp, appArmor] = [`${CONTAINER_SECCOMP}${name}`, `${CONTAINER_APP_ARMOR}${name}`];
  const warnings: string[] = [];
  if (annotations[seccomp] !== undefined && securityContext?.seccompProfile === undefined) {
    warnings.push(`${at(warned, 'metadata.annotations')}[${seccomp}]: ${USE_SECCOMP_FIELD}`);
  }
  const profile = securityContext?.appArmorProfile ?? warned.spec.securityContext?.appArmorProfile;
  if (warned.path !== '' && annotations[appArmor] !== undefined && profile === undefined) {
    const text = 'deprecated since v1.30; use the "appArmorProfile" field instead';
    warnings.push(`${at(warned, 'metadata.annotations')}[${appArmor}]: ${text}`);
  }
  return [
    ...warnings,
    ...fractionWarnings(resources?.limits, `${path}.resources.limits`),
    ...fractionWarnings(resources?.requests, `${path}.resources.requests`),
    ...environmentWarnings(container, `${path}.env`),
  ];
}

/** Bytes come whole; `100m` of memory is a tenth of one. */
function fractionWarnings(list: Readonly<Record<string, Quantity>> | undefined, path: string): string[] {
  return ['memory', 'ephemeral-storage'].flatMap((resource) => {
    const quantity = list?.[resource];
    if (quantity === undefined || quantityMilliValue(quantity) % 1000 === 0) return [];
    return [`${path}[${resource}]: fractional byte value ${quote(quantity)} is invalid, must be an integer`];
  });
}

/** A later variable may build on the one before it; otherwise the first is lost to whoever merges by name. */
function environmentWarnings({ env = [] }: DeepReadonly<Container>, path: string): string[] {
  const seen = new Set<string>();
  return env.flatMap(({ name, value = '', valueFrom }, i) => {
    const reference = `$(${name})`;
    const builds = valueFrom === undefined && value !== reference && value.includes(reference);
    const isFirst = !seen.has(name);
    seen.add(name);
    if (isFirst || builds) return [];
    return [`${path}[${i}]: hides previous definition of ${quote(name)}, which may be dropped when using apply`];
  });
}

function graceWarnings(warned: Warned): string[] {
  if ((warned.spec.terminationGracePeriodSeconds ?? 0) >= 0) return [];
  const text = 'must be >= 0; negative values are invalid and will be treated as 1';
  return [`${at(warned, 'spec.terminationGracePeriodSeconds')}: ${text}`];
}

function podAffinityWarnings(affinity: DeepReadonly<Affinity> | undefined, path: string): string[] {
  if (affinity === undefined) return [];
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => {
    const required = affinity[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const preferred = affinity[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const warn = ({ labelSelector }: DeepReadonly<PodAffinityTerm>, at: string): string[] =>
      labelSelector === undefined ? [`${at}.labelSelector: ${NO_POD}`] : [];
    return [
      ...required.flatMap((term, i) =>
        warn(term, `${path}.${kind}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`),
      ),
      ...preferred.flatMap(({ podAffinityTerm }, i) =>
        warn(podAffinityTerm, `${path}.${kind}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm`),
      ),
    ];
  });
}
