import type { Pod } from '@kubelab/api';
import { beforeAll, describe, expect, test } from 'vitest';
import { Kubectl } from '../kubectl.js';
import { eventually, type TestCluster } from '../kubelab-command.js';
import { containerOf, isReady, shellContainer, shellPod, untilPod, untilReady } from '../pods.js';

/** How pods start, end, fail and are started again. */
export function lives(cluster: TestCluster): void {
  const kubectl = new Kubectl(cluster.kubeconfig, 'kubectl', 'lives');

  const untilPhase = (name: string, phase: string): Promise<Pod> =>
    untilPod(kubectl, name, phase, ({ status }) => status?.phase === phase);

  const untilWaiting = (name: string, reason: string): Promise<Pod> =>
    untilPod(kubectl, name, reason, (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === reason);

  describe.concurrent('the life of a pod', () => {
    beforeAll(async () => {
      await kubectl.must('create', 'namespace', 'lives');
    });

    test('restartPolicy Never: the phase and the exit code tell how it ended', async () => {
      await kubectl.apply(
        shellPod('good', 'exit 0', { restartPolicy: 'Never' }),
        shellPod('bad', 'echo because > /dev/termination-log; exit 42', { restartPolicy: 'Never' }),
      );
      const good = await untilPhase('good', 'Succeeded');
      expect(containerOf(good).state?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
      const bad = await untilPhase('bad', 'Failed');
      expect(containerOf(bad).state?.terminated).toMatchObject({
        exitCode: 42,
        reason: 'Error',
        message: 'because\n',
      });
      expect(containerOf(bad)).toMatchObject({ restartCount: 0, ready: false });
      expect(await kubectl.must('get', 'pod', 'good', 'bad', '--no-headers')).toMatch(
        /^good +0\/1 +Completed +0 .*\nbad +0\/1 +Error +0 /,
      );
    });

    test('restartPolicy OnFailure: started again until it succeeds', async () => {
      const script = 'if [ -e /data/once ]; then exit 0; fi; touch /data/once; exit 3';
      const spec = { restartPolicy: 'OnFailure', volumes: [{ name: 'data', emptyDir: {} }] };
      await kubectl.apply(shellPod('retry', script, spec, { volumeMounts: [{ name: 'data', mountPath: '/data' }] }));
      const pod = await untilPhase('retry', 'Succeeded');
      expect(containerOf(pod)).toMatchObject({
        restartCount: 1,
        state: { terminated: { exitCode: 0 } },
        lastState: { terminated: { exitCode: 3, reason: 'Error' } },
      });
    });

    test('a container that keeps ending: CrashLoopBackOff, logs --previous', async () => {
      await kubectl.apply(shellPod('crash', 'echo life; exit 1'));
      const pod = await untilWaiting('crash', 'CrashLoopBackOff');
      const status = containerOf(pod);
      expect(status.state?.waiting?.message).toMatch(
        /^back-off 10s restarting failed container=main pod=crash_lives\([0-9a-f-]{36}\)$/,
      );
      expect(status.restartCount).toBe(1);
      expect(pod.status?.phase).toBe('Running');
      expect(await kubectl.must('get', 'pod', 'crash')).toMatch(/ 0\/1 +CrashLoopBackOff +1 /);
      expect(await kubectl.must('logs', 'crash')).toBe('life');
      expect(await kubectl.must('logs', 'crash', '--previous')).toBe('life');
      expect(await kubectl.must('describe', 'pod', 'crash')).toMatch(/Warning +BackOff .*Back-off restarting failed/);
      // The back-off ends, and it is tried again.
      await untilPod(kubectl, 'crash', 'a second restart', (again) => containerOf(again).restartCount >= 2);
    });

    test('images that cannot be had: ErrImagePull, ImagePullBackOff, ErrImageNeverPull, InvalidImageName', async () => {
      const image = (name: string, reference: string, imagePullPolicy: string): Pod =>
        shellPod(name, '', {}, { image: reference, imagePullPolicy });
      await kubectl.apply(
        image('pull', 'kubelab.invalid/none:1', 'IfNotPresent'),
        image('never', 'kubelab.invalid/none:1', 'Never'),
        image('named', 'Not A Name', 'IfNotPresent'),
      );
      const [pull, never, named] = await Promise.all([
        untilWaiting('pull', 'ImagePullBackOff'),
        untilWaiting('never', 'ErrImageNeverPull'),
        untilWaiting('named', 'InvalidImageName'),
      ]);
      expect(containerOf(pull).state?.waiting?.message).toContain('Back-off pulling image "kubelab.invalid/none:1"');
      expect(containerOf(never).state?.waiting?.message).toBe(
        'Container image "kubelab.invalid/none:1" is not present with pull policy of Never',
      );
      expect(containerOf(named).state?.waiting?.message).toContain('Not A Name');
      expect(pull.status?.phase).toBe('Pending');
      const said = await kubectl.must('describe', 'pod', 'pull');
      expect(said).toMatch(/Normal +Pulling .*Pulling image "kubelab.invalid\/none:1"/);
      expect(said).toMatch(/Warning +Failed .*Error: ErrImagePull/);
    });

    test('a command that does not exist: RunContainerError, with the engine’s reason', async () => {
      await kubectl.apply(shellPod('none', '', {}, { command: ['/no/such/program'] }));
      const pod = await untilPod(kubectl, 'none', 'failed to start', ({ status }) => {
        const [main] = status?.containerStatuses ?? [];
        return main?.lastState?.terminated !== undefined || main?.state?.waiting?.reason === 'RunContainerError';
      });
      const { state, lastState } = containerOf(pod);
      expect(JSON.stringify({ state, lastState })).toContain('/no/such/program');
    });

    test('SIGTERM, and the grace period for what comes after it', async () => {
      const script = 'trap "echo bye; sleep 1; echo done; exit 0" TERM; echo ready; while true; do sleep 0.1; done';
      await kubectl.apply(shellPod('polite', script, { terminationGracePeriodSeconds: 20 }));
      await untilReady(kubectl, 'polite');
      await eventually('it is ready', async () =>
        (await kubectl.must('logs', 'polite')) === 'ready' ? true : undefined,
      );
      const following = kubectl.start('logs', '-f', 'polite');
      const startedMs = performance.now();
      await kubectl.must('delete', 'pod', 'polite');
      expect(performance.now() - startedMs).toBeGreaterThan(1_000);
      expect(performance.now() - startedMs).toBeLessThan(15_000);
      await following.ended();
      expect(following.output).toBe('ready\nbye\ndone\n');
    });

    test('SIGKILL after the grace period; Terminating meanwhile', async () => {
      const script = 'trap "" TERM; echo ready; while true; do sleep 0.1; done';
      await kubectl.apply(shellPod('stubborn', script, { terminationGracePeriodSeconds: 3 }));
      await untilReady(kubectl, 'stubborn');
      await eventually('it is ready', async () =>
        (await kubectl.must('logs', 'stubborn')) === 'ready' ? true : undefined,
      );
      const startedMs = performance.now();
      await kubectl.must('delete', 'pod', 'stubborn', '--wait=false');
      expect(await kubectl.must('get', 'pod', 'stubborn')).toContain('Terminating');
      await kubectl.must('wait', '--for=delete', 'pod/stubborn', '--timeout=30s');
      expect(performance.now() - startedMs).toBeGreaterThan(2_900);
    });

    test('--grace-period=0 --force does not wait', async () => {
      const script = 'trap "" TERM; while true; do sleep 0.1; done';
      await kubectl.apply(shellPod('forced', script, { terminationGracePeriodSeconds: 300 }));
      await untilReady(kubectl, 'forced');
      await kubectl.must('delete', 'pod', 'forced', '--grace-period=0', '--force');
      expect((await kubectl.run(['get', 'pod', 'forced'])).stderr).toContain('NotFound');
    });

    test('init containers run before the others, one after the other', async () => {
      const volumeMounts = [{ name: 'data', mountPath: '/data' }];
      const initContainers = [
        shellContainer('first', 'echo 1 >> /data/order', { volumeMounts }),
        shellContainer('second', 'echo 2 >> /data/order', { volumeMounts }),
      ];
      const spec = { initContainers, volumes: [{ name: 'data', emptyDir: {} }] };
      await kubectl.apply(shellPod('init', 'cat /data/order; exec sleep 3600', spec, { volumeMounts }));
      await untilReady(kubectl, 'init');
      expect(await kubectl.must('logs', 'init')).toBe('1\n2');
      expect(await kubectl.must('logs', 'init', '-c', 'first')).toBe('');
    });

    test('logs: --tail, --since, --timestamps, --limit-bytes, all containers', async () => {
      const script = 'for i in 1 2 3 4 5; do echo line $i; done; echo error >&2; exec sleep 3600';
      const pod = shellPod('talk', script);
      const containers = [...(pod.spec?.containers ?? []), shellContainer('other', 'echo other; exec sleep 3600')];
      await kubectl.apply({ ...pod, spec: { ...pod.spec, containers } });
      await untilReady(kubectl, 'talk');
      const main = ['logs', 'talk', '-c', 'main'];
      await eventually('all is said', async () => ((await kubectl.must(...main)).includes('error') ? true : undefined));
      expect((await kubectl.must(...main)).split('\n').sort()).toEqual(
        ['line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'error'].sort(),
      );
      expect((await kubectl.must(...main, '--tail=2')).split('\n')).toHaveLength(2);
      expect((await kubectl.must(...main, '--since=1h')).split('\n')).toHaveLength(6);
      expect(await kubectl.must(...main, '--since-time=2999-01-01T00:00:00Z')).toBe('');
      expect((await kubectl.run([...main, '--limit-bytes=6'])).stdout).toHaveLength(6);
      for (const line of (await kubectl.must(...main, '--timestamps')).split('\n')) {
        expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z (line \d|error)$/);
      }
      const all = await kubectl.must('logs', 'talk', '--all-containers', '--prefix');
      expect(all).toMatch(/\[pod\/talk\/other\] other/);
      expect((await kubectl.run(['logs', 'talk', '-c', 'none'])).stderr).toContain(
        'container none is not valid for pod talk',
      );
      const { stdout } = await kubectl.run(['logs', '-l', 'app=talk', '-c', 'other']);
      expect(stdout).toBe('other\n');
    });

    test('a container’s process is told from the pod’s: one restarts, the other goes on', async () => {
      const pod = shellPod('pair', 'exec sleep 3600');
      const containers = [...(pod.spec?.containers ?? []), shellContainer('ends', 'sleep 1; exit 5')];
      await kubectl.apply({ ...pod, spec: { ...pod.spec, containers } });
      const after = await untilPod(kubectl, 'pair', 'one restart', (now) => {
        const ends = now.status?.containerStatuses?.find(({ name }) => name === 'ends');
        return (ends?.restartCount ?? 0) >= 1;
      });
      expect(containerOf(after, 'main').restartCount).toBe(0);
      expect(containerOf(after, 'ends').lastState?.terminated?.exitCode).toBe(5);
      expect(isReady(after)).toBe(containerOf(after, 'ends').ready);
    });
  });
}
