import type { KubernetesObject, Persisted } from '@kubelab/api';

/** Something taken for a write: an address, a port. One of the two is called, once the write is decided. */
export interface Reservation {
  /** The write was made: give up what the object no longer uses. */
  commit?(): Promise<void>;
  /** The write was not made: give back what was taken for it. */
  undo?(): Promise<void>;
}

export interface HookCall {
  /** Nothing may be kept of what is reserved. */
  readonly dryRun: boolean;
}

/** What a kind needs beyond its (pure) strategy. One file a kind, one line in `kind-hooks.ts`. */
export interface KindHook<T extends KubernetesObject = KubernetesObject> {
  /** After defaults and admission, before validation. May change the object. */
  beforeCreate?(object: T, call: HookCall): Promise<Reservation | undefined>;
  beforeUpdate?(object: T, old: Persisted<T>, call: HookCall): Promise<Reservation | undefined>;
  /** The object is gone from the store. */
  afterDelete?(last: Persisted<T>): Promise<void>;
  /** Marks the object as going, when its deletion has to wait. */
  markDeleted?(object: T): void;
  /** True while something other than metadata.finalizers keeps the object. */
  holdsDeletion?(object: T): boolean;
}
