import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';
import { type ConformanceClient, conformanceClient, type Looked } from './conformance-client.js';

/** What Kubernetes 1.34's conformance tests ask of single kinds beyond the operations that all have. */

const exec = promisify(execFile);
let etcd: EtcdProcess;
let server: RunningApiserver;
let client: ConformanceClient;
const namespace = '/api/v1/namespaces/objects';

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
  client = conformanceClient(server);
  await client.create('/api/v1/namespaces', { metadata: { name: 'objects' } });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

const pod = (name: string, spec: Looked = {}, metadata: Looked = {}) => ({
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image: 'nginx:1' }], ...spec },
});
const newPod = (name: string, spec?: Looked, metadata?: Looked) =>
  client.create(`${namespace}/pods`, pod(name, spec, metadata));

/** The refusal of a request: status, reason and message. */
async function refused(method: string, path: string, body: unknown, headers = {}): Promise<[number, string, string]> {
  const { status, json } = await client.ask(method, path, body, headers);
  return [status, json.reason, json.message];
}

const MERGE = { 'content-type': 'application/merge-patch+json' };

describe('[sig-node] config maps and secrets', () => {
  test.each([
    ['configmaps', 'ConfigMap', 'value'],
    ['secrets', 'Secret', 'dmFsdWU='],
  ])('%s have no empty key', async (plural, kind, value) => {
    const [status, reason, message] = await refused('POST', `${namespace}/${plural}`, {
      metadata: { name: 'empty-key' },
      data: { '': value },
    });
    expect([status, reason]).toEqual([422, 'Invalid']);
    expect(message).toContain(`${kind} "empty-key" is invalid: data[]: Invalid value: "": a valid config key must`);
  });

  test.each([
    ['configmaps', 'one', 'two'],
    ['secrets', 'b25l', 'dHdv'],
  ])('immutable %s stay as they are', async (plural, before, after) => {
    const path = `${namespace}/${plural}/immutable`;
    await client.create(`${namespace}/${plural}`, { metadata: { name: 'immutable' }, data: { key: before } });
    await client.patch(path, { data: { key: after } });
    await client.patch(path, { immutable: true });
    expect(await refused('PATCH', path, { data: { key: before } }, MERGE)).toMatchObject([
      422,
      'Invalid',
      expect.stringContaining('data: Forbidden: field is immutable when `immutable` is set'),
    ]);
    expect(await refused('PATCH', path, { immutable: false }, MERGE)).toMatchObject([
      422,
      'Invalid',
      expect.stringContaining('immutable: Forbidden: field is immutable when `immutable` is set'),
    ]);
    await client.patch(path, { metadata: { labels: { still: 'labelled' } } });
    await client.remove(path);
  });
});

