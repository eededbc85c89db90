import { describe, expect, it } from 'vitest';
import type { Deployment, PodSpec } from '../generated/types.js';
import type { Persisted } from '../object.js';
import { deployments } from './deployment.js';
import { pods } from './pod.js';
import { podSpecWarnings } from './pod-warnings.js';

const CONTAINER = { name: 'c', image: 'i' };

describe('warnings', () => {
  it.each<[string, Partial<PodSpec>, string[]]>([
    ['nothing', {}, []],
    [
      'old labels of nodes',
      {
        nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'failure-domain.beta.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
        ],
      },
      [
        'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
        'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
        'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
      ],
    ],
    [
      'a variable that hides another',
      {
        containers: [
          {
            ...CONTAINER,
            env: [
              { name: 'A', value: '1' },
              { name: 'A', value: '2' },
              { name: 'B', value: '1' },
              { name: 'B', value: '$(B)2' },
            ],
          },
        ],
      },
      ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
    ],
    [
      'a tenth of a byte',
      { containers: [{ ...CONTAINER, resources: { limits: { memory: '100m' } } }] },
      ['spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer'],
    ],
    [
      'ports twice',
      {
        containers: [
          { ...CONTAINER, ports: [{ containerPort: 80 }, { containerPort: 80, hostPort: 8080 }] },
          {
            ...CONTAINER,
            name: 'd',
            ports: [
              { containerPort: 80, protocol: 'TCP' },
              { containerPort: 80, protocol: 'UDP' },
            ],
          },
        ],
      },
      [
        'spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
        'spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]',
        'spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[1]',
      ],
    ],
    [
      'files in each other',
      {
        volumes: [
          {
            name: 'v',
            configMap: {
              name: 'm',
              items: [
                { key: 'a', path: 'x' },
                { key: 'b', path: 'x/y' },
              ],
            },
          },
          { name: 'p', projected: { sources: [{}, { secret: { name: 's', items: [{ key: 'a', path: 'x' }] } }] } },
        ],
      },
      [
        'volume "v" (ConfigMap "m"): overlapping paths: "x/y" with "x"',
        'volume "p" (Projected) has no sources provided',
      ],
    ],
    [
      'a volume that is no more, a negative grace, a name twice',
      {
        volumes: [{ name: 'v', gitRepo: { repository: 'r' } }],
        terminationGracePeriodSeconds: -1,
        imagePullSecrets: [{ name: 's' }, { name: 's' }, {}],
      },
      [
        'spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+',
        'spec.imagePullSecrets[1].name: duplicate name "s"',
        'spec.imagePullSecrets[2].name: invalid empty name ""',
        'spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
      ],
    ],
    [
      'affinity to nothing',
      {
        affinity: {
          podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] },
        },
      },
      [
        'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod',
      ],
    ],
  ])('of %s', (_what, spec, expected) => {
    expect(podSpecWarnings({ containers: [CONTAINER], ...spec })).toEqual(expected);
  });

  it('of annotations that do nothing', () => {
    const annotations = {
      'scheduler.alpha.kubernetes.io/critical-pod': '',
      'seccomp.security.alpha.kubernetes.io/pod': 'x',
      'container.seccomp.security.alpha.kubernetes.io/c': 'x',
    };
    expect(podSpecWarnings({ containers: [CONTAINER] }, { annotations })).toEqual([
      'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
      'metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: non-functional in v1.27+; use the "seccompProfile" field instead',
    ]);
  });

  it('of a pod are given when it is made, of a template whenever it may have changed', () => {
    const spec = { containers: [CONTAINER], nodeSelector: { 'beta.kubernetes.io/arch': 'x' } };
    const pod = { metadata: { name: 'a.b' }, spec };
    expect(pods.strategy.warnings?.(pod, undefined)).toEqual([
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
      'spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead',
    ]);
    expect(pods.strategy.warnings?.(pod, pod as never)).toEqual([]);
    const deployment = (generation: number) =>
      ({
        metadata: { name: 'd', generation },
        spec: { selector: {}, template: { spec } },
      }) as unknown as Persisted<Deployment>;
    expect(deployments.strategy.warnings?.(deployment(2), deployment(1))).toEqual([
      'spec.template.spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead',
    ]);
    expect(deployments.strategy.warnings?.(deployment(1), deployment(1))).toEqual([]);
  });
});

const many = <T>(make: (index: number) => T): T[] => Array.from({ length: 100_000 }, (_, index) => make(index));

it.each([
  ['variables', { containers: [{ name: 'a', env: many((i) => ({ name: `v${i}` })) }] }, 0],
  ['ports', { containers: [{ name: 'a', ports: many(() => ({ containerPort: 1 })) }] }, 105],
  ['host ports', { containers: [{ name: 'a', ports: many((i) => ({ containerPort: 1, hostPort: i + 1 })) }] }, 0],
  [
    'paths',
    { containers: [], volumes: [{ name: 'v', configMap: { items: many((i) => ({ key: 'k', path: `p${i}` })) } }] },
    90,
  ],
  [
    'sources',
    {
      containers: [],
      volumes: [{ name: 'v', projected: { sources: many((i) => ({ serviceAccountToken: { path: `p${i}` } })) } }],
    },
    4095,
  ],
])('are found among very many %s without comparing all with all', (_what, spec, count) => {
  expect(podSpecWarnings(spec)).toHaveLength(count);
});
