import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type EtcdProcess, kubectlsOf, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

const exec = promisify(execFile);

let etcd: EtcdProcess;
let server: RunningApiserver;
let second: RunningApiserver;

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
  second = await startApiserver({ etcd: etcd.endpoint, authority: server.authority, name: 'b' });
});

afterAll(async () => {
  await second?.stop();
  await server?.stop();
  await etcd?.stop();
});

const send = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  server.fetch(path, { method, body, ...(headers ? { headers } : {}) });

async function makeNamespace(name: string, labels: Record<string, string> = {}): Promise<string> {
  const { status } = await send('POST', '/api/v1/namespaces', { metadata: { name, labels } });
  expect(status).toBe(201);
  return `/api/v1/namespaces/${name}`;
}

function podNamed(name: string, spec: object = {}, metadata: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { containers: [{ name: 'main', image: 'x' }], ...spec },
  };
}

const setStatus = (path: string, status: object) =>
  server.fetch(`${path}/status`, {
    method: 'PATCH',
    body: { status },
    headers: { 'content-type': 'application/merge-patch+json' },
  });

const RESTRICTED =
  'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), ' +
  'unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), ' +
  'runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), ' +
  'seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';

describe('Pod Security', () => {
  test('refuses pods below the level that is enforced', async () => {
    const path = await makeNamespace('enforced', { 'pod-security.kubernetes.io/enforce': 'restricted' });
    const { status, json } = await send('POST', `${path}/pods`, podNamed('web'));
    expect(status).toBe(403);
    expect(json).toMatchObject({
      reason: 'Forbidden',
      message: `pods "web" is forbidden: violates PodSecurity "restricted:latest": ${RESTRICTED}`,
      details: { name: 'web', kind: 'pods' },
    });
  });

  test('warns, and lets workloads in', async () => {
    const path = await makeNamespace('warned', { 'pod-security.kubernetes.io/enforce': 'baseline' });
    const { headers, status } = await send('POST', '/apis/apps/v1/namespaces/warned/deployments', {
      metadata: { name: 'web' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { hostPID: true, ...podNamed('x').spec } },
      },
    });
    expect(status).toBe(201);
    expect(headers.warning).toBe(
      '299 - "would violate PodSecurity \\"baseline:latest\\": host namespaces (hostPID=true)"',
    );
    expect((await send('POST', `${path}/pods`, podNamed('plain'))).headers.warning).toBeUndefined();
  });

  test('tells of pods that are there already when the level rises', async () => {
    const path = await makeNamespace('rising');
    for (const name of ['b', 'a']) await send('POST', `${path}/pods`, podNamed(name));
    await send('POST', `${path}/pods`, podNamed('c', { hostIPC: true }));
    const { headers } = await server.fetch(path, {
      method: 'PATCH',
      body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    const reasons =
      'allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile';
    expect(headers.warning).toBe(
      [
        'existing pods in namespace \\"rising\\" violate the new PodSecurity enforce level \\"restricted:latest\\"',
        `a (and 1 other pod): ${reasons}`,
        `c: host namespaces, ${reasons}`,
      ]
        .map((text) => `299 - "${text}"`)
        .join(', '),
    );
  });

  test('goes by the label that is there now', async () => {
    const path = await makeNamespace('changing');
    const outcomes: number[] = [];
    for (const level of ['restricted', 'privileged', 'restricted', 'privileged', 'restricted', 'privileged']) {
      await server.fetch(path, {
        method: 'PATCH',
        body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': level } } },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
      outcomes.push((await send('POST', `${path}/pods`, podNamed(`web-${outcomes.length}`))).status);
    }
    expect(outcomes).toEqual([403, 201, 403, 201, 403, 201]);
  });

  test('refuses labels that say nothing', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'strict' };
    const { status, json } = await send('POST', '/api/v1/namespaces', { metadata: { name: 'wrong', labels } });
    expect(status).toBe(422);
    expect(json.message).toBe(
      'Namespace "wrong" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
    );
  });
});

describe('eviction', () => {
  const eviction = (name: string, rest: object = {}) => ({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name },
    ...rest,
  });
  const readyStatus = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };

  async function budgeted(namespace: string, status: object, spec: object = {}) {
    const path = await makeNamespace(namespace);
    const budgets = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
    await send('POST', budgets, {
      metadata: { name: 'guard' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } }, ...spec },
    });
    await setStatus(`${budgets}/guard`, {
      observedGeneration: 1,
      currentHealthy: 1,
      desiredHealthy: 1,
      expectedPods: 1,
      disruptionsAllowed: 0,
      ...status,
    });
    await send('POST', `${path}/pods`, podNamed('web', { nodeName: 'n' }, { labels: { app: 'web' } }));
    await setStatus(`${path}/pods/web`, readyStatus);
    return { pod: `${path}/pods/web`, budget: `${budgets}/guard` };
  }

  test('is refused where the budget allows none', async () => {
    const { pod } = await budgeted('tight', {});
    const { status, json } = await send('POST', `${pod}/eviction`, eviction('web'));
    expect({ status, ...json }).toMatchObject({
      status: 'Failure',
      reason: 'TooManyRequests',
      code: 429,
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: 'The disruption budget guard needs 1 healthy pods and has 1 currently',
          },
        ],
      },
    });
    expect((await send('GET', pod)).json.metadata.deletionTimestamp).toBeUndefined();
  });

  test('comes again later while the controller has not seen the budget', async () => {
    const { pod } = await budgeted('unseen', { observedGeneration: 0, disruptionsAllowed: 1 });
    const { status, json, headers } = await send('POST', `${pod}/eviction`, eviction('web'));
    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 429, retry: '10' });
    expect(json.details.causes[0].message).toBe('The disruption budget guard is still being processed by the server.');
  });

  test('takes one disruption, and says in the pod why it goes', async () => {
    const { pod, budget } = await budgeted('roomy', { disruptionsAllowed: 1 });
    const dry = await send('POST', `${pod}/eviction?dryRun=All`, eviction('web'));
    expect(dry.status).toBe(201);
    expect((await send('GET', budget)).json.status.disruptionsAllowed).toBe(1);
    const beta = { ...eviction('web'), apiVersion: 'policy/v1beta1' };
    expect((await send('POST', `${pod}/eviction`, beta)).status).toBe(201);
    const { json: left } = await send('GET', budget);
    expect(left.status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { web: expect.any(String) } });
    const { json } = await send('GET', pod);
    expect(json.metadata.deletionTimestamp).toBeDefined();
    expect(json.status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      }),
    );
  });

  test('lets a pod go that is not ready, where the budget always allows it', async () => {
    const unwell = { currentHealthy: 0 };
    const { pod } = await budgeted('unwell', unwell);
    await setStatus(pod, { conditions: [{ type: 'Ready', status: 'False' }] });
    expect((await send('POST', `${pod}/eviction`, eviction('web'))).status).toBe(429);
    const always = await budgeted('always', unwell, { unhealthyPodEvictionPolicy: 'AlwaysAllow' });
    await setStatus(always.pod, { conditions: [{ type: 'Ready', status: 'False' }] });
    expect((await send('POST', `${always.pod}/eviction`, eviction('web'))).status).toBe(201);
  });

  test('asks no budget for a pod that has ended, and keeps to preconditions', async () => {
    const { pod } = await budgeted('ended', {});
    const other = eviction('web', { deleteOptions: { preconditions: { uid: 'another' } } });
    await setStatus(pod, { phase: 'Failed' });
    const { status, json } = await send('POST', `${pod}/eviction`, other);
    expect(status).toBe(409);
    expect(json.message).toContain('the UID in the precondition (another) does not match the UID in record');
    expect((await send('POST', `${pod}/eviction`, eviction('web'))).status).toBe(201);
    expect((await send('GET', pod)).status).toBe(404);
    expect((await send('POST', `${pod}/eviction`, eviction('web'))).status).toBe(404);
  });

  test('of many pods at once never exceeds the budget', async () => {
    const { budget } = await budgeted('parallel', { disruptionsAllowed: 3 });
    const names = Array.from({ length: 10 }, (_, i) => `p${i}`);
    for (const name of names) {
      const path = '/api/v1/namespaces/parallel/pods';
      await send('POST', path, podNamed(name, { nodeName: 'n' }, { labels: { app: 'web' } }));
      await setStatus(`${path}/${name}`, readyStatus);
    }
    const statuses = await Promise.all(
      names.map(async (name) => {
        const path = `/api/v1/namespaces/parallel/pods/${name}/eviction`;
        return (await send('POST', path, eviction(name))).status;
      }),
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(7);
    const { status } = (await send('GET', budget)).json;
    expect(status.disruptionsAllowed).toBe(0);
    expect(status.conditions).toEqual([
      expect.objectContaining({ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }),
    ]);
  });
});

