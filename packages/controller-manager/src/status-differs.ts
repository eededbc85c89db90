import { deepEqual } from '@kubelab/api';

/** Whether writing `next` would change anything, a missing number counting as 0. */
export function statusDiffers(present: object | undefined, next: object): boolean {
  return !deepEqual(withoutZeros(present ?? {}), withoutZeros(next));
}

/** As Kubernetes writes a status: a number that is 0 is left out. */
export function withoutZeros<T extends object>(status: T): Partial<T> {
  const significant = Object.entries(status).filter(([, value]) => value !== undefined && value !== 0);
  return Object.fromEntries(significant) as Partial<T>;
}
