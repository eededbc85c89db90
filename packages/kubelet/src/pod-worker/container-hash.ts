import { createHash } from 'node:crypto';
import type { ReadonlyContainer } from '../pod.js';

/** Changes when the container must be restarted for its new spec: only the image can change in a running pod. */
export function containerHash(container: ReadonlyContainer): string {
  return createHash('sha256')
    .update(JSON.stringify([container.name, container.image]))
    .digest('hex')
    .slice(0, 16);
}