describe('other subresources of pods', () => {
  const strategic = { 'content-type': 'application/strategic-merge-patch+json' };

  test('ephemeral containers are added, and stay', async () => {
    const path = await makeNamespace('looking-in');
    await send('POST', `${path}/pods`, podNamed('web'));
    const part = `${path}/pods/web/ephemeralcontainers`;
    const patch = (containers: object[]) =>
      send('PATCH', part, { spec: { ephemeralContainers: containers } }, strategic);
    const added = await patch([{ name: 'debug', image: 'busybox', targetContainerName: 'main' }]);
    expect(added.status).toBe(200);
    expect(added.json.spec.ephemeralContainers).toMatchObject([
      { name: 'debug', terminationMessagePath: '/dev/termination-log', imagePullPolicy: 'Always' },
    ]);
    const changed = await patch([{ name: 'debug', image: 'other' }]);
    expect(changed.status).toBe(422);
    expect(changed.json.message).toContain(
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed',
    );
    const bad = await patch([
      { name: 'main', image: 'x', targetContainerName: 'nobody', ports: [{ containerPort: 80 }] },
    ]);
    expect(
      bad.json.details.causes.map(({ field, message }: { field: string; message: string }) => `${field}: ${message}`),
    ).toEqual([
      'spec.ephemeralContainers[0].name: Duplicate value: "main"',
      'spec.ephemeralContainers[0].targetContainerName: Not found: "nobody"',
      'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
    ]);
    const onUpdate = await send('PATCH', `${path}/pods/web`, { spec: { ephemeralContainers: null } }, strategic);
    expect(onUpdate.status).toBe(422);
  });

  test('a resize changes cpu and memory, within the class', async () => {
    const path = await makeNamespace('resizing');
    const resources = { requests: { cpu: '100m', memory: '64Mi' } };
    await send('POST', `${path}/pods`, podNamed('web', { containers: [{ name: 'main', image: 'x', resources }] }));
    const resize = (sent: object) =>
      send('PATCH', `${path}/pods/web/resize`, { spec: { containers: [{ name: 'main', ...sent }] } }, strategic);
    const done = await resize({ image: 'other', resources: { requests: { cpu: '200m' } } });
    expect(done.json.spec.containers[0]).toMatchObject({
      image: 'x',
      resources: { requests: { cpu: '200m', memory: '64Mi' } },
    });
    expect(done.json.metadata.generation).toBe(2);
    const limits = { limits: { cpu: '200m', memory: '64Mi' } };
    expect((await resize({ resources: limits })).json.message).toContain(
      'Pod QOS Class may not change as a result of resizing',
    );
    expect((await resize({ resources: { requests: { cpu: null } } })).json.message).toContain('cannot be removed');
  });

  test('a binding names its pod in the body', async () => {
    const path = await makeNamespace('bound');
    await send('POST', `${path}/pods`, podNamed('web'));
    const binding = { metadata: { name: 'web' }, target: { kind: 'Node', name: 'n1' } };
    expect((await send('POST', `${path}/bindings`, binding)).status).toBe(201);
    expect((await send('GET', `${path}/pods/web`)).json.spec.nodeName).toBe('n1');
    expect((await send('GET', `${path}/bindings`)).status).toBe(405);
  });
});

