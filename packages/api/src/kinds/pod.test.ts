import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../generated/types.js';
import type { Persisted } from '../object.js';
import { pods } from './pod.js';
import { defaultPullPolicy } from './pod-defaults.js';

const { strategy } = pods;

function defaulted(spec: PodSpec): PodSpec {
  const pod: Pod = { spec };
  strategy.setDefaults?.(pod);
  const once = structuredClone(pod);
  strategy.setDefaults?.(pod);
  expect(pod).toEqual(once);
  return pod.spec ?? { containers: [] };
}

describe('pod defaults', () => {
  it('fills in a bare pod', () => {
    expect(defaulted({ containers: [{ name: 'c', image: 'nginx' }] })).toEqual({
      containers: [
        {
          name: 'c',
          image: 'nginx',
          imagePullPolicy: 'Always',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    });
  });

  it('fills in probes, ports, env and hooks', () => {
    const [container] = defaulted({
      hostNetwork: true,
      containers: [
        {
          name: 'c',
          ports: [{ containerPort: 80 }],
          env: [
            { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
          ],
          livenessProbe: { httpGet: { port: 80 } },
          startupProbe: { grpc: { port: 80 } },
          lifecycle: { preStop: { httpGet: { port: 80 } } },
          resources: { limits: { cpu: '0.5', memory: '1024Mi' }, requests: { cpu: '100.5m' } },
        },
      ],
    }).containers;
    expect(container).toMatchObject({
      ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }],
      env: [{ valueFrom: { fieldRef: { apiVersion: 'v1' } } }, { valueFrom: { resourceFieldRef: { divisor: '0' } } }],
      livenessProbe: {
        httpGet: { path: '/', scheme: 'HTTP' },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
      startupProbe: { grpc: { service: '' } },
      lifecycle: { preStop: { httpGet: { path: '/', scheme: 'HTTP' } } },
      resources: { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '101m', memory: '1Gi' } },
    });
  });

  it('fills in volumes and the service account', () => {
    const spec = defaulted({
      containers: [],
      serviceAccount: 'sa',
      volumes: [
        { name: 'a' },
        { name: 'b', configMap: { name: 'c' } },
        { name: 'c', hostPath: { path: '/x' } },
        { name: 'd', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
        { name: 'e', downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.name' } }] } },
      ],
    });
    expect(spec).toMatchObject({ serviceAccount: 'sa', serviceAccountName: 'sa' });
    expect(spec.volumes).toEqual([
      { name: 'a', emptyDir: {} },
      { name: 'b', configMap: { name: 'c', defaultMode: 420 } },
      { name: 'c', hostPath: { path: '/x', type: '' } },
      {
        name: 'd',
        projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] },
      },
      {
        name: 'e',
        downwardAPI: {
          defaultMode: 420,
          items: [{ path: 'p', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } }],
        },
      },
    ]);
  });

  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.25', 'IfNotPresent'],
    ['host:5000/nginx', 'Always'],
    ['host:5000/nginx:1', 'IfNotPresent'],
    ['nginx@sha256:abc', 'IfNotPresent'],
    ['nginx:latest@sha256:abc', 'Always'],
    ['', 'IfNotPresent'],
  ])('pulls %j %s', (image, policy) => {
    expect(defaultPullPolicy(image)).toBe(policy);
  });
});

describe('pod strategy', () => {
  const pod = (more: Partial<Pod> = {}): Persisted<Pod> =>
    ({ spec: { containers: [{ name: 'c' }] }, ...more }) as Persisted<Pod>;

  it('starts pending, with its class and gates', () => {
    const created = pod({ status: { phase: 'Running', podIP: '1.2.3.4' } });
    strategy.prepareForCreate?.(created);
    expect(created.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
    const gated = pod({ spec: { containers: [], schedulingGates: [{ name: 'a' }] } });
    strategy.prepareForCreate?.(gated);
    expect(gated.status?.conditions).toEqual([
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ]);
  });

  it.each<[Partial<PodSpec>, string, number]>([
    [{ nodeName: 'n' }, 'Running', 30],
    [{ nodeName: 'n', terminationGracePeriodSeconds: 5 }, 'Pending', 5],
    [{}, 'Pending', 0],
    [{ nodeName: 'n' }, 'Failed', 0],
    [{ nodeName: 'n' }, 'Succeeded', 0],
  ])('grace of %j %s', (spec, phase, seconds) => {
    expect(strategy.defaultGracePeriodSeconds?.(pod({ spec: { containers: [], ...spec }, status: { phase } }))).toBe(
      seconds,
    );
  });

  it('refuses ephemeral containers at creation only', () => {
    const made: Pod = {
      metadata: {},
      spec: { containers: [{ name: 'c', image: 'i' }], ephemeralContainers: [{ name: 'e', image: 'i' }] },
    };
    strategy.setDefaults?.(made);
    expect(strategy.validate?.(made)).toEqual([
      { field: 'spec.ephemeralContainers', type: 'FieldValueForbidden', message: 'Forbidden: cannot be set on create' },
    ]);
    expect(strategy.validate?.({ ...made, metadata: { resourceVersion: '1' } })).toEqual([]);
  });

  it('is selected by its fields', () => {
    const fields = pods.selectableFields;
    const running = pod({
      spec: { containers: [], nodeName: 'n', hostNetwork: true },
      status: { phase: 'Running', podIPs: [{ ip: '1.2.3.4' }] },
    });
    expect(fields['spec.nodeName']?.(running)).toBe('n');
    expect(fields['spec.hostNetwork']?.(running)).toBe('true');
    expect(fields['status.podIP']?.(running)).toBe('1.2.3.4');
    expect(fields['status.phase']?.(pod())).toBe('');
  });
});
