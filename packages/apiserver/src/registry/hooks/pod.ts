import { type Pod, pods } from '@kubelab/api';
import type { KindHook } from './kind-hook.js';

const DEFAULT_GRACE_SECONDS = 30;

/** A pod that runs somewhere is given time to stop; its kubelet then deletes it with no grace. */
export const podHook: KindHook<Pod> & { resource: typeof pods } = {
  resource: pods,
  gracePeriodSeconds({ spec, status }, requested) {
    const neverRan = !spec?.nodeName;
    const over = status?.phase === 'Failed' || status?.phase === 'Succeeded';
    if (neverRan || over) return 0;
    return requested ?? spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  },
};
