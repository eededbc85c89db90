import type { KubernetesObject, ObjectKey, Persisted, ResourceType } from '@kubelab/api';
import type { User } from '../authn/user.js';

export interface AdmissionRequest<T extends KubernetesObject = KubernetesObject> {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly resource: ResourceType<T>;
  readonly subresource: string;
  readonly key: ObjectKey;
  /** The object to be written, which `admit` may change; undefined for DELETE. */
  readonly object: T | undefined;
  readonly old: Persisted<T> | undefined;
  readonly user: User;
  readonly dryRun: boolean;
}

/** One link of the chain. Both methods refuse by throwing an ApiError. */
export interface AdmissionPlugin {
  /** As in Kubernetes' --enable-admission-plugins. */
  readonly name: string;
  /** May change the object; before validation. */
  admit?(request: AdmissionRequest): Promise<void> | void;
  /** Sees the object as it will be stored. */
  validate?(request: AdmissionRequest): Promise<void> | void;
}

/** The plugins of a server, in their order. */
export interface AdmissionChain {
  admit(request: AdmissionRequest): Promise<void>;
  validate(request: AdmissionRequest): Promise<void>;
}

export function admissionChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  const admitting = plugins.filter((plugin) => plugin.admit !== undefined);
  const validating = plugins.filter((plugin) => plugin.validate !== undefined);
  return {
    async admit(request) {
      for (const plugin of admitting) {
        const pending = plugin.admit?.(request);
        if (pending !== undefined) await pending;
      }
    },
    async validate(request) {
      for (const plugin of validating) {
        const pending = plugin.validate?.(request);
        if (pending !== undefined) await pending;
      }
    },
  };
}
