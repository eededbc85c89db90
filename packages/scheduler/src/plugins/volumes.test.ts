import type { KubernetesObject, PersistentVolume, PersistentVolumeClaim, PodSpec, StorageClass } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { createPodInfo } from '../cluster/pod-info.js';
import { CycleState } from '../framework/cycle-state.js';
import { makeNode, makePod } from '../simulation/objects.js';
import { createSimulation } from '../simulation/simulation.js';

const ZONE = 'topology.kubernetes.io/zone';

type ClaimOver = {
  spec?: Partial<PersistentVolumeClaim['spec']>;
  annotations?: Record<string, string>;
  phase?: string;
};

function claim(
  name: string,
  { spec = {}, annotations = {}, phase = 'Pending' }: ClaimOver = {},
): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '1', annotations },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, ...spec },
    status: { phase },
  };
}

const bound = (name: string, volumeName: string, more: Partial<PersistentVolumeClaim['spec']> = {}) =>
  claim(name, {
    spec: { volumeName, ...more },
    annotations: { 'pv.kubernetes.io/bind-completed': 'yes' },
    phase: 'Bound',
  });

function volume(name: string, spec: Partial<PersistentVolume['spec']> = {}, labels = {}): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, uid: `uid-${name}`, resourceVersion: '7', labels },
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '10Gi' }, ...spec },
    status: { phase: 'Available' },
  };
}

const onHost = (host: string) => ({
  nodeAffinity: {
    required: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [host] }] }],
    },
  },
});

function storageClass(name: string, more: Partial<StorageClass> = {}): StorageClass {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'csi.example.com',
    volumeBindingMode: 'WaitForFirstConsumer',
    ...more,
  };
}

const using = (...claims: string[]): Partial<PodSpec> => ({
  volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
});

function simulate(objects: readonly KubernetesObject[], nodes = [makeNode('a'), makeNode('b')]) {
  const simulation = createSimulation({ objects });
  for (const node of nodes) simulation.addNode(node);
  return simulation;
}

/** The nodes that fit, or the message. */
function fitting(objects: readonly KubernetesObject[], spec = using('c'), nodes?: ReturnType<typeof makeNode>[]) {
  const { cycle } = simulate(objects, nodes).decide(makePod('p', spec));
  return cycle.feasible.length > 0 ? cycle.feasible.map(({ name }) => name).join() : cycle.message;
}

const none = (reason: string) => `0/2 nodes are available: 2 ${reason}.`;
const refused = (reason: string) => `0/2 nodes are available: ${reason}.`;
const WAIT = { spec: { storageClassName: 'wait' } };
const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";

