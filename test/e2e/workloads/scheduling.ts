import type { Node, Pod } from '@kubelab/api';
import { beforeAll, describe, expect, test } from 'vitest';
import { Kubectl } from '../kubectl.js';
import { eventually, type TestCluster } from '../kubelab-command.js';
import { shellPod, untilPod, untilReady } from '../pods.js';

const IDLE = 'exec sleep 3600';

/** Where pods go, and why some go nowhere yet. */
export function scheduling(cluster: TestCluster): void {
  const kubectl = new Kubectl(cluster.kubeconfig, 'kubectl', 'scheduling');

  /** Resolves with what the scheduler says of a pod that has no place. */
  const whyPending = async (name: string): Promise<string> => {
    const pod = await untilPod(kubectl, name, 'Unschedulable', ({ status }) =>
      Boolean(status?.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable')),
    );
    expect(pod.status?.phase).toBe('Pending');
    return pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message ?? '';
  };

  /** A kubelet that writes at the same time wins: then it is tried again. */
  const addDevice = async (name: string): Promise<true> => {
    const node = await kubectl.get<Node>('node', name);
    const device = { 'example.com/device': '1' };
    const { capacity, allocatable } = node.status ?? {};
    const status = {
      ...node.status,
      capacity: { ...capacity, ...device },
      allocatable: { ...allocatable, ...device },
    };
    const stdin = JSON.stringify({ ...node, status });
    const { code, stderr } = await kubectl.run(['replace', '--raw', `/api/v1/nodes/${name}/status`, '-f', '-'], {
      stdin,
    });
    if (code !== 0) throw new Error(stderr);
    return true;
  };

  const nodeOf = async (name: string): Promise<string | undefined> => {
    await untilReady(kubectl, name);
    return (await kubectl.get<Pod>('pod', name)).spec?.nodeName;
  };

  // One after the other: they change the nodes that all of them count.
  describe('scheduling', () => {
    beforeAll(async () => {
      await kubectl.must('create', 'namespace', 'scheduling');
    });

    test('too much is asked for: Pending, in Kubernetes’ words; there once room appears', async () => {
      const resources = { requests: { 'example.com/device': '1' }, limits: { 'example.com/device': '1' } };
      await kubectl.apply(
        shellPod('huge', IDLE, {}, { resources: { requests: { cpu: '1000' } } }),
        shellPod('device', IDLE, {}, { resources }),
      );
      expect(await whyPending('huge')).toMatch(/^0\/3 nodes are available: 3 Insufficient cpu\./);
      expect(await whyPending('device')).toMatch(/^0\/3 nodes are available: 3 Insufficient example\.com\/device\./);
      expect(await kubectl.must('describe', 'pod', 'huge')).toMatch(
        /Warning +FailedScheduling .*0\/3 nodes are available: 3 Insufficient cpu/,
      );
      await eventually('node2 has a device', () => addDevice('node2'));
      expect(await nodeOf('device')).toBe('node2');
      await kubectl.must('delete', 'pod', 'huge', 'device');
    });

    test('two pods that only fit one after the other', async () => {
      const node = JSON.parse(await kubectl.must('get', 'node', 'node1', '-o', 'json')) as {
        status: { allocatable: { cpu: string } };
      };
      const cpu = `${Math.ceil(Number(node.status.allocatable.cpu) * 600)}m`;
      const half = (name: string): Pod =>
        shellPod(
          name,
          IDLE,
          { nodeSelector: { 'kubernetes.io/hostname': 'node1' } },
          { resources: { requests: { cpu } } },
        );
      await kubectl.apply(half('first'));
      expect(await nodeOf('first')).toBe('node1');
      await kubectl.apply(half('second'));
      expect(await whyPending('second')).toMatch(
        /^0\/3 nodes are available: 1 Insufficient cpu, 2 node\(s\) didn't match Pod's node affinity\/selector\./,
      );
      await kubectl.must('delete', 'pod', 'first');
      expect(await nodeOf('second')).toBe('node1');
    });

    test('nodeSelector and node affinity', async () => {
      const wanted = (operator: string, values?: string[]): object => ({
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator, ...(values ? { values } : {}) }] }],
          },
        },
      });
      await kubectl.must('label', 'node', 'node3', 'disk=ssd', '--overwrite');
      await kubectl.apply(
        shellPod('selected', IDLE, { nodeSelector: { disk: 'ssd' } }),
        shellPod('attracted', IDLE, { affinity: wanted('In', ['ssd', 'nvme']) }),
        shellPod('repelled', IDLE, { affinity: wanted('DoesNotExist') }),
        shellPod('nowhere', IDLE, { nodeSelector: { disk: 'tape' } }),
      );
      expect(await nodeOf('selected')).toBe('node3');
      expect(await nodeOf('attracted')).toBe('node3');
      expect(await nodeOf('repelled')).not.toBe('node3');
      expect(await whyPending('nowhere')).toMatch(
        /^0\/3 nodes are available: 3 node\(s\) didn't match Pod's node affinity\/selector\./,
      );
      await kubectl.must('label', 'node', 'node1', 'disk=tape', '--overwrite');
      expect(await nodeOf('nowhere')).toBe('node1');
    });

    test('cordon and uncordon', async () => {
      await kubectl.must('cordon', 'node1', 'node2', 'node3');
      expect(await kubectl.must('get', 'nodes')).toMatch(/node1 +Ready,SchedulingDisabled/);
      await kubectl.apply(shellPod('cordoned', IDLE));
      expect(await whyPending('cordoned')).toMatch(/^0\/3 nodes are available: 3 node\(s\) were unschedulable\./);
      await kubectl.must('uncordon', 'node2');
      expect(await nodeOf('cordoned')).toBe('node2');
      await kubectl.must('uncordon', 'node1', 'node3');
    });

    test('taints and tolerations; NoExecute evicts', async () => {
      await kubectl.apply(shellPod('evicted', IDLE, { nodeSelector: { 'kubernetes.io/hostname': 'node3' } }));
      expect(await nodeOf('evicted')).toBe('node3');
      await kubectl.must('taint', 'nodes', 'node3', 'only=mine:NoSchedule');
      const here = { nodeSelector: { 'kubernetes.io/hostname': 'node3' } };
      await kubectl.apply(
        shellPod('repulsed', IDLE, here),
        shellPod('tolerant', IDLE, { ...here, tolerations: [{ key: 'only', operator: 'Exists' }] }),
      );
      expect(await nodeOf('tolerant')).toBe('node3');
      expect(await whyPending('repulsed')).toMatch(
        /^0\/3 nodes are available: 1 node\(s\) had untolerated taint.*, 2 node\(s\) didn't match Pod's node affinity/,
      );
      await kubectl.must('taint', 'nodes', 'node3', 'only=mine:NoExecute');
      await kubectl.must('wait', '--for=delete', 'pod/evicted', '--timeout=60s');
      expect((await kubectl.get<Pod>('pod', 'tolerant')).metadata?.deletionTimestamp).toBeUndefined();
      await kubectl.must('taint', 'nodes', 'node3', 'only-');
      expect(await nodeOf('repulsed')).toBe('node3');
    });

    test('a host port is had once on each node', async () => {
      const spec = { nodeSelector: { 'kubernetes.io/hostname': 'node1' } };
      const ports = [{ containerPort: 80, hostPort: 8099 }];
      await kubectl.apply(shellPod('port-1', IDLE, spec, { ports }));
      expect(await nodeOf('port-1')).toBe('node1');
      await kubectl.apply(shellPod('port-2', IDLE, spec, { ports }));
      expect(await whyPending('port-2')).toMatch(
        /^0\/3 nodes are available: 1 node\(s\) didn't have free ports for the requested pod ports, 2 node\(s\) didn't match/,
      );
      await kubectl.must('delete', 'pod', 'port-1');
      expect(await nodeOf('port-2')).toBe('node1');
    });

    test('spec.nodeName goes past the scheduler, and the node refuses what it cannot take', async () => {
      await kubectl.must('cordon', 'node2');
      const resources = { requests: { cpu: '1000' } };
      await kubectl.apply(
        shellPod('direct', IDLE, { nodeName: 'node2' }),
        shellPod('crammed', IDLE, { nodeName: 'node2' }, { resources }),
        shellPod('misled', IDLE, { nodeName: 'node2', nodeSelector: { 'kubernetes.io/hostname': 'node1' } }),
      );
      expect(await nodeOf('direct')).toBe('node2');
      const reasons = async (name: string): Promise<string> => {
        const pod = await untilPod(kubectl, name, 'Failed', ({ status }) => status?.phase === 'Failed');
        expect(pod.status?.containerStatuses).toBeUndefined();
        return kubectl.must('get', 'pod', name, '--no-headers');
      };
      expect(await reasons('crammed')).toMatch(/ 0\/1 +OutOfcpu +0 /);
      expect(await reasons('misled')).toMatch(/ 0\/1 +NodeAffinity +0 /);
      await kubectl.must('uncordon', 'node2');
    });
  });
}