test('component statuses', async () => {
  const { stdout, stderr } = await server.kubectl(['get', 'cs']);
  expect(stderr).toContain('Warning: v1 ComponentStatus is deprecated in v1.19+');
  expect(stdout).toMatch(/NAME +STATUS +MESSAGE +ERROR/);
  expect(stdout).toMatch(/etcd-0 +Healthy +ok/);
  expect(stdout).toMatch(/scheduler +Unhealthy/);
});

describe('limit ranges', () => {
  const range = (limits: object[]) => ({ metadata: { name: 'limits' }, spec: { limits } });

  test('say what containers get that ask for nothing, and note it', async () => {
    const path = await makeNamespace('limited');
    await send('POST', `${path}/limitranges`, range([{ type: 'Container', default: { cpu: '200m', memory: '64Mi' } }]));
    const resources = { requests: { cpu: '100m' } };
    const { json } = await send(
      'POST',
      `${path}/pods`,
      podNamed('web', {
        containers: [{ name: 'main', image: 'x', resources }],
        initContainers: [{ name: 'first', image: 'x' }],
      }),
    );
    expect(json.metadata.annotations['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: memory request for container main; cpu, memory limit for container main; ' +
        'cpu, memory request for init container first; cpu, memory limit for init container first',
    );
    expect(json.spec.containers[0].resources).toEqual({
      requests: { cpu: '100m', memory: '64Mi' },
      limits: { cpu: '200m', memory: '64Mi' },
    });
    expect(json.status.qosClass).toBe('Burstable');
  });

  test('refuse what is less, more, or of another ratio', async () => {
    const path = await makeNamespace('bounded');
    await send(
      'POST',
      `${path}/limitranges`,
      range([
        { type: 'Container', min: { cpu: '100m' }, max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '2' } },
        { type: 'Pod', max: { memory: '1Gi' } },
      ]),
    );
    const resources = { requests: { cpu: '50m' }, limits: { cpu: '2' } };
    const { json } = await send(
      'POST',
      `${path}/pods`,
      podNamed('web', { containers: [{ name: 'main', image: 'x', resources }] }),
    );
    expect(json.message).toBe(
      'pods "web" is forbidden: [minimum cpu usage per Container is 100m, but request is 50m, ' +
        'maximum cpu usage per Container is 1, but limit is 2, ' +
        'cpu max limit to request ratio per Container is 2, but provided ratio is 40.000000, ' +
        'maximum memory usage per Pod is 1Gi.  No limit is specified]',
    );
  });

  test('bound claims', async () => {
    const path = await makeNamespace('claimed');
    await send(
      'POST',
      `${path}/limitranges`,
      range([{ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } }]),
    );
    const claim = (storage: string) => ({
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    });
    expect((await send('POST', `${path}/persistentvolumeclaims`, claim('3Gi'))).json.message).toBe(
      'persistentvolumeclaims "data" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    );
    const { json } = await send('POST', `${path}/persistentvolumeclaims`, claim('1Gi'));
    expect(json.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  });
});

describe('resource quotas', () => {
  async function quota(namespace: string, hard: object, spec: object = {}, name = 'q'): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
    expect((await send('POST', path, { metadata: { name }, spec: { hard, ...spec } })).status).toBe(201);
    const used = Object.fromEntries(Object.keys(hard).map((key) => [key, '0']));
    expect((await setStatus(`${path}/${name}`, { hard, used })).status).toBe(200);
    return `${path}/${name}`;
  }
  const usedOf = async (path: string) => (await send('GET', path)).json.status.used;

  test('are never exceeded: 200 pods at once, through two servers, 50 allowed', async () => {
    const path = await makeNamespace('crowd');
    const guard = await quota('crowd', { pods: '50', 'count/pods': '60' });
    const other = await quota('crowd', { 'requests.cpu': '100' }, { scopes: ['NotBestEffort'] }, 'r');
    const names = Array.from({ length: 200 }, (_, i) => `p${i}`);
    const answers = await Promise.all(
      names.map((name, i) =>
        (i % 2 === 0 ? server : second).fetch(`${path}/pods`, { method: 'POST', body: podNamed(name) }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
    const refused = answers.filter(({ status }) => status === 403);
    expect(refused).toHaveLength(150);
    for (const { json } of refused) {
      expect(json.message).toMatch(
        /^pods "p\d+" is forbidden: exceeded quota: q, requested: pods=1, used: pods=50, limited: pods=50$/,
      );
    }
    expect((await send('GET', `${path}/pods`)).json.items).toHaveLength(50);
    expect(await usedOf(guard)).toEqual({ pods: '50', 'count/pods': '50' });
    expect(await usedOf(other)).toEqual({ 'requests.cpu': '0' });
  });

  test('get back what was charged for what is not made', async () => {
    const path = await makeNamespace('returned');
    const guard = await quota('returned', { 'count/configmaps': '5' });
    const send5 = (name: string) => send('POST', `${path}/configmaps`, { metadata: { name } });
    const statuses = await Promise.all(Array.from({ length: 5 }, () => send5('same')));
    expect(statuses.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    expect(await usedOf(guard)).toEqual({ 'count/configmaps': '1' });
    await send('POST', `${path}/configmaps?dryRun=All`, { metadata: { name: 'dry' } });
    expect(await usedOf(guard)).toEqual({ 'count/configmaps': '1' });
  });

  test('count compute resources, and ask every container for them', async () => {
    const path = await makeNamespace('computing');
    const guard = await quota('computing', { 'requests.cpu': '1', 'limits.memory': '1Gi' });
    expect((await send('POST', `${path}/pods`, podNamed('silent'))).json.message).toBe(
      'pods "silent" is forbidden: failed quota: q: must specify limits.memory for: main; requests.cpu for: main',
    );
    const resources = { requests: { cpu: '600m' }, limits: { memory: '600Mi' } };
    const asking = (name: string) => podNamed(name, { containers: [{ name: 'main', image: 'x', resources }] });
    expect((await send('POST', `${path}/pods`, asking('first'))).status).toBe(201);
    expect((await send('POST', `${path}/pods`, asking('second'))).json.message).toBe(
      'pods "second" is forbidden: exceeded quota: q, requested: limits.memory=600Mi,requests.cpu=600m, ' +
        'used: limits.memory=600Mi,requests.cpu=600m, limited: limits.memory=1Gi,requests.cpu=1',
    );
    expect(await usedOf(guard)).toEqual({ 'requests.cpu': '600m', 'limits.memory': '600Mi' });
  });

  test('count what an update adds', async () => {
    const path = await makeNamespace('growing');
    const guard = await quota('growing', { services: '2', 'services.nodeports': '1' });
    const service = { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } };
    expect((await send('POST', `${path}/services`, service)).status).toBe(201);
    const merge = { 'content-type': 'application/merge-patch+json' };
    const grow = (ports: object[]) => send('PATCH', `${path}/services/s`, { spec: { type: 'NodePort', ports } }, merge);
    expect(
      (
        await grow([
          { port: 80, name: 'a' },
          { port: 81, name: 'b' },
        ])
      ).json.message,
    ).toContain(
      'exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1',
    );
    expect((await grow([{ port: 80 }])).status).toBe(200);
    expect(await usedOf(guard)).toEqual({ services: '1', 'services.nodeports': '1' });
  });

  test('of which the use is not known yet let nothing in', async () => {
    const path = await makeNamespace('unknown');
    await send('POST', `${path}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard: { pods: '1' } } });
    await setStatus(`${path}/resourcequotas/q`, { hard: { pods: '1' } });
    expect((await send('POST', `${path}/pods`, podNamed('web'))).json.message).toBe(
      'pods "web" is forbidden: status unknown for quota: q, resources: pods',
    );
  });
});

describe('classes', () => {
  test('of priority become numbers', async () => {
    const path = await makeNamespace('important');
    const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
    expect((await send('GET', `${classes}/system-node-critical`)).json.value).toBe(2_000_001_000);
    await send('POST', classes, { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'Never' });
    const { json } = await send('POST', `${path}/pods`, podNamed('web', { priorityClassName: 'high' }));
    expect(json.spec).toMatchObject({ priority: 1000, preemptionPolicy: 'Never' });
    const wrong = await send('POST', `${path}/pods`, podNamed('w', { priorityClassName: 'high', priority: 7 }));
    expect(wrong.json.message).toBe(
      'pods "w" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name',
    );
    const absent = await send('POST', `${path}/pods`, podNamed('w', { priorityClassName: 'absent' }));
    expect(absent.json.message).toBe('pods "w" is forbidden: no PriorityClass with name absent was found');
  });

  test('of priority: one is for pods that name none, as long as it is there', async () => {
    const path = await makeNamespace('unnamed');
    const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
    await send('POST', classes, { metadata: { name: 'usual' }, value: 50, globalDefault: true });
    const { json: web } = await send('POST', `${path}/pods`, podNamed('web'));
    expect(web.spec).toMatchObject({
      priorityClassName: 'usual',
      priority: 50,
      preemptionPolicy: 'PreemptLowerPriority',
    });
    await send('DELETE', `${classes}/usual`);
    const { json: later } = await send('POST', `${path}/pods`, podNamed('later'));
    expect(later.spec.priority).toBe(0);
    expect(later.spec).not.toHaveProperty('priorityClassName');
  });

  test('stay with a pod that its own manifest replaces', async () => {
    const path = await makeNamespace('replaced');
    const manifest = podNamed('web', { priorityClassName: 'high' });
    const { json } = await send('POST', `${path}/pods`, manifest);
    const replaced = await send('PUT', `${path}/pods/web`, {
      ...manifest,
      metadata: { name: 'web', labels: { replaced: 'yes' } },
    });
    expect(replaced).toMatchObject({ status: 200, json: { metadata: { labels: { replaced: 'yes' } } } });
    for (const kept of ['priority', 'preemptionPolicy', 'tolerations']) {
      expect(replaced.json.spec[kept]).toEqual(json.spec[kept]);
    }
    const raised = await send('PUT', `${path}/pods/web`, podNamed('web', { priorityClassName: 'high', priority: 7 }));
    expect(raised).toMatchObject({ status: 422, json: { details: { causes: [{ field: 'spec' }] } } });
  });

  test('of runtimes add their overhead, and where they are', async () => {
    const path = await makeNamespace('runtimes');
    await send('POST', '/apis/node.k8s.io/v1/runtimeclasses', {
      metadata: { name: 'boxed' },
      handler: 'boxed',
      overhead: { podFixed: { cpu: '50m' } },
      scheduling: { nodeSelector: { boxed: 'yes' } },
    });
    const { json } = await send('POST', `${path}/pods`, podNamed('web', { runtimeClassName: 'boxed' }));
    expect(json.spec).toMatchObject({ overhead: { cpu: '50m' }, nodeSelector: { boxed: 'yes' } });
    const absent = await send('POST', `${path}/pods`, podNamed('w', { runtimeClassName: 'absent' }));
    expect(absent.json.message).toBe('pods "w" is forbidden: pod rejected: RuntimeClass "absent" not found');
    const own = await send('POST', `${path}/pods`, podNamed('w', { overhead: { cpu: '1' } }));
    expect(own.json.message).toBe(
      'pods "w" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
  });

  test('of storage and ingress have defaults', async () => {
    const path = await makeNamespace('defaulted');
    await send('POST', '/apis/storage.k8s.io/v1/storageclasses', {
      metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'example.com/disk',
    });
    await send('POST', '/apis/networking.k8s.io/v1/ingressclasses', {
      metadata: { name: 'front', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
      spec: { controller: 'example.com/front' },
    });
    const claim = await send('POST', `${path}/persistentvolumeclaims`, {
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    expect(claim.json.spec.storageClassName).toBe('fast');
    const ingress = await send('POST', '/apis/networking.k8s.io/v1/namespaces/defaulted/ingresses', {
      metadata: { name: 'site' },
      spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
    });
    expect(ingress.json.spec.ingressClassName).toBe('front');
    const grown = await send(
      'PATCH',
      `${path}/persistentvolumeclaims/data`,
      { spec: { resources: { requests: { storage: '2Gi' } } } },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect(grown.status).toBeGreaterThanOrEqual(403);
  });
});

const KUBECTLS = ['kubectl', ...kubectlsOf(['1.27', '1.30', '1.31', '1.33'])];

test.each(KUBECTLS.map((binary, i) => [binary, `drained-${i}`]))('%s drains a node', async (binary, name) => {
  const path = await makeNamespace(name);
  await send('POST', '/api/v1/nodes', { metadata: { name } });
  await send('POST', `/apis/policy/v1/namespaces/${name}/poddisruptionbudgets`, {
    metadata: { name: 'guard' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
  });
  const budget = {
    observedGeneration: 1,
    currentHealthy: 2,
    desiredHealthy: 1,
    expectedPods: 2,
    disruptionsAllowed: 1,
  };
  await setStatus(`/apis/policy/v1/namespaces/${name}/poddisruptionbudgets/guard`, budget);
  for (const pod of ['a', 'b']) {
    await send('POST', `${path}/pods`, podNamed(pod, { nodeName: name }, { labels: { app: 'web' } }));
    await setStatus(`${path}/pods/${pod}`, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
  }
  const drain = () =>
    server.kubectl(['drain', name, '--force', '--grace-period=0', '--timeout=3s', '--disable-eviction=false'], {
      binary,
    });
  const first = await drain();
  expect(first.code).toBe(1);
  expect(first.stdout + first.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
  expect((await send('GET', `${path}/pods`)).json.items).toHaveLength(1);
  await setStatus(`/apis/policy/v1/namespaces/${name}/poddisruptionbudgets/guard`, { disruptionsAllowed: 1 });
  const second = await drain();
  expect(second.stdout).toContain('drained');
  expect((await send('GET', `${path}/pods`)).json.items).toEqual([]);
});

describe('certificate requests', () => {
  const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const asJane = { 'impersonate-user': 'jane' };

  async function requestFor(organization: string): Promise<string> {
    const keyFile = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null'];
    const { stdout } = await exec('openssl', ['req', '-new', ...keyFile, '-subj', `/O=${organization}/CN=jane`]);
    return Buffer.from(stdout).toString('base64');
  }

  async function create(name: string, organization: string) {
    const spec = {
      request: await requestFor(organization),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
    };
    return send('POST', requests, { metadata: { name }, spec });
  }

  test('are for no superuser', async () => {
    expect((await create('plain', 'dev')).status).toBe(201);
    expect((await create('masters', 'system:masters')).json.message).toBe(
      'certificatesigningrequests.certificates.k8s.io "masters" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
  });

  test('are approved and signed by whom their signer lets', async () => {
    await create('judged', 'dev');
    const group = 'rbac.authorization.k8s.io';
    const rules = [
      {
        apiGroups: ['certificates.k8s.io'],
        resources: [
          'certificatesigningrequests',
          'certificatesigningrequests/approval',
          'certificatesigningrequests/status',
        ],
        verbs: ['get', 'update', 'patch'],
      },
    ];
    await send('POST', `/apis/${group}/v1/clusterroles`, { metadata: { name: 'judge' }, rules });
    await send('POST', `/apis/${group}/v1/clusterrolebindings`, {
      metadata: { name: 'judge' },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'judge' },
      subjects: [{ apiGroup: group, kind: 'User', name: 'jane' }],
    });
    const merge = { 'content-type': 'application/merge-patch+json' };
    const approval = { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'r', message: 'm' }] } };
    const approve = (headers: Record<string, string>) =>
      send('PATCH', `${requests}/judged/approval`, approval, { ...merge, ...headers });
    expect((await approve(asJane)).json.message).toBe(
      'certificatesigningrequests.certificates.k8s.io "judged" is forbidden: user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"',
    );
    const failed = { status: { conditions: [{ type: 'Failed', status: 'True', reason: 'r', message: 'm' }] } };
    expect((await send('PATCH', `${requests}/judged/status`, failed, { ...merge, ...asJane })).json.message).toContain(
      'user not permitted to sign requests with signerName "kubernetes.io/kube-apiserver-client"',
    );
    const signers = { apiGroups: ['certificates.k8s.io'], resources: ['signers'], verbs: ['approve'] };
    await send('PUT', `/apis/${group}/v1/clusterroles/judge`, {
      metadata: { name: 'judge' },
      rules: [...rules, { ...signers, resourceNames: ['kubernetes.io/*'] }],
    });
    expect((await approve(asJane)).status).toBe(200);
  });
});