describe('VolumeBinding', () => {
  it.each<[string, KubernetesObject[], string]>([
    ['bound, anywhere', [bound('c', 'v'), volume('v')], 'a,b'],
    ['bound, on one node', [bound('c', 'v'), volume('v', onHost('b'))], 'b'],
    [
      'bound, on a node that is gone',
      [bound('c', 'v'), volume('v', onHost('z'))],
      none("node(s) didn't match PersistentVolume's node affinity"),
    ],
    ['bound to nothing', [bound('c', 'v')], refused('persistentvolume "v" not found')],
    [
      'lost',
      [claim('c', { spec: { volumeName: 'v' }, phase: 'Lost' }), volume('v')],
      refused('persistentvolumeclaim "c" bound to non-existent persistentvolume "v"'),
    ],
    [
      'bound at once, not yet',
      [claim('c', { spec: { storageClassName: 'now' } }), storageClass('now', { volumeBindingMode: 'Immediate' })],
      refused('pod has unbound immediate PersistentVolumeClaims'),
    ],
    ['provisioned anywhere', [claim('c', WAIT), storageClass('wait')], 'a,b'],
    [
      'provisioned for a node that was chosen',
      [claim('c', { ...WAIT, annotations: { 'volume.kubernetes.io/selected-node': 'b' } }), storageClass('wait')],
      'b',
    ],
    [
      'provisioned where the class allows',
      [
        claim('c', WAIT),
        storageClass('wait', {
          allowedTopologies: [{ matchLabelExpressions: [{ key: 'kubernetes.io/hostname', values: ['a'] }] }],
        }),
      ],
      'a',
    ],
    [
      'no provisioner and no volume',
      [claim('c', WAIT), storageClass('wait', { provisioner: 'kubernetes.io/no-provisioner' })],
      none(BIND_CONFLICT),
    ],
    [
      'a volume of the class',
      [
        claim('c', WAIT),
        storageClass('wait', { provisioner: 'kubernetes.io/no-provisioner' }),
        volume('v', { storageClassName: 'wait', ...onHost('a') }),
      ],
      'a',
    ],
    [
      'a volume that is too small',
      [
        claim('c', WAIT),
        storageClass('wait', { provisioner: 'kubernetes.io/no-provisioner' }),
        volume('v', { storageClassName: 'wait', capacity: { storage: '1Gi' } }),
      ],
      none(BIND_CONFLICT),
    ],
    [
      'a volume of another claim',
      [
        claim('c', WAIT),
        storageClass('wait', { provisioner: 'kubernetes.io/no-provisioner' }),
        volume('v', { storageClassName: 'wait', claimRef: { namespace: 'default', name: 'other' } }),
      ],
      none(BIND_CONFLICT),
    ],
    [
      'a volume kept for it',
      [
        claim('c', WAIT),
        storageClass('wait', { provisioner: 'kubernetes.io/no-provisioner' }),
        volume('v', { storageClassName: 'wait', claimRef: { namespace: 'default', name: 'c' } }),
      ],
      'a,b',
    ],
    [
      'capacity that is published',
      [
        claim('c', WAIT),
        storageClass('wait'),
        {
          apiVersion: 'storage.k8s.io/v1',
          kind: 'CSIDriver',
          metadata: { name: 'csi.example.com' },
          spec: { storageCapacity: true },
        } as KubernetesObject,
        {
          apiVersion: 'storage.k8s.io/v1',
          kind: 'CSIStorageCapacity',
          metadata: { name: 'cap', namespace: 'd' },
          storageClassName: 'wait',
          capacity: '6Gi',
          nodeTopology: { matchLabels: { 'kubernetes.io/hostname': 'b' } },
        } as KubernetesObject,
      ],
      'b',
    ],
  ])('%s', (_, objects, expected) => {
    expect(fitting(objects)).toBe(expected);
  });

  it('waits for the claim of an ephemeral volume, which must be the pod’s own', () => {
    const spec = { volumes: [{ name: 'v', ephemeral: {} }] };
    expect(fitting([], spec)).toBe(
      refused('waiting for ephemeral volume controller to create the persistentvolumeclaim "p-v"'),
    );
    const foreign = bound('p-v', 'v');
    expect(fitting([foreign, volume('v')], spec)).toBe(
      refused('PVC default/p-v was not created for pod default/p (pod is not owner)'),
    );
  });

  it('sets a volume aside, writes what it chose, and waits until it is bound', async () => {
    const objects = [
      claim('c', WAIT),
      claim('d', WAIT),
      storageClass('wait'),
      volume('v', { storageClassName: 'wait', ...onHost('a') }),
    ];
    const patches: unknown[] = [];
    const client = {
      patch: async (resource: { plural: string }, key: { name: string }, _: string, patch: unknown) => {
        patches.push([resource.plural, key.name, patch]);
        return {} as never;
      },
    };
    const simulation = createSimulation({ objects, client: client as never });
    const node = simulation.addNode(makeNode('a'));
    const plugin = simulation.profile.reserve[0];
    const pod = createPodInfo(makePod('p', using('c', 'd')));
    const state = new CycleState();
    plugin?.preFilter?.(state, pod);
    expect(plugin?.filter?.(state, pod, node)).toBeUndefined();
    plugin?.reserve?.(state, pod, node);
    // What is set aside is not there for another.
    const other = new CycleState();
    const onlyVolume = createPodInfo(makePod('q', using('c')));
    plugin?.preFilter?.(other, onlyVolume);
    plugin?.filter?.(other, onlyVolume, node);
    const binding = plugin?.preBind?.(state, pod, node, new AbortController().signal);
    await expect.poll(() => patches.length).toBe(2);
    expect(patches).toEqual([
      [
        'persistentvolumes',
        'v',
        {
          metadata: { resourceVersion: '7', annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } },
          spec: {
            claimRef: {
              kind: 'PersistentVolumeClaim',
              apiVersion: 'v1',
              namespace: 'default',
              name: 'c',
              uid: 'uid-c',
              resourceVersion: '1',
            },
          },
        },
      ],
      ['persistentvolumeclaims', 'd', { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'a' } } }],
    ]);
    simulation.setObjects([bound('c', 'v')]);
    simulation.setObjects([bound('d', 'made')]);
    expect(await binding).toBeUndefined();
  });

  it('gives up where the provisioner gives the node back', async () => {
    const client = { patch: async () => ({}) as never };
    const simulation = createSimulation({ objects: [claim('c', WAIT), storageClass('wait')], client: client as never });
    const node = simulation.addNode(makeNode('a'));
    const plugin = simulation.profile.reserve[0];
    const pod = createPodInfo(makePod('p', using('c')));
    const state = new CycleState();
    plugin?.preFilter?.(state, pod);
    plugin?.filter?.(state, pod, node);
    plugin?.reserve?.(state, pod, node);
    const binding = plugin?.preBind?.(state, pod, node, new AbortController().signal);
    await Promise.resolve();
    await Promise.resolve();
    simulation.setObjects([claim('c', { ...WAIT, annotations: { 'volume.kubernetes.io/selected-node': 'a' } })]);
    simulation.setObjects([claim('c', WAIT)]);
    expect((await binding)?.reasons[0]).toContain('selectedNode annotation reset for PVC "c"');
  });
});

