import type { Endpoints } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { describe, expect, test } from 'vitest';
import { cached, type PodInput, pod, service } from '../../test-objects.js';
import { isManaged, planEndpoints } from './plan.js';

const numbered = (number: number, input: PodInput = {}) =>
  pod({
    name: `p${number}`,
    ip: `10.${Math.floor(number / 62_500)}.${Math.floor(number / 250)}.${(number % 250) + 1}`,
    ...input,
  });
const ips = (list: { ip: string }[] = []) => list.map(({ ip }) => ip);
const plan = (pods: ReturnType<typeof pod>[], of = service(), present?: Cached<Endpoints>) =>
  planEndpoints(of, pods, present);
const going = { deletionTimestamp: '2030-01-01T00:00:00Z' };

describe('Endpoints', () => {
  test('tell the ready from the others, sorted', () => {
    const planned = plan([numbered(3, { readyFor: 1 }), numbered(1, { readyFor: 1 }), numbered(2)]);
    expect(planned).toMatchObject({
      kind: 'Endpoints',
      metadata: { name: 'web', labels: { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' } },
    });
    expect(planned?.subsets).toHaveLength(1);
    expect(ips(planned?.subsets?.[0]?.addresses)).toEqual(['10.0.0.2', '10.0.0.4']);
    expect(ips(planned?.subsets?.[0]?.notReadyAddresses)).toEqual(['10.0.0.3']);
    expect(planned?.subsets?.[0]?.ports).toEqual([{ port: 80, protocol: 'TCP' }]);
    expect(planned?.subsets?.[0]?.addresses?.[0]).toEqual({
      ip: '10.0.0.2',
      nodeName: 'n1',
      targetRef: { kind: 'Pod', namespace: 'default', name: 'p1', uid: 'uid-p1' },
    });
  });

  test.each<[string, PodInput, object, [ready: number, notReady: number]]>([
    ['a ready pod', { readyFor: 1 }, {}, [1, 0]],
    ['one that is not ready', {}, {}, [0, 1]],
    ['that is published all the same', {}, { publishNotReadyAddresses: true }, [1, 0]],
    ['one that goes', { readyFor: 1, metadata: going }, {}, [0, 0]],
    ['that is published all the same', { metadata: going }, { publishNotReadyAddresses: true }, [1, 0]],
    ['a failed one', { phase: 'Failed' }, { publishNotReadyAddresses: true }, [0, 0]],
    ['one without an address', { ip: undefined }, {}, [0, 0]],
    ['one without the named port', { readyFor: 1 }, { ports: [{ port: 80, targetPort: 'http' }] }, [0, 0]],
  ])('%s', (_, input, spec, expected) => {
    const [subset] = plan([numbered(1, input)], service(spec))?.subsets ?? [];
    expect([subset?.addresses?.length ?? 0, subset?.notReadyAddresses?.length ?? 0]).toEqual(expected);
  });

  test('have a subset for each set of ports', () => {
    const container = (containerPort: number) => [{ name: 'c', image: 'i', ports: [{ name: 'http', containerPort }] }];
    const of = service({ ports: [{ name: 'web', port: 80, targetPort: 'http' }] });
    const planned = plan(
      [numbered(1, { spec: { containers: container(1) } }), numbered(2, { spec: { containers: container(2) } })],
      of,
    );
    expect(planned?.subsets?.map(({ ports }) => ports)).toEqual([
      [{ name: 'web', port: 1, protocol: 'TCP' }],
      [{ name: 'web', port: 2, protocol: 'TCP' }],
    ]);
  });

  test('of a headless Service without ports have none', () => {
    const planned = plan([numbered(1, { readyFor: 1 })], service({ ports: undefined, clusterIP: 'None' }));
    expect(planned?.subsets).toEqual([{ addresses: [expect.objectContaining({ ip: '10.0.0.2' })] }]);
    expect(planned?.metadata?.labels).toHaveProperty('service.kubernetes.io/headless', '');
  });

  test('end at a thousand, the ready first, and say so', () => {
    const pods = Array.from({ length: 1_200 }, (_, index) => numbered(index, index < 900 ? {} : { readyFor: 1 }));
    const planned = plan(pods);
    expect(planned?.metadata?.annotations).toEqual({ 'endpoints.kubernetes.io/over-capacity': 'truncated' });
    expect(planned?.subsets?.[0]?.addresses).toHaveLength(300);
    expect(planned?.subsets?.[0]?.notReadyAddresses).toHaveLength(700);
    const present = cached<Endpoints>('Endpoints', planned as Endpoints);
    expect(plan(pods, service(), present)).toBeUndefined();
    const fewer = plan(pods.slice(0, 1_000), service(), present);
    expect(fewer?.metadata?.annotations).toEqual({});
  });

  test('are not written where they are right, and keep what others annotated', () => {
    const pods = [numbered(1, { readyFor: 1 })];
    const first = plan(pods) as Endpoints;
    const present = cached<Endpoints>('Endpoints', {
      ...first,
      metadata: { ...first.metadata, annotations: { mine: 'x' } },
    });
    expect(isManaged(present)).toBe(true);
    expect(plan(pods, service(), present)).toBeUndefined();
    const changed = plan([numbered(1)], service(), present);
    expect(changed?.metadata).toMatchObject({ annotations: { mine: 'x' }, resourceVersion: '1' });
    expect(plan([], service(), cached<Endpoints>('Endpoints', { metadata: first.metadata }))).toBeUndefined();
  });
});
