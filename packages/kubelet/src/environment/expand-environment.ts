import type { DeepReadonly, EnvVar, EnvVarSource } from '@kubelab/api';
import { ContainerConfigError, type EnvironmentSource, type ExpandEnvironment } from '../environment.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';
import { downwardField } from './downward-field.js';
import { environmentFromObjects } from './environment-from.js';
import { expandVariables } from './expand-variables.js';
import { containerOf, resourceField } from './resource-field.js';
import { serviceVariables } from './service-variables.js';

/**
 * The environment of a container: Services, then envFrom, then env. An `env`
 * value may refer to what came before it, to envFrom and to the Services.
 * Rejects with ContainerConfigError, in Kubernetes' words.
 */
export const expandEnvironment: ExpandEnvironment = async (pod, container, source, signal) => {
  const namespace = pod.metadata.namespace ?? '';
  const links = pod.spec?.enableServiceLinks ?? true;
  const services = serviceVariables(source.services, namespace, links);
  const serviceValues = new Map(services.map(({ name, value }) => [name, value]));
  const own = new Map<string, string>();
  try {
    await environmentFromObjects(pod, container, source, own, signal);
    for (const variable of container.env ?? []) {
      const lookup = (name: string) => own.get(name) ?? serviceValues.get(name);
      const value = await variableValue(pod, container, variable, source, lookup, signal);
      if (value !== undefined) own.set(variable.name, value);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new ContainerConfigError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  return [...services.filter(({ name }) => !own.has(name)), ...[...own].map(([name, value]) => ({ name, value }))];
};

/** Undefined: an optional reference to what is not there, which sets no variable. */
async function variableValue(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  variable: DeepReadonly<EnvVar>,
  source: EnvironmentSource,
  lookup: (name: string) => string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const literal = variable.value ?? '';
  if (literal !== '' || !variable.valueFrom) return expandVariables(literal, lookup);
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom;
  if (fieldRef) return downwardField(pod, fieldRef, source);
  if (resourceFieldRef) {
    return resourceField(
      containerOf(pod, resourceFieldRef.containerName ?? '', container),
      resourceFieldRef,
      source.node.allocatable,
    );
  }
  if (configMapKeyRef) return await configMapKey(pod, configMapKeyRef, source, signal);
  if (secretKeyRef) return await secretKey(pod, secretKeyRef, source, signal);
  throw new Error(`environment variable ${variable.name}: its source is not supported by this kubelet`);
}

type KeyReference = DeepReadonly<NonNullable<EnvVarSource['configMapKeyRef']>>;

async function configMapKey(
  pod: ReadonlyPod,
  { name = '', key, optional }: KeyReference,
  { lookups }: EnvironmentSource,
  signal: AbortSignal,
): Promise<string | undefined> {
  const namespace = pod.metadata.namespace ?? '';
  const configMap = await lookups.configMap(namespace, name, signal);
  const value = configMap?.data?.[key];
  if (value !== undefined || optional) return value;
  if (!configMap) throw new Error(`configmap "${name}" not found`);
  throw new Error(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
}

async function secretKey(
  pod: ReadonlyPod,
  { name = '', key, optional }: KeyReference,
  { lookups }: EnvironmentSource,
  signal: AbortSignal,
): Promise<string | undefined> {
  const namespace = pod.metadata.namespace ?? '';
  const secret = await lookups.secret(namespace, name, signal);
  const value = secret?.data?.[key];
  if (value !== undefined) return Buffer.from(value, 'base64').toString('utf8');
  if (optional) return undefined;
  if (!secret) throw new Error(`secret "${name}" not found`);
  throw new Error(`couldn't find key ${key} in Secret ${namespace}/${name}`);
}
