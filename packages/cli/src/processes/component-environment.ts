import { join } from 'node:path';

/** Marks every process of a cluster, so that none is left behind whatever else is lost. */
export const STATE_DIR_VARIABLE = 'KUBELAB_STATE_DIR';
/** Says which of a cluster's processes it is: `kubelet/node1`. What that starts in turn inherits it. */
export const PROCESS_VARIABLE = 'KUBELAB_PROCESS';

/** What the environment of each of a cluster's processes holds besides what is inherited. */
export function componentEnvironment(stateDir: string, binDir: string): Record<string, string> {
  return {
    [STATE_DIR_VARIABLE]: stateDir,
    KUBELAB_PROTO_DIR: process.env.KUBELAB_PROTO_DIR ?? join(binDir, '../../proto'),
    NODE_ENV: 'production',
    // glibc would keep a pool of memory for each of Node's threads.
    MALLOC_ARENA_MAX: '2',
    ETCDCTL_API: '3',
    // Flags meant for whoever started us are not meant for them.
    NODE_OPTIONS: '',
  };
}