describe('[sig-node] pods', () => {
  test('have a QOS class by their resources', async () => {
    const some = { cpu: '100m', memory: '100Mi' };
    const container = { name: 'agnhost', image: 'x', resources: { limits: some, requests: some } };
    expect((await newPod('qos', { containers: [container] })).status.qosClass).toBe('Guaranteed');
  });

  test('are told from their graceful deletion by their generation', async () => {
    expect((await newPod('generations', { nodeName: 'n' })).metadata.generation).toBe(1);
    const path = `${namespace}/pods/generations`;
    const image = { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } };
    expect((await client.patch(path, image, 'strategic-merge-patch')).metadata.generation).toBe(2);
    expect((await client.patch(path, { metadata: { labels: { a: 'b' } } })).metadata.generation).toBe(2);
    expect((await client.patch(`${path}/status`, { status: { phase: 'Running' } })).metadata.generation).toBe(2);
    expect((await client.patch(path, { spec: { activeDeadlineSeconds: 5 } })).metadata.generation).toBe(3);
    const deleted = await client.remove(path);
    expect(deleted.metadata).toMatchObject({ generation: 4, deletionGracePeriodSeconds: 30 });
    await client.remove(path, { gracePeriodSeconds: 0 });
    await client.gone(path);
  });

  test('run through their life and that of their status', async () => {
    const labelled = `${namespace}/pods?labelSelector=test-pod-static%3Dtrue`;
    const watch = await client.watch(`${labelled}&resourceVersion=0`);
    await newPod('pod-test', { terminationGracePeriodSeconds: 1 }, { labels: { 'test-pod-static': 'true' } });
    await watch.until('ADDED');
    const path = `${namespace}/pods/pod-test`;
    const payload = {
      metadata: { labels: { 'test-pod': 'patched' } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'nginx:3' }] },
    };
    await client.patch(path, payload, 'strategic-merge-patch');
    await watch.until('MODIFIED', ({ metadata }) => metadata.labels['test-pod'] === 'patched');
    const read = await client.get(`${path}/status`);
    read.status.conditions = [
      { type: 'Initialized', status: 'True', lastProbeTime: null, lastTransitionTime: null },
      { type: 'Ready', status: 'False', lastProbeTime: null, lastTransitionTime: null },
    ];
    const updated = await client.update(`${path}/status`, read);
    expect(updated.status.conditions).toMatchObject([{ type: 'Initialized' }, { type: 'Ready', status: 'False' }]);
    const strategic = { status: { conditions: [{ type: 'Ready', status: 'True' }], message: 'Patched by e2e test' } };
    const patched = await client.patch(`${path}/status`, strategic, 'strategic-merge-patch');
    expect(patched.status.message).toBe('Patched by e2e test');
    expect(Object.fromEntries(patched.status.conditions.map(({ type, status }: Looked) => [type, status]))).toEqual({
      Initialized: 'True',
      Ready: 'True',
    });
    await client.remove(labelled, { gracePeriodSeconds: 1 });
    await watch.until('DELETED');
    expect((await client.get(labelled)).items).toEqual([]);
    watch.close();
  });

  test('get ephemeral containers by their subresource, and by no other way', async () => {
    await newPod('debugged');
    const path = `${namespace}/pods/debugged`;
    const debugger1 = { name: 'debugger', image: 'busybox', command: ['/bin/sh'], stdin: true, tty: true };
    const body = { spec: { ephemeralContainers: [debugger1] } };
    expect((await refused('PATCH', path, body, MERGE))[0]).toBe(422);
    const patched = await client.patch(`${path}/ephemeralcontainers`, body, 'strategic-merge-patch');
    expect(patched.spec.ephemeralContainers).toMatchObject([debugger1]);
    patched.spec.ephemeralContainers.push({ name: 'debugger2', image: 'busybox', resources: {} });
    const updated = await client.update(`${path}/ephemeralcontainers`, patched);
    expect(updated.spec.ephemeralContainers.map(({ name }: Looked) => name)).toEqual(['debugger', 'debugger2']);
    expect((await client.get(`${path}/ephemeralcontainers`)).metadata.uid).toBe(updated.metadata.uid);
  });

  test('have no sysctls of impossible names', async () => {
    const sysctls = [
      { name: 'foo-', value: 'bar' },
      { name: 'kernel.shmmax', value: '100000000' },
      { name: 'safe-and-unsafe', value: '100000000' },
      { name: 'bar..', value: '42' },
    ];
    const [status, , message] = await refused(
      'POST',
      `${namespace}/pods`,
      pod('sysctls', { securityContext: { sysctls } }),
    );
    expect(status).toBe(422);
    for (const name of ['foo-', 'bar..']) expect(message).toContain(`Invalid value: "${name}"`);
    for (const name of ['safe-and-unsafe', 'kernel.shmmax']) expect(message).not.toContain(name);
  });

  test('of a RuntimeClass that is not there are rejected, those of one that is have its overhead', async () => {
    const classes = '/apis/node.k8s.io/v1/runtimeclasses';
    const missing = (name: string) => [
      403,
      'Forbidden',
      `pods "${name}" is forbidden: pod rejected: RuntimeClass "${name}" not found`,
    ];
    expect(await refused('POST', `${namespace}/pods`, pod('never', { runtimeClassName: 'never' }))).toEqual(
      missing('never'),
    );
    const podFixed = { cpu: '10m', memory: '1Mi' };
    await client.create(classes, { metadata: { name: 'heavy' }, handler: 'preconfigured', overhead: { podFixed } });
    expect((await newPod('of-class', { runtimeClassName: 'heavy' })).spec.overhead).toEqual(podFixed);
    await client.remove(`${classes}/heavy`);
    expect(await refused('POST', `${namespace}/pods`, pod('heavy', { runtimeClassName: 'heavy' }))).toEqual(
      missing('heavy'),
    );
  });
});

