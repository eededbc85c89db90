import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The images of deploy/images/recipes.mjs, by recipe, and the tag that each is found under. */
export const IMAGES = {
  pause: 'kubelab/pause:1',
  nginx: 'nginx:latest',
  'nginx-1.22': 'nginx:1.22',
  busybox: 'busybox:latest',
  etcd: 'kubelab/etcd:latest',
  node: 'kubelab/node:latest',
} as const;

export type ImageName = keyof typeof IMAGES;

/**
 * Makes images present on the machine's engine: taken as they are, else pulled,
 * else built (the first time, about a minute). Safe to call from many processes
 * at once. Rejects with the builder's output when one cannot be had.
 */
export async function ensureImages(names: readonly ImageName[]): Promise<void> {
  const script = fileURLToPath(new URL('../../../deploy/images/build.mjs', import.meta.url));
  await run(process.execPath, [script, ...names]);
}
