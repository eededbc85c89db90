import type { DeleteOptions, KubernetesObject, ObjectKey, Persisted, ResourceType } from '@kubelab/api';
import type { User } from '../authn/user.js';
import type { RequestContext } from '../registry/request.js';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE';

export interface AdmissionRequest<T extends KubernetesObject = KubernetesObject> {
  readonly operation: AdmissionOperation;
  readonly resource: ResourceType<T>;
  readonly subresource: string;
  readonly key: ObjectKey;
  /** The object to be written, which `admit` may change; undefined for DELETE. Of a subresource: what was sent to it. */
  readonly object: T | undefined;
  /** What is stored now; undefined for CREATE, and for DELETE in `admit`. */
  readonly old: Persisted<T> | undefined;
  /** Of a DELETE. */
  readonly deleteOptions: DeleteOptions | undefined;
  readonly user: User;
  readonly dryRun: boolean;
  /** The client sees it as a `Warning` header. */
  warn(text: string): void;
  /** Goes into the audit event, where there is one. */
  annotate(key: string, value: string): void;
  /** Called if what was admitted is not written after all: gives back what `validate` took. */
  ifNotWritten(undo: () => Promise<void>): void;
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

/** What a verb says of its request. */
export interface AdmissionSubject<T extends KubernetesObject> {
  readonly operation: AdmissionOperation;
  readonly resource: ResourceType<T>;
  readonly key: ObjectKey;
  readonly subresource?: string;
  readonly object?: T;
  readonly old?: Persisted<T>;
  readonly deleteOptions?: DeleteOptions;
  readonly dryRun: boolean;
  readonly context: RequestContext;
}

/** A request for the chain, and how to give back what was taken for it. */
export interface AdmissionAttempt {
  readonly request: AdmissionRequest;
  /** The write was not made. Never called twice. */
  undo(): Promise<void>;
}

export function admissionAttempt<T extends KubernetesObject>(subject: AdmissionSubject<T>): AdmissionAttempt {
  const { context, operation, resource, key, subresource = '', dryRun, object, old, deleteOptions } = subject;
  const undoes: (() => Promise<void>)[] = [];
  const request: AdmissionRequest<T> = {
    operation,
    resource,
    subresource,
    key,
    object,
    old,
    deleteOptions,
    user: context.user,
    dryRun,
    warn: context.warn,
    annotate: (name, value) => context.annotate?.(name, value),
    ifNotWritten: (undo) => undoes.push(undo),
  };
  return {
    // The chain is the same for every kind; its plugins look at the resource before they read the object.
    request: request as unknown as AdmissionRequest,
    async undo() {
      for (const undo of undoes.splice(0)) await undo();
    },
  };
}
