import type { Storage } from '../storage/storage.js';
import { type AdmissionChain, admissionChain } from './admission.js';
import { defaultTolerationSeconds } from './default-toleration-seconds.js';
import { namespaceLifecycle } from './namespace-lifecycle.js';
import { priority } from './priority.js';
import { serviceAccount } from './service-account.js';
import { taintNodesByCondition } from './taint-nodes-by-condition.js';

export interface AdmissionOptions {
  /** How long a pod stays on a node that is not ready. Default 300. */
  readonly defaultNotReadyTolerationSeconds?: number;
  /** How long a pod stays on a node that cannot be reached. Default 300. */
  readonly defaultUnreachableTolerationSeconds?: number;
}

/** Every plugin, in the order in which it sees a request. */
export function defaultAdmission(storage: Storage, options: AdmissionOptions = {}): AdmissionChain {
  return admissionChain([
    // First: nothing else need look at what has no namespace to live in.
    namespaceLifecycle(storage),
    // Before those that read the pod's spec: it names the account.
    serviceAccount(),
    // A new node stays empty until its kubelet has said that it is ready.
    taintNodesByCondition(),
    // Names become numbers, which the scheduler's queue sorts by.
    priority(),
    // Last of the changing ones: adds only what the pod and the others left open.
    defaultTolerationSeconds(options),
  ]);
}
