import type { ConfigMap, DeepReadonly, Secret } from '@kubelab/api';

/**
 * The objects that pods refer to by name. Undefined: there is no such object.
 * Rejects with an ApiError when the apiserver cannot be asked.
 */
export interface ObjectLookups {
  configMap(namespace: string, name: string, signal: AbortSignal): Promise<DeepReadonly<ConfigMap> | undefined>;
  secret(namespace: string, name: string, signal: AbortSignal): Promise<DeepReadonly<Secret> | undefined>;
}

/** What pods may ask of their node, through the downward API and service environment variables. */
export interface NodeFacts {
  readonly name: string;
  /** status.hostIP of its pods. */
  readonly ip: string;
  /** Quantities by resource name: what an unset limit falls back to in a resourceFieldRef. */
  readonly allocatable: Readonly<Record<string, string>>;
}
