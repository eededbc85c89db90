import type { FieldError } from './errors.js';
import type { KubernetesObject, Persisted } from './object.js';

/**
 * One row of the resource table: everything that is true of a kind. Both faces
 * of the apiserver, all clients and all printers read it from here; adding a
 * kind is one row, and a strategy file only where it behaves specially.
 */
export interface ResourceType<T extends KubernetesObject = KubernetesObject> {
  /** "" for core. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Lower case, `pods`; the path segment and the storage key's. */
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** `all` for those that `kubectl get all` lists. */
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Name in `definitions`; the TypeScript type's name. */
  readonly definition: string;
  readonly subresources: readonly Subresource[];
  /** What `kubectl get` prints; the first is always the name. */
  readonly columns: readonly PrinterColumn<T>[];
  /** Fields that a field selector may name, and how to read them. metadata.name and metadata.namespace are always there. */
  readonly selectableFields: Readonly<Record<string, (object: T) => string>>;
  readonly strategy: ResourceStrategy<T>;
  /** What may be asked of it, and discovery announces; all of them by default. */
  readonly verbs?: readonly ResourceVerb[];
  /** False where nothing of the kind is kept: a review is answered and forgotten. Default true. */
  readonly stored?: boolean;
  /** Set where the kind is another version, or another group, of objects that are stored as another row says. */
  readonly view?: ResourceView<T>;
  /** Carries the type for `client.get(pods, …)`; never set. */
  readonly example?: T;
}

/**
 * How one stored kind looks in another version. Each kind is stored in one
 * version only; the registry converts at its edge, for every verb. Neither
 * function changes what it is given, and nothing is lost on the way there and back.
 */
export interface ResourceView<T extends KubernetesObject = KubernetesObject> {
  /** The row of the kind as it is stored. It has no hook of its own in the registry. */
  readonly of: ResourceType;
  fromStored(object: KubernetesObject): T;
  toStored(object: T): KubernetesObject;
  /** Sent as a `Warning` with every answer. */
  readonly deprecation?: string;
}

export type ResourceVerb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export interface Subresource {
  /** `status`, `scale`, `binding`, `log`, `exec`, … */
  readonly name: string;
  readonly kind: string;
  /** Where the kind is not of the resource's own group: Scale is autoscaling/v1. */
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

export interface PrinterColumn<T> {
  /** As `kubectl get` prints it, in title case: `Ready`, `Nominated Node`. */
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description: string;
  /** 0: always; 1: with -o wide. */
  readonly priority: 0 | 1;
  /** `nowMs` is for ages. The value is printed as it is. */
  readonly value: (object: Persisted<T & KubernetesObject>, nowMs: number) => string | number | boolean;
}

/** What a strategy may know of the request that it serves. */
export interface StrategyRequest {
  readonly user: {
    readonly name: string;
    readonly uid?: string | undefined;
    readonly groups: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
  };
  readonly nowMs: number;
}

/**
 * How a kind behaves beyond its schema. All functions are pure; those that
 * change the object change the one they are given (the registry's own copy).
 * Required fields, types and unknown fields are already checked.
 */
export interface ResourceStrategy<T extends KubernetesObject = KubernetesObject> {
  /** Fills in what Kubernetes fills in. Idempotent. Runs at create and update. */
  setDefaults?(object: T): void;
  /** Drops what a client may not set (status), sets generation-like fields. */
  prepareForCreate?(object: T, request?: StrategyRequest): void;
  /** Carries over what this write may not change. Not called for subresources. */
  prepareForUpdate?(object: T, old: Persisted<T>): void;
  /** As {@link prepareForUpdate}, for `status` and other parts that are written apart; spec is `old`'s already. */
  prepareForSubresource?(object: T, old: Persisted<T>, subresource: string, request: StrategyRequest): void;
  /** Metadata is validated by the registry; this is the rest. */
  validate?(object: T): FieldError[];
  /** Only at creation. `validate` runs as well. */
  validateCreate?(object: T): FieldError[];
  /** What may not change. `validate` runs as well. */
  validateUpdate?(object: T, old: Persisted<T>): FieldError[];
  /** For `status` and other parts that are written apart, after spec has been taken from `old`. */
  validateStatusUpdate?(object: T, old: Persisted<T>, subresource?: string): FieldError[];
  /** What is allowed but unwise, for `Warning` headers; `old` is undefined at creation. Not called for subresources. */
  warnings?(object: T, old: Persisted<T> | undefined): string[];
  /**
   * True when metadata.generation counts changes of spec (or of all but
   * metadata and status). Default: true if the kind has a `spec`.
   */
  readonly tracksGeneration?: boolean;
  /** Rule for metadata.name: default `dnsSubdomain`. */
  readonly nameRule?: 'dnsSubdomain' | 'dnsLabel' | 'dns1035Label' | 'pathSegment' | 'ipAddress' | 'any';
  /** PUT of a missing object creates it (Kubernetes allows it for some kinds). */
  readonly allowCreateOnUpdate?: boolean;
  /** PUT without metadata.resourceVersion is an unconditional update. Default true. */
  readonly allowUnconditionalUpdate?: boolean;
  /** Seconds that a delete without gracePeriodSeconds waits; undefined: at once. */
  defaultGracePeriodSeconds?(object: Persisted<T>): number | undefined;
  /** What becomes of dependents where a delete does not say: Kubernetes keeps `Orphan` for a few old kinds. Default `Background`. */
  readonly defaultPropagationPolicy?: 'Orphan' | 'Background';
  /** How the kind is scaled, for its `scale` subresource. */
  readonly scale?: {
    readonly getReplicas: (object: T) => number;
    readonly setReplicas: (object: T, replicas: number) => void;
    readonly getStatusReplicas: (object: T) => number;
    /** Serialized label selector. */
    readonly getSelector: (object: T) => string;
  };
  /** A delete answers with the object as it last was; Kubernetes does so for some kinds only. Default false: with a Status. */
  readonly returnsDeletedObject?: boolean;
  /** Seconds until the object expires by itself (Events). */
  readonly timeToLiveSeconds?: number;
}

/** `v1`, `apps/v1`. */
export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}
