// A volume manager in a mount namespace of its own, as in a container. Prints the mounts of the pod's first container.
import { createLogger } from '@kubelab/runtime';
import type { ReadonlyPod } from '../../packages/kubelet/src/pod.js';
import { createVolumeManager } from '../../packages/kubelet/src/volumes/create-volume-manager.js';

export interface VolumesAgentRequest {
  readonly rootDirectory: string;
  readonly hostPid: number;
  readonly pod: ReadonlyPod;
  readonly tearDown: boolean;
}

const { rootDirectory, hostPid, pod, tearDown } = JSON.parse(process.argv[2] ?? '{}') as VolumesAgentRequest;
const { signal } = new AbortController();
const manager = createVolumeManager({
  rootDirectory,
  hostPid,
  lookups: {
    configMap: async () => undefined,
    secret: async () => ({ data: { key: Buffer.from('secret').toString('base64') } }),
  },
  node: { name: 'node1', ip: '172.20.0.2', allocatable: {} },
  log: await createLogger({ component: 'test', level: 'warn', pretty: false }),
});
if (tearDown) {
  await manager.tearDown(pod.metadata.uid, signal);
} else {
  const container = pod.spec?.containers[0] ?? { name: 'main' };
  const context = { environment: [], restartCount: 0, hostsFile: '', resolvConf: '' };
  await manager.prepare(pod, signal);
  process.stdout.write(JSON.stringify(await manager.mountsFor(pod, container, context, signal)));
}
