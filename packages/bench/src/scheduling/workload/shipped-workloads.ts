import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ReadWorkloadOptions, readWorkload } from './read-workload.js';
import type { Workload } from './workload.js';
import { WorkloadError } from './yaml-field.js';

const FOLDER = 'packages/bench/workloads';

/** The folder with the workloads that come with kubelab: bundles and sources lie below the same top. */
export function shippedFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, FOLDER))) return join(folder, FOLDER);
  throw new WorkloadError(`there is no ${FOLDER}`);
}

/** The cases that are shipped, by their names. */
export function shippedCases(): string[] {
  return readdirSync(shippedFolder())
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length));
}

/**
 * A workload by what a user says: a shipped one, `SchedulingBasic/500Nodes`
 * (without a size: 500Nodes), or a file, `FILE.yaml` or `FILE.yaml:CASE/SIZE`.
 * @throws WorkloadError
 */
export function findWorkload(given: string, params: ReadWorkloadOptions['params'] = {}): Workload {
  const file = /^(.*\.(?:yaml|yml))(?::(.+))?$/.exec(given);
  if (file?.[1] !== undefined) return readWorkload(file[1], { params, ...(file[2] ? { name: file[2] } : {}) });
  const [caseName = '', size = '500Nodes'] = given.split(/\/(.*)/s);
  const cases = shippedCases();
  if (!cases.includes(caseName))
    throw new WorkloadError(`there is no workload "${caseName}": a file that ends in .yaml, or ${cases.join(', ')}`);
  return readWorkload(join(shippedFolder(), `${caseName}.yaml`), { name: size, params });
}
