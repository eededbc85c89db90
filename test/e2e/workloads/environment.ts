import type { Pod } from '@kubelab/api';
import { beforeAll, describe, expect, test } from 'vitest';
import { Kubectl } from '../kubectl.js';
import type { TestCluster } from '../kubelab-command.js';
import { containerOf, shellPod, untilPod } from '../pods.js';

const fieldRef = (fieldPath: string): object => ({ valueFrom: { fieldRef: { fieldPath } } });
const resourceFieldRef = (resource: string, divisor?: string): object => ({
  valueFrom: { resourceFieldRef: { resource, ...(divisor ? { divisor } : {}) } },
});

/** What a container finds in its environment and how its command line comes about. */
export function environment(cluster: TestCluster): void {
  const kubectl = new Kubectl(cluster.kubeconfig, 'kubectl', 'environment');

  /** Runs a pod to its end; resolves with what it said. */
  const outputOf = async (pod: Pod): Promise<string> => {
    const name = pod.metadata?.name ?? '';
    await kubectl.apply({ ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } });
    await untilPod(kubectl, name, 'ended', ({ status }) => /Succeeded|Failed/.test(status?.phase ?? ''));
    return kubectl.must('logs', name);
  };

  describe.concurrent('the environment of a container', () => {
    beforeAll(async () => {
      await kubectl.must('create', 'namespace', 'environment');
      await kubectl.must('create', 'configmap', 'settings', '--from-literal=COLOR=green', '--from-literal=size=big');
      await kubectl.must('create', 'secret', 'generic', 'keys', '--from-literal=password=pa55');
    });

    test('values, references and expansion', async () => {
      const env = [
        { name: 'PLAIN', value: 'plain' },
        { name: 'EXPANDED', value: '$(PLAIN)-$$(PLAIN)-$(NONE)' },
        { name: 'POD', ...fieldRef('metadata.name') },
        { name: 'NAMESPACE', ...fieldRef('metadata.namespace') },
        { name: 'POD_UID', ...fieldRef('metadata.uid') },
        { name: 'LABEL', ...fieldRef("metadata.labels['app']") },
        { name: 'ANNOTATION', ...fieldRef("metadata.annotations['note']") },
        { name: 'NODE', ...fieldRef('spec.nodeName') },
        { name: 'ACCOUNT', ...fieldRef('spec.serviceAccountName') },
        { name: 'POD_IP', ...fieldRef('status.podIP') },
        { name: 'HOST_IP', ...fieldRef('status.hostIP') },
        { name: 'CPU', ...resourceFieldRef('limits.cpu', '1m') },
        { name: 'MEMORY', ...resourceFieldRef('requests.memory', '1Mi') },
        { name: 'SIZE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'size' } } },
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
        { name: 'ABSENT', valueFrom: { configMapKeyRef: { name: 'none', key: 'none', optional: true } } },
      ];
      const envFrom = [{ configMapRef: { name: 'settings' } }, { prefix: 'KEY_', secretRef: { name: 'keys' } }];
      const resources = { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '100m', memory: '32Mi' } };
      const pod = shellPod('env', 'env', {}, { env, envFrom, resources } as object);
      const annotated = { ...pod, metadata: { ...pod.metadata, annotations: { note: 'noted' } } };
      const lines = (await outputOf(annotated)).split('\n');
      const { metadata, spec, status } = await kubectl.get<Pod>('pod', 'env');
      const expected = {
        PLAIN: 'plain',
        EXPANDED: 'plain-$(PLAIN)-$(NONE)',
        POD: 'env',
        NAMESPACE: 'environment',
        POD_UID: metadata?.uid,
        LABEL: 'env',
        ANNOTATION: 'noted',
        NODE: spec?.nodeName,
        ACCOUNT: 'default',
        HOST_IP: status?.hostIP,
        CPU: '500',
        MEMORY: '32',
        SIZE: 'big',
        PASSWORD: 'pa55',
        COLOR: 'green',
        size: 'big',
        KEY_password: 'pa55',
        HOSTNAME: 'env',
        KUBERNETES_SERVICE_HOST: '10.96.0.1',
        KUBERNETES_SERVICE_PORT: '443',
      };
      expect(lines).toEqual(
        expect.arrayContaining(Object.entries(expected).map(([name, value]) => `${name}=${value}`)),
      );
      expect(lines.find((line) => line.startsWith('POD_IP='))).toMatch(/^POD_IP=10\.244\.\d+\.\d+$/);
      expect(lines.filter((line) => line.startsWith('ABSENT='))).toEqual([]);
    });

    test('command and args take the place of the image’s, with $(VAR) expanded', async () => {
      const pod = shellPod(
        'command',
        '',
        {},
        {
          command: ['sh', '-c', 'echo "$0 $*"', '$(FIRST)'],
          args: ['$(SECOND)', '$$(SECOND)', 'third'],
          workingDir: '/tmp',
          env: [
            { name: 'FIRST', value: '1' },
            { name: 'SECOND', value: '2' },
          ],
        },
      );
      expect(await outputOf(pod)).toBe('1 2 $(SECOND) third');
    });

    test('args alone go to the image’s own command', async () => {
      const pod = shellPod('args', '');
      const container = {
        name: 'main',
        image: 'busybox',
        imagePullPolicy: 'IfNotPresent',
        args: ['echo', 'from args'],
      };
      // busybox has a command and no entrypoint: the args are all that runs.
      expect(await outputOf({ ...pod, spec: { ...pod.spec, containers: [container] } })).toBe('from args');
    });

    test('securityContext: user, group and workingDir', async () => {
      const securityContext = { runAsUser: 1234, runAsGroup: 2345, fsGroup: 3456 };
      const pod = shellPod('user', 'id -u; id -g; id -G; pwd', { securityContext }, { workingDir: '/tmp' });
      expect((await outputOf(pod)).split('\n')).toEqual(['1234', '2345', expect.stringMatching(/\b3456\b/), '/tmp']);
    });

    test('hostNetwork: the node’s own address, shown as the pod’s', async () => {
      await kubectl.apply(shellPod('host', 'hostname; exec sleep 3600', { hostNetwork: true }));
      const pod = await untilPod(kubectl, 'host', 'Running', ({ status }) => status?.phase === 'Running');
      expect(pod.status?.podIP).toBe(pod.status?.hostIP);
      expect(await kubectl.must('logs', 'host')).toBe(pod.spec?.nodeName);
    });

    test('a missing reference holds the container back, and says which; once it is there it starts', async () => {
      const valueFrom = { configMapKeyRef: { name: 'later', key: 'key' } };
      await kubectl.apply(
        shellPod('held', 'echo $LATER; exec sleep 3600', {}, { env: [{ name: 'LATER', valueFrom }] }),
      );
      const held = await untilPod(kubectl, 'held', 'CreateContainerConfigError', (pod) => {
        const [status] = pod.status?.containerStatuses ?? [];
        return status?.state?.waiting?.reason === 'CreateContainerConfigError';
      });
      expect(containerOf(held).state?.waiting?.message).toBe('configmap "later" not found');
      await kubectl.must('create', 'configmap', 'later', '--from-literal=key=here');
      await untilPod(kubectl, 'held', 'Running', ({ status }) => status?.phase === 'Running');
      expect(await kubectl.must('logs', 'held')).toBe('here');
    });

    test('resources are limits of the container’s cgroup', async () => {
      const resources = { limits: { cpu: '250m', memory: '48Mi' }, requests: { cpu: '128m' } };
      // Of cgroup v1, or of v2.
      const script = [
        'cd /sys/fs/cgroup',
        'cat memory/memory.limit_in_bytes memory.max 2>/dev/null',
        'cat cpu/cpu.cfs_quota_us cpu.max 2>/dev/null',
      ].join('; ');
      const [memory, cpu] = (await outputOf(shellPod('limited', script, {}, { resources }))).split('\n');
      expect(memory).toBe(String(48 * 1024 * 1024));
      expect(cpu).toMatch(/^25000\b/);
      const { status } = await kubectl.get<Pod>('pod', 'limited');
      expect(status?.qosClass).toBe('Burstable');
    });

    test('a container that takes more memory than its limit is OOMKilled', async () => {
      const resources = { limits: { memory: '16Mi' } };
      const pod = shellPod('greedy', 'tail /dev/zero', { restartPolicy: 'Never' }, { resources });
      await kubectl.apply(pod);
      const ended = await untilPod(kubectl, 'greedy', 'Failed', ({ status }) => status?.phase === 'Failed');
      expect(containerOf(ended).state?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
    });
  });
}
