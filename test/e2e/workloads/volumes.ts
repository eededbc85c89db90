import type { Pod } from '@kubelab/api';
import { beforeAll, describe, expect, test } from 'vitest';
import { Kubectl } from '../kubectl.js';
import { eventually, type TestCluster } from '../kubelab-command.js';
import { shellContainer, shellPod, untilPod, untilReady } from '../pods.js';

type Volumes = NonNullable<NonNullable<Pod['spec']>['volumes']>;

const IDLE = 'exec sleep 3600';

/** A pod that does nothing, with one volume at /data. */
function podWith(name: string, volume: Omit<Volumes[number], 'name'>, mount: object = {}): Pod {
  return shellPod(
    name,
    IDLE,
    { volumes: [{ name: 'data', ...volume }] },
    { volumeMounts: [{ name: 'data', mountPath: '/data', ...mount }] },
  );
}

/** What a container finds in its volumes. */
export function volumes(cluster: TestCluster): void {
  const kubectl = new Kubectl(cluster.kubeconfig, 'kubectl', 'volumes');

  const start = async (...pods: readonly Pod[]): Promise<void> => {
    await kubectl.apply(...pods);
    await untilReady(kubectl, ...pods.map(({ metadata }) => metadata?.name ?? ''));
  };

  const untilFileSays = async (pod: string, file: string, text: string): Promise<void> => {
    await eventually(
      `${file} of ${pod} says ${text}`,
      async () => ((await kubectl.exec(pod, 'cat', file)) === text ? true : undefined),
      90_000,
    );
  };

  describe.concurrent('volumes', () => {
    beforeAll(async () => {
      await kubectl.must('create', 'namespace', 'volumes');
    });

    test('emptyDir and localhost are shared by the containers of a pod', async () => {
      const volumeMounts = [{ name: 'data', mountPath: '/data' }];
      const pod = shellPod('shared', '', { volumes: [{ name: 'data', emptyDir: {} }] });
      const writer = shellContainer('writer', 'echo hello > /data/file; exec nc -ll -p 8080 -e echo from localhost', {
        volumeMounts,
      });
      const reader = shellContainer('reader', IDLE, {
        volumeMounts: [{ name: 'data', mountPath: '/other', readOnly: true }],
      });
      await start({ ...pod, spec: { ...pod.spec, containers: [writer, reader] } });
      await untilFileSays('shared', '/data/file', 'hello');
      expect(await kubectl.must('exec', 'shared', '-c', 'reader', '--', 'cat', '/other/file')).toBe('hello');
      expect((await kubectl.run(['exec', 'shared', '-c', 'reader', '--', 'touch', '/other/no'])).stderr).toContain(
        'Read-only file system',
      );
      const said = await eventually('localhost answers', async () => {
        const command = ['exec', 'shared', '-c', 'reader', '--', 'sh', '-c', 'nc -w 3 127.0.0.1 8080 </dev/null'];
        return (await kubectl.must(...command)) || undefined;
      });
      expect(said).toBe('from localhost');
    });

    test('an emptyDir in memory has its size', async () => {
      await start(podWith('memory', { emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } }));
      const mounts = await kubectl.exec('memory', 'sh', '-c', 'grep " /data " /proc/mounts; df -k /data | tail -1');
      expect(mounts).toMatch(/^tmpfs \/data tmpfs rw/);
      expect(mounts).toMatch(/\b8192\b/);
    });

    test('a configMap’s keys are files, which follow it', async () => {
      await kubectl.must('create', 'configmap', 'files', '--from-literal=a=one', '--from-literal=b=two');
      const items = [{ key: 'b', path: 'deep/b', mode: 0o440 }];
      await start(
        podWith('config', { configMap: { name: 'files' } }),
        podWith('config-items', { configMap: { name: 'files', items } }),
      );
      expect(await kubectl.exec('config', 'sh', '-c', 'cd /data; cat a b; ls')).toBe('onetwoa\nb');
      expect(
        await kubectl.exec('config-items', 'sh', '-c', 'cd /data; find . -name b -follow; stat -L -c %a deep/b'),
      ).toMatch(/deep\/b\n440$/);
      await kubectl.must('patch', 'configmap', 'files', '-p', '{"data":{"a":"changed"}}');
      await untilFileSays('config', '/data/a', 'changed');
    });

    test('a secret’s too, in memory', async () => {
      await kubectl.must('create', 'secret', 'generic', 'hidden', '--from-literal=key=one');
      await start(podWith('secret', { secret: { secretName: 'hidden', defaultMode: 0o400 } }));
      expect(await kubectl.exec('secret', 'cat', '/data/key')).toBe('one');
      expect(
        await kubectl.exec('secret', 'sh', '-c', 'stat -L -c %a /data/key; grep -c "^tmpfs /data " /proc/mounts'),
      ).toBe('400\n1');
      await kubectl.must('patch', 'secret', 'hidden', '-p', '{"stringData":{"key":"two"}}');
      await untilFileSays('secret', '/data/key', 'two');
    });

    test('the downward API, which follows the pod’s labels', async () => {
      const items = [
        { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
        { path: 'name', fieldRef: { fieldPath: 'metadata.name' } },
        { path: 'memory', resourceFieldRef: { containerName: 'main', resource: 'limits.memory' } },
      ];
      const pod = podWith('downward', { downwardAPI: { items } });
      const [container] = pod.spec?.containers ?? [];
      const containers = [{ ...container, name: 'main', resources: { limits: { memory: '32Mi' } } }];
      await start({ ...pod, spec: { ...pod.spec, containers } });
      expect(await kubectl.exec('downward', 'cat', '/data/labels')).toBe('app="downward"');
      expect(await kubectl.exec('downward', 'cat', '/data/name')).toBe('downward');
      expect(await kubectl.exec('downward', 'cat', '/data/memory')).toBe(String(32 * 1024 * 1024));
      await kubectl.must('label', 'pod', 'downward', 'more=yes');
      await untilFileSays('downward', '/data/labels', 'app="downward"\nmore="yes"');
    });

    test('projected: several sources in one directory', async () => {
      await kubectl.must('create', 'configmap', 'part', '--from-literal=config=c');
      await kubectl.must('create', 'secret', 'generic', 'part', '--from-literal=secret=s');
      const sources = [
        { configMap: { name: 'part' } },
        { secret: { name: 'part', items: [{ key: 'secret', path: 'in/secret' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
      ];
      await start(podWith('projected', { projected: { sources } }));
      expect(await kubectl.exec('projected', 'sh', '-c', 'cd /data; cat config in/secret namespace')).toBe('csvolumes');
    });

    test('subPath and subPathExpr mount a part of the volume', async () => {
      const env = [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
      const script = `echo part > /part/file; echo expr > /expr/file; ${IDLE}`;
      const volumeMounts = [
        { name: 'data', mountPath: '/whole' },
        { name: 'data', mountPath: '/part', subPath: 'a/b' },
        { name: 'data', mountPath: '/expr', subPathExpr: 'of/$(POD)' },
      ];
      const spec = { volumes: [{ name: 'data', emptyDir: {} }] };
      await start(shellPod('sub', script, spec, { env, volumeMounts }));
      await untilFileSays('sub', '/whole/of/sub/file', 'expr');
      expect(await kubectl.exec('sub', 'cat', '/whole/a/b/file')).toBe('part');
    });

    test('hostPath: the wrong type keeps the pod from starting, and an event says why', async () => {
      await kubectl.apply(podWith('wrong', { hostPath: { path: '/etc/hostname', type: 'Directory' } }));
      await eventually('the event', async () => {
        const said = await kubectl.must('describe', 'pod', 'wrong');
        return said.includes('hostPath type check failed: /etc/hostname is not a directory') ? true : undefined;
      });
      const { status } = await untilPod(kubectl, 'wrong', 'Pending', (pod) => pod.status?.phase === 'Pending');
      expect(status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ContainerCreating');
    });

    test('a volume whose secret is missing waits for it', async () => {
      await kubectl.apply(podWith('patient', { secret: { secretName: 'later' } }));
      await eventually('the event', async () => {
        const said = await kubectl.must('describe', 'pod', 'patient');
        return /FailedMount.*secret "later" not found/.test(said) ? true : undefined;
      });
      await kubectl.must('create', 'secret', 'generic', 'later', '--from-literal=key=now');
      await untilReady(kubectl, 'patient');
      expect(await kubectl.exec('patient', 'cat', '/data/key')).toBe('now');
    });
  });
}
