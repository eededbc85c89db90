import { deepEqual } from '@kubelab/api';

/** Whether writing `next` would change anything, a missing number counting as 0. */
export function statusDiffers(present: object | undefined, next: object): boolean {
  const significant = (status: object) =>
    Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined && value !== 0));
  return !deepEqual(significant(present ?? {}), significant(next));
}