describe('[sig-scheduling]', () => {
  test('a LimitRange gives containers its defaults, and refuses what is beyond it', async () => {
    const path = '/api/v1/namespaces/limited';
    await client.create('/api/v1/namespaces', { metadata: { name: 'limited' } });
    const of = (cpu: string, memory: string, storage: string) => ({ cpu, memory, 'ephemeral-storage': storage });
    await client.create(`${path}/limitranges`, {
      metadata: { name: 'limit-range' },
      spec: {
        limits: [
          {
            type: 'Container',
            min: of('50m', '100Mi', '100Gi'),
            max: of('500m', '500Mi', '500Gi'),
            default: of('500m', '500Mi', '500Gi'),
            defaultRequest: of('100m', '200Mi', '200Gi'),
          },
        ],
      },
    });
    const make = async (name: string, resources: object) => {
      const container = { name: 'pause', image: 'pause', resources };
      const { spec } = await client.create(`${path}/pods`, pod(name, { containers: [container] }));
      return spec.containers[0].resources;
    };
    expect(await make('no-resources', {})).toEqual({
      requests: of('100m', '200Mi', '200Gi'),
      limits: of('500m', '500Mi', '500Gi'),
    });
    expect(
      await make('partial', { requests: { memory: '150Mi', 'ephemeral-storage': '150Gi' }, limits: { cpu: '300m' } }),
    ).toEqual({ requests: of('300m', '150Mi', '150Gi'), limits: of('300m', '500Mi', '500Gi') });
    for (const [requests, why] of [
      [of('10m', '50Mi', '50Gi'), 'minimum cpu usage per Container is 50m, but request is 10m'],
      [of('600m', '600Mi', '600Gi'), 'maximum cpu usage per Container is 500m, but limit is 600m'],
    ] as const) {
      const container = { name: 'pause', image: 'pause', resources: { requests, limits: requests } };
      const [status, reason, message] = await refused('POST', `${path}/pods`, pod('bad', { containers: [container] }));
      expect([status, reason]).toEqual([403, 'Forbidden']);
      expect(message).toContain(why);
    }
  });

  test('a PriorityClass changes all but its value', async () => {
    const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
    await client.create(classes, { metadata: { name: 'p1' }, value: 1 });
    await client.create(classes, { metadata: { name: 'p2' }, value: 2 });
    const message =
      'PriorityClass.scheduling.k8s.io "p1" is invalid: value: Forbidden: may not be changed in an update.';
    expect(await refused('PATCH', `${classes}/p1`, { value: 10 }, MERGE)).toEqual([422, 'Invalid', message]);
    const read = await client.get(`${classes}/p1`);
    expect((await refused('PUT', `${classes}/p1`, { ...read, value: 5 }))[0]).toBe(422);
    expect((await client.update(`${classes}/p1`, { ...read, description: 'updated' })).description).toBe('updated');
    expect((await client.patch(`${classes}/p2`, { description: 'patched' })).value).toBe(2);
  });
});

