import type { Toleration } from '@kubelab/api';
import type { AdmissionPlugin } from './admission.js';
import { writtenPod } from './new-pod.js';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';

export interface TolerationSeconds {
  readonly defaultNotReadyTolerationSeconds?: number;
  readonly defaultUnreachableTolerationSeconds?: number;
}

/**
 * A pod leaves a lost node after five minutes, unless it says otherwise itself.
 * An update gets it too: a manifest that a pod was made from can replace it.
 */
export function defaultTolerationSeconds(options: TolerationSeconds = {}): AdmissionPlugin {
  const { defaultNotReadyTolerationSeconds = 300, defaultUnreachableTolerationSeconds = 300 } = options;
  return {
    name: 'DefaultTolerationSeconds',
    admit(request) {
      const spec = writtenPod(request)?.spec;
      if (spec === undefined) return;
      const tolerations = spec.tolerations ?? [];
      const missing = [
        { key: NOT_READY, tolerationSeconds: defaultNotReadyTolerationSeconds },
        { key: UNREACHABLE, tolerationSeconds: defaultUnreachableTolerationSeconds },
      ].filter(({ key }) => !tolerations.some((toleration) => coversEviction(toleration, key)));
      if (missing.length === 0) return;
      spec.tolerations = [
        ...tolerations,
        ...missing.map(({ key, tolerationSeconds }) => ({
          key,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds,
        })),
      ];
    },
  };
}

function coversEviction(toleration: Toleration, key: string): boolean {
  return (!toleration.key || toleration.key === key) && (!toleration.effect || toleration.effect === 'NoExecute');
}
