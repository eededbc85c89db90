import { type DeepReadonly, type Taint, type Toleration, tolerates } from '@kubelab/api';

type Tolerations = readonly DeepReadonly<Toleration>[];

/** The first taint that keeps the pod away (NoSchedule, NoExecute) and that it does not tolerate. */
export function untoleratedTaint(taints: readonly Taint[], tolerations: Tolerations): Taint | undefined {
  for (const taint of taints)
    if ((taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !isTolerated(taint, tolerations))
      return taint;
  return undefined;
}

export function isTolerated(taint: DeepReadonly<Taint>, tolerations: Tolerations): boolean {
  for (const toleration of tolerations) if (tolerates(toleration, taint)) return true;
  return false;
}