describe('[sig-network] a Service', () => {
  const services = `${namespace}/services`;
  const ports = [{ name: 'p', port: 80, protocol: 'TCP', targetPort: 9376 }];

  test('becomes an ExternalName, and something with addresses again', async () => {
    const path = `${services}/changing`;
    const created = await client.create(services, {
      metadata: { name: 'changing' },
      spec: { type: 'ExternalName', externalName: 'foo.example.com' },
    });
    expect(created.spec).not.toHaveProperty('clusterIP');
    created.spec = { ...created.spec, type: 'ClusterIP', externalName: '', ports };
    const clusterIp = await client.update(path, created);
    expect(clusterIp.spec.clusterIPs).toEqual([clusterIp.spec.clusterIP]);
    clusterIp.spec = { ...clusterIp.spec, type: 'ExternalName', externalName: 'nodeport.example.com' };
    const external = await client.update(path, clusterIp);
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
      expect(external.spec).not.toHaveProperty(field);
    external.spec = { ...external.spec, type: 'NodePort', externalName: '', ports };
    const nodePort = await client.update(path, external);
    expect(nodePort.spec.ports[0].nodePort).toBeGreaterThanOrEqual(30000);
    const given = nodePort.spec.ports[0].nodePort;
    nodePort.spec = { ...nodePort.spec, type: 'ExternalName', externalName: 'nodeport.example.com', clusterIP: '' };
    const last = await client.update(path, nodePort);
    expect(last.spec).not.toHaveProperty('clusterIP');
    // The port is free again.
    await client.create(services, {
      metadata: { name: 'next' },
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: given }] },
    });
  });

  test('has one port for two protocols, then for one of them', async () => {
    const path = `${services}/multiprotocol`;
    const both = ['TCP', 'UDP'].map((protocol) => ({ name: `port-${protocol.toLowerCase()}`, port: 80, protocol }));
    const made = await client.create(services, { metadata: { name: 'multiprotocol' }, spec: { ports: both } });
    const [tcp, udp] = made.spec.ports;
    expect([tcp.targetPort, udp.protocol]).toEqual([80, 'UDP']);
    for (const one of [tcp, udp]) {
      const read = await client.get(path);
      expect((await client.update(path, { ...read, spec: { ...read.spec, ports: [one] } })).spec.ports).toEqual([one]);
    }
  });

  test('keeps a session by its client, and no more', async () => {
    const path = `${services}/affine`;
    const made = await client.create(services, {
      metadata: { name: 'affine' },
      spec: { ports, sessionAffinity: 'ClientIP' },
    });
    expect(made.spec.sessionAffinityConfig).toEqual({ clientIP: { timeoutSeconds: 10800 } });
    made.spec.sessionAffinity = 'None';
    expect((await client.update(path, made)).spec).not.toHaveProperty('sessionAffinityConfig');
    expect((await client.patch(path, { spec: { sessionAffinity: 'ClientIP' } })).spec).toHaveProperty(
      'sessionAffinityConfig',
    );
  });
});

