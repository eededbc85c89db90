import type { DeepReadonly, EnvFromSource } from '@kubelab/api';
import type { EnvironmentSource } from '../environment.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';

/** Kubernetes 1.34 (KEP-4369): any printable ASCII character except `=`. */
const VARIABLE_NAME = /^[\x20-\x3c\x3e-\x7e]+$/;

/**
 * Adds the variables of a container's envFrom, each name with its prefix; a
 * later source replaces an earlier one. Names that cannot be are skipped and
 * told through `source.warn`. Throws for an object that is missing and not optional.
 */
export async function environmentFromObjects(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  source: EnvironmentSource,
  into: Map<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const namespace = pod.metadata.namespace ?? '';
  for (const from of container.envFrom ?? []) {
    const found = await entriesOf(namespace, from, source, signal);
    if (!found) continue;
    const invalid: string[] = [];
    for (const [key, value] of found.entries) {
      const name = `${from.prefix ?? ''}${key}`;
      if (VARIABLE_NAME.test(name)) into.set(name, value);
      else invalid.push(name);
    }
    if (invalid.length > 0) {
      source.warn?.(
        'InvalidEnvironmentVariableNames',
        `Keys [${invalid.sort().join(', ')}] from the EnvFrom ${found.kind} ${namespace}/${found.name} were skipped since they are considered invalid environment variable names.`,
      );
    }
  }
}

interface FoundEntries {
  readonly kind: 'configMap' | 'secret';
  readonly name: string;
  readonly entries: readonly (readonly [string, string])[];
}

async function entriesOf(
  namespace: string,
  { configMapRef, secretRef }: DeepReadonly<EnvFromSource>,
  { lookups }: EnvironmentSource,
  signal: AbortSignal,
): Promise<FoundEntries | undefined> {
  if (configMapRef) {
    const name = configMapRef.name ?? '';
    const configMap = await lookups.configMap(namespace, name, signal);
    if (configMap) return { kind: 'configMap', name, entries: Object.entries(configMap.data ?? {}) };
    if (!configMapRef.optional) throw new Error(`configmap "${name}" not found`);
  } else if (secretRef) {
    const name = secretRef.name ?? '';
    const secret = await lookups.secret(namespace, name, signal);
    if (secret) {
      const entries = Object.entries(secret.data ?? {});
      const decoded = entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')] as const);
      return { kind: 'secret', name, entries: decoded };
    }
    if (!secretRef.optional) throw new Error(`secret "${name}" not found`);
  }
  return undefined;
}
