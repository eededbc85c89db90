import type { KubernetesObject, ResourceType } from '@kubelab/api';
import type { AdmissionChain } from '../admission/admission.js';
import type { ResourceStorage, StoredObject } from '../storage/storage.js';
import type { KindHook } from './hooks/kind-hook.js';
import type { Turns } from './turns.js';

/** Everything that a verb needs of one resource. */
export interface Scope<T extends KubernetesObject = KubernetesObject> {
  readonly resource: ResourceType<T>;
  readonly storage: ResourceStorage<T>;
  readonly admission: AdmissionChain;
  /** What the kind does beyond its strategy; undefined for most. */
  readonly hook: KindHook<T> | undefined;
  /** Seconds until an object expires by itself; undefined: never. */
  readonly timeToLiveSeconds: number | undefined;
  readonly nowMs: () => number;
  /** For those that change an object that is there. */
  readonly turns: Turns<StoredObject<T>>;
}