describe('[sig-apps]', () => {
  const template = { metadata: { labels: { app: 'scaled' } }, spec: pod('x').spec };
  const selector = { matchLabels: { app: 'scaled' } };

  test.each([
    ['/apis/apps/v1/namespaces/objects/deployments', { selector }],
    ['/apis/apps/v1/namespaces/objects/statefulsets', { selector, serviceName: 's' }],
    [`${namespace}/replicationcontrollers`, { selector: { app: 'scaled' } }],
  ])('%s have a working scale', async (collection, spec) => {
    const created = await client.create(collection, {
      metadata: { name: 'scaled' },
      spec: { replicas: 1, template, ...spec },
    });
    const path = `${collection}/scaled/scale`;
    const scale = await client.get(path);
    expect(scale).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 'scaled', uid: created.metadata.uid },
      spec: { replicas: 1 },
      status: { replicas: 0, selector: 'app=scaled' },
    });
    scale.metadata.resourceVersion = '';
    scale.spec.replicas = 2;
    expect((await client.update(path, scale)).spec.replicas).toBe(2);
    expect((await client.patch(path, { spec: { replicas: 4 } }, 'strategic-merge-patch')).spec.replicas).toBe(4);
    expect((await client.get(`${collection}/scaled`)).spec.replicas).toBe(4);
    const [status, reason] = await refused('PATCH', path, { spec: { replicas: -1 } }, MERGE);
    expect([status, reason]).toEqual([422, 'Invalid']);
  });

  test('a PodDisruptionBudget blocks an eviction until it allows it', async () => {
    const budgets = '/apis/policy/v1/namespaces/objects/poddisruptionbudgets';
    await newPod('rs-0', { nodeName: 'n' }, { labels: { foo: 'bar' } });
    const running = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
    await client.patch(`${namespace}/pods/rs-0/status`, running);
    await client.create(budgets, {
      metadata: { name: 'foo' },
      spec: { minAvailable: 1, selector: { matchLabels: { foo: 'bar' } } },
    });
    const allow = (disruptionsAllowed: number) =>
      client.patch(`${budgets}/foo/status`, {
        status: {
          disruptionsAllowed,
          currentHealthy: 1,
          desiredHealthy: 1 - disruptionsAllowed,
          expectedPods: 1,
          observedGeneration: 1,
        },
      });
    await allow(0);
    const eviction = {
      kind: 'Eviction',
      apiVersion: 'policy/v1',
      metadata: { name: 'rs-0', namespace: 'objects', creationTimestamp: null },
    };
    const { status, json } = await client.ask('POST', `${namespace}/pods/rs-0/eviction`, eviction);
    expect([status, json.reason, json.message]).toEqual([
      429,
      'TooManyRequests',
      "Cannot evict pod as it would violate the pod's disruption budget.",
    ]);
    expect(json.details.causes).toMatchObject([{ reason: 'DisruptionBudget' }]);
    await allow(1);
    expect((await client.ask('POST', `${namespace}/pods/rs-0/eviction`, eviction)).status).toBe(201);
    expect((await client.get(`${namespace}/pods/rs-0`)).metadata).toHaveProperty('deletionTimestamp');
    expect((await client.get(`${budgets}/foo`)).status).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { 'rs-0': expect.any(String) },
    });
  });
});

describe('[sig-storage]', () => {
  test('a pod has an inline volume of a CSI driver', async () => {
    const csi = { driver: 'e2e.example.com', volumeAttributes: { secretProviderClass: 'e2e' }, readOnly: true };
    const created = await newPod('inline', { volumes: [{ name: 'store', csi }] }, { labels: { inline: 'true' } });
    expect(created.spec.volumes[0]).toEqual({ name: 'store', csi });
    expect((await client.get(`/api/v1/pods?labelSelector=inline%3Dtrue`)).items).toHaveLength(1);
    await client.patch(
      `${namespace}/pods/inline`,
      { metadata: { labels: { patched: 'true' } } },
      'strategic-merge-patch',
    );
    await client.remove(`${namespace}/pods/inline`, { gracePeriodSeconds: 0 });
    await client.gone(`${namespace}/pods/inline`);
  });

  test('a CSINode is replaced under its name', async () => {
    const nodes = '/apis/storage.k8s.io/v1/csinodes';
    const one = await client.create(nodes, { metadata: { name: 'replaced' }, spec: { drivers: [] } });
    await client.remove(`${nodes}/replaced`);
    const two = await client.create(nodes, { metadata: { name: 'replaced' }, spec: { drivers: null } });
    expect(two.metadata.uid).not.toBe(one.metadata.uid);
    two.metadata.labels = { updated: 'true' };
    expect((await client.update(`${nodes}/replaced`, two)).metadata.labels).toEqual({ updated: 'true' });
  });
});

