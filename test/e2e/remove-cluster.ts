import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TestCluster } from './kubelab-command.js';

/** What a file's last hook does: the cluster, if its tests have not taken it down, and what lies beside its state. */
export async function removeCluster(cluster: TestCluster): Promise<void> {
  if (existsSync(cluster.stateDir)) await cluster.must('down');
  rmSync(dirname(cluster.stateDir), { recursive: true, force: true });
}
