import { definitions, type SchemaNode } from '@kubelab/api';

/** Fields that no full manifest has, and why. `Definition.field`. */
export const NOT_IN_MANIFESTS: Readonly<Record<string, string>> = {
  'PodSpec.ephemeralContainers': 'set through its subresource only',
  'Secret.stringData': 'only written',
  'CertificateSigningRequestSpec.username': 'set by the server',
  'CertificateSigningRequestSpec.groups': 'set by the server',
  'CertificateSigningRequestSpec.uid': 'set by the server',
  'CertificateSigningRequestSpec.extra': 'set by the server',
  'NodeSpec.configSource': 'no server uses it any more',
  'EventsEvent.deprecatedCount': 'refused in what is new',
  'EventsEvent.deprecatedFirstTimestamp': 'refused in what is new',
  'EventsEvent.deprecatedLastTimestamp': 'refused in what is new',
  'EventsEvent.deprecatedSource': 'refused in what is new',
  'Endpoint.deprecatedTopology': 'dropped',
  'Container.restartPolicyRules': 'behind a gate',
  'CSIDriverSpec.nodeAllocatableUpdatePeriodSeconds': 'behind a gate',
  'EnvVarSource.fileKeyRef': 'behind a gate',
  'LeaseSpec.preferredHolder': 'behind a gate',
  'LeaseSpec.strategy': 'behind a gate',
  'Lifecycle.stopSignal': 'behind a gate',
  'PodSpec.hostnameOverride': 'behind a gate',
  'RollingUpdateStatefulSetStrategy.maxUnavailable': 'behind a gate',
  'TypedObjectReference.namespace': 'behind a gate',
  'V2HPAScalingRules.tolerance': 'behind a gate',
  'Volume.image': 'behind a gate',
  'VolumeProjection.clusterTrustBundle': 'behind a gate',
  'VolumeProjection.podCertificate': 'behind a gate',
};

/** What only some kinds cannot have. `apiVersion Kind`. */
export const NOT_IN_KIND: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    [
      'v1 PodTemplate',
      'v1 ReplicationController',
      'apps/v1 ReplicaSet',
      'apps/v1 Deployment',
      'apps/v1 DaemonSet',
      'apps/v1 StatefulSet',
      'batch/v1 Job',
      'batch/v1 CronJob',
      'batch/v1beta1 CronJob',
    ].map((kind) => [
      kind,
      [
        // Whoever makes the pods says when they end.
        'PodSpec.activeDeadlineSeconds',
        ...(kind.endsWith('CronJob') ? ['JobSpec.manualSelector', 'JobSpec.selector'] : []),
      ],
    ]),
  ),
  'rbac.authorization.k8s.io/v1 Role': ['PolicyRule.nonResourceURLs'],
  // It would give its value to the pods of the others; false is left out.
  'scheduling.k8s.io/v1 PriorityClass': ['PriorityClass.globalDefault'],
};

/**
 * The fields below a kind that no object of the list sets, as `Definition.field`,
 * each once: what the schema has more than the manifests.
 */
export function uncovered(definition: string, objects: readonly object[]): string[] {
  const seen = new Map<string, Set<string>>();
  for (const object of objects) collect({ ref: definition }, object, seen);
  return [...reachable(definition)]
    .flatMap((name) => fieldsOf(name).map((field) => ({ name, field })))
    .filter(({ name, field }) => !seen.get(name)?.has(field))
    .map(({ name, field }) => `${name}.${field}`)
    .filter((field) => NOT_IN_MANIFESTS[field] === undefined);
}

function collect(node: SchemaNode, value: unknown, seen: Map<string, Set<string>>): void {
  if (Array.isArray(value)) for (const item of value) collect(node.items ?? {}, item, seen);
  else if (typeof value === 'object' && value !== null) {
    const { ref } = node;
    const properties = ref === undefined ? undefined : definitions[ref]?.properties;
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      if (ref !== undefined) seen.set(ref, (seen.get(ref) ?? new Set()).add(key));
      collect((properties ? properties[key] : node.additionalProperties) ?? {}, item, seen);
    }
  }
}

/** Metadata is the same of every kind, and status is not the client's. */
function fieldsOf(definition: string): string[] {
  const properties = Object.keys(definitions[definition]?.properties ?? {});
  return properties.filter(
    (field) => !['apiVersion', 'kind', 'metadata', 'status'].includes(field) || !isKind(definition),
  );
}

function isKind(definition: string): boolean {
  return definitions[definition]?.properties.metadata !== undefined;
}

function reachable(definition: string, found = new Set<string>()): Set<string> {
  if (found.has(definition)) return found;
  found.add(definition);
  for (const field of fieldsOf(definition)) {
    if (NOT_IN_MANIFESTS[`${definition}.${field}`] !== undefined) continue;
    // Inline there are CSI's volumes only, which PersistentVolume has.
    if (field === 'inlineVolumeSpec') continue;
    const node = definitions[definition]?.properties[field];
    for (const next of [node?.ref, node?.items?.ref, node?.additionalProperties?.ref]) {
      if (next !== undefined) reachable(next, found);
    }
  }
  return found;
}