describe('VolumeZone', () => {
  const zoned = [makeNode('a', { labels: { [ZONE]: 'z1' } }), makeNode('b', { labels: { [ZONE]: 'z2' } })];
  it.each<[string, Record<string, string>, ReturnType<typeof makeNode>[], string]>([
    ['in the zone', { [ZONE]: 'z2' }, zoned, 'b'],
    ['in one of several', { [ZONE]: 'z1__z2' }, zoned, 'a,b'],
    ['by the old label', { 'failure-domain.beta.kubernetes.io/zone': 'z1' }, zoned, 'a'],
    ['in none', { [ZONE]: 'z3' }, zoned, none('node(s) had no available volume zone')],
    ['in a cluster without zones', { [ZONE]: 'z3' }, [makeNode('a'), makeNode('b')], 'a,b'],
  ])('%s', (_, labels, nodes, expected) => {
    expect(fitting([bound('c', 'v'), volume('v', {}, labels)], using('c'), nodes)).toBe(expected);
  });
});

describe('VolumeRestrictions', () => {
  const EXCLUSIVE = 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode';

  it('gives a claim of mode ReadWriteOncePod to one pod', () => {
    const simulation = simulate([bound('c', 'v', { accessModes: ['ReadWriteOncePod'] }), volume('v')]);
    simulation.addPod(makePod('x', { ...using('c'), nodeName: 'a' }));
    expect(simulation.decide(makePod('p', using('c'))).cycle.message).toBe(none(EXCLUSIVE));
    simulation.cache.removePod('x');
    expect(simulation.decide(makePod('p', using('c'))).node).toBeDefined();
  });

  it.each<[string, PodSpec['volumes'], PodSpec['volumes'], boolean]>([
    [
      'a disk twice',
      [{ name: 'v', gcePersistentDisk: { pdName: 'd' } }],
      [{ name: 'v', gcePersistentDisk: { pdName: 'd' } }],
      false,
    ],
    [
      'for readers',
      [{ name: 'v', gcePersistentDisk: { pdName: 'd', readOnly: true } }],
      [{ name: 'v', gcePersistentDisk: { pdName: 'd', readOnly: true } }],
      true,
    ],
    [
      'a block store, even for readers',
      [{ name: 'v', awsElasticBlockStore: { volumeID: 'd', readOnly: true } }],
      [{ name: 'v', awsElasticBlockStore: { volumeID: 'd', readOnly: true } }],
      false,
    ],
    [
      'another disk',
      [{ name: 'v', gcePersistentDisk: { pdName: 'd' } }],
      [{ name: 'v', gcePersistentDisk: { pdName: 'e' } }],
      true,
    ],
  ])('%s', (_, volumes, used, expected) => {
    const simulation = simulate([], [makeNode('a')]);
    simulation.addPod(makePod('x', { volumes: used ?? [], nodeName: 'a' }));
    expect(simulation.decide(makePod('p', { volumes: volumes ?? [] })).node !== undefined).toBe(expected);
  });
});

describe('NodeVolumeLimits', () => {
  const csi = (handle: string) => ({ csi: { driver: 'csi.example.com', volumeHandle: handle } });
  const csiNode = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: { name: 'a' },
    spec: { drivers: [{ name: 'csi.example.com', nodeID: 'a', allocatable: { count: 1 } }] },
  } as KubernetesObject;

  it('attaches no more volumes than the driver allows, each counted once', () => {
    const objects = [csiNode, bound('c', 'v'), volume('v', csi('1')), bound('d', 'w'), volume('w', csi('2'))];
    const simulation = simulate(objects, [makeNode('a')]);
    simulation.addPod(makePod('x', { ...using('c'), nodeName: 'a' }));
    expect(simulation.decide(makePod('p', using('c'))).node?.name).toBe('a');
    expect(simulation.decide(makePod('p', using('d'))).cycle.message).toBe(
      '0/1 nodes are available: 1 node(s) exceed max volume count.',
    );
    // One that is yet to be made counts as well.
    simulation.setObjects([claim('e', WAIT), storageClass('wait')]);
    expect(simulation.decide(makePod('p', using('e'))).node).toBeUndefined();
  });
});