describe('[sig-auth]', () => {
  test('access reviews agree with what an impersonated account may do', async () => {
    await client.create(`${namespace}/serviceaccounts`, { metadata: { name: 'reviewed' } });
    const user = 'system:serviceaccount:objects:reviewed';
    const spec = {
      user,
      resourceAttributes: { namespace: 'objects', verb: 'list', resource: 'configmaps', version: 'v1' },
    };
    const reviews = async () => {
      const cluster = await client.create('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        kind: 'SubjectAccessReview',
        apiVersion: 'authorization.k8s.io/v1',
        spec,
      });
      const local = await client.create('/apis/authorization.k8s.io/v1/namespaces/objects/localsubjectaccessreviews', {
        kind: 'LocalSubjectAccessReview',
        apiVersion: 'authorization.k8s.io/v1',
        metadata: { namespace: 'objects' },
        spec,
      });
      return [cluster.status.allowed, local.status.allowed];
    };
    const lists = () => client.ask('GET', `${namespace}/configmaps`, undefined, { 'impersonate-user': user });
    expect(await reviews()).toEqual([false, false]);
    const denied = await lists();
    expect([denied.status, denied.json.message]).toEqual([
      403,
      'configmaps is forbidden: User "system:serviceaccount:objects:reviewed" cannot list resource "configmaps" in API group "" in the namespace "objects"',
    ]);
    await client.create('/apis/rbac.authorization.k8s.io/v1/namespaces/objects/rolebindings', {
      metadata: { name: 'reviewed' },
      subjects: [{ kind: 'ServiceAccount', name: 'reviewed', namespace: 'objects' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:aggregate-to-view' },
    });
    await expect.poll(reviews, { timeout: 10_000 }).toEqual([true, true]);
    expect((await lists()).status).toBe(200);
  });

  test('a certificate signing request is approved, signed and deleted', async () => {
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const args = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null'];
    const { stdout: pem } = await exec('openssl', ['req', '-new', '-subj', '/CN=e2e.example.com', ...args]);
    const body = {
      metadata: { generateName: 'e2e-example-csr-', labels: { csr: 'e2e' } },
      spec: {
        request: Buffer.from(pem).toString('base64'),
        signerName: 'e2e.example.com/signer',
        expirationSeconds: 3600,
        usages: ['digital signature', 'key encipherment', 'server auth'],
      },
      status: {},
    };
    const { metadata } = await client.create(requests, body);
    expect(metadata.name).toMatch(/^e2e-example-csr-[a-z0-9]{5}$/);
    const path = `${requests}/${metadata.name}`;
    expect((await client.get(`${path}/approval`)).metadata.uid).toBe(metadata.uid);
    const conditions = [{ type: 'ApprovalPatch', status: 'True', reason: 'e2e', message: 'test' }];
    const patched = await client.patch(`${path}/approval`, {
      metadata: { annotations: { patchedapproval: 'true' } },
      status: { conditions },
    });
    expect(patched.status.conditions).toMatchObject(conditions);
    expect(patched.metadata.annotations).toMatchObject({ patchedapproval: 'true' });
    const time = { lastUpdateTime: null, lastTransitionTime: null };
    patched.status.conditions.push({
      type: 'Approved',
      status: 'True',
      reason: 'E2E',
      message: 'Set from an e2e test',
      ...time,
    });
    const approved = await client.update(`${path}/approval`, patched);
    expect(approved.status.conditions).toHaveLength(2);
    const certificate = Buffer.from(server.authority.certificatePem).toString('base64');
    const signed = await client.patch(`${path}/status`, {
      metadata: { annotations: { patchedstatus: 'true' } },
      status: { certificate },
    });
    expect(signed.status.certificate).toBe(certificate);
    expect(signed.metadata.annotations.patchedstatus).toBe('true');
    signed.status.conditions.push({ type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'm', ...time });
    expect((await client.update(`${path}/status`, signed)).status.conditions).toHaveLength(3);
    await client.remove(path);
    await client.gone(path);
    await client.create(requests, body);
    await client.remove(`${requests}?labelSelector=csr%3De2e`);
    expect((await client.get(`${requests}?labelSelector=csr%3De2e`)).items).toEqual([]);
  });
});
