import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import {
  ApiException,
  ApisApi,
  AppsV1Api,
  Attach,
  AutoscalingV2Api,
  BatchV1Api,
  CoordinationV1Api,
  CoreV1Api,
  Cp,
  DiscoveryV1Api,
  Exec,
  Health,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  PortForward,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Deployment,
  type V1Status,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiserverProcess, startApiserverProcess } from './apiserver-process.js';
import { type StreamsCluster, startStreamsCluster } from './streams-cluster.js';

/** The official JavaScript client, as it is, on an apiserver that is a process of its own. */

let etcd: EtcdProcess;
let server: ApiserverProcess;
let config: KubeConfig;
let core: CoreV1Api;

const namespace = 'default';

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserverProcess({ etcd: etcd.endpoint, flags: ['--log-level=error'] });
  config = new KubeConfig();
  config.loadFromFile(server.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

function deployment(name: string): V1Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'nginx', ports: [{ containerPort: 80 }] }] },
      },
    },
  };
}

const createConfigMap = (name: string, data: Record<string, string> = {}): Promise<V1ConfigMap> =>
  core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels: { made: 'here' } }, data } });

describe('typed', () => {
  test('lists of many kinds', async () => {
    const lists = await Promise.all([
      core.listNamespace(),
      core.listNode(),
      core.listPodForAllNamespaces(),
      core.listServiceForAllNamespaces(),
      core.listSecretForAllNamespaces(),
      core.listServiceAccountForAllNamespaces(),
      config.makeApiClient(AppsV1Api).listDeploymentForAllNamespaces(),
      config.makeApiClient(AppsV1Api).listStatefulSetForAllNamespaces(),
      config.makeApiClient(BatchV1Api).listJobForAllNamespaces(),
      config.makeApiClient(AutoscalingV2Api).listHorizontalPodAutoscalerForAllNamespaces(),
      config.makeApiClient(CoordinationV1Api).listLeaseForAllNamespaces(),
      config.makeApiClient(DiscoveryV1Api).listEndpointSliceForAllNamespaces(),
    ]);
    expect(lists.map(({ kind }) => kind)).toEqual([
      'NamespaceList',
      'NodeList',
      'PodList',
      'ServiceList',
      'SecretList',
      'ServiceAccountList',
      'DeploymentList',
      'StatefulSetList',
      'JobList',
      'HorizontalPodAutoscalerList',
      'LeaseList',
      'EndpointSliceList',
    ]);
    for (const { metadata } of lists) expect(metadata?.resourceVersion).toMatch(/^\d+$/);
    expect(lists[0].items.map(({ metadata }) => metadata?.name)).toContain('kube-system');
  });

  test('pages, selectors, dates and the kinds of fields', async () => {
    for (const name of ['page-a', 'page-b', 'page-c']) await createConfigMap(name);
    const first = await core.listNamespacedConfigMap({ namespace, labelSelector: 'made=here', limit: 2 });
    expect(first.items.map(({ metadata }) => metadata?.name)).toEqual(['page-a', 'page-b']);
    const rest = await core.listNamespacedConfigMap({
      namespace,
      labelSelector: 'made=here',
      limit: 2,
      _continue: first.metadata?._continue ?? '',
    });
    expect(rest.items.map(({ metadata }) => metadata?.name)).toEqual(['page-c']);
    const [one] = (await core.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=page-b' })).items;
    expect(one?.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const gone = await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'made=here' });
    expect(gone.kind).toBeDefined();
    expect((await core.listNamespacedConfigMap({ namespace, labelSelector: 'made in (here)' })).items).toEqual([]);
  });

  test('every verb of an object, its status and its scale', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    const made = await apps.createNamespacedDeployment({ namespace, body: deployment('verbs') });
    expect(made.spec?.strategy?.rollingUpdate?.maxSurge).toBe('25%');
    expect(made.metadata?.generation).toBe(1);
    const spec = { ...made.spec, replicas: 3 } as NonNullable<V1Deployment['spec']>;
    const replaced = await apps.replaceNamespacedDeployment({ namespace, name: 'verbs', body: { ...made, spec } });
    expect(replaced.metadata?.generation).toBe(2);
    const stale = apps.replaceNamespacedDeployment({ namespace, name: 'verbs', body: made });
    await expect(stale).rejects.toMatchObject({ code: 409 });
    const body = { ...replaced, status: { replicas: 3, observedGeneration: 2 } };
    const status = await apps.replaceNamespacedDeploymentStatus({ namespace, name: 'verbs', body });
    expect(status.status?.replicas).toBe(3);
    const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'verbs' });
    scale.spec = { replicas: 5 };
    await apps.replaceNamespacedDeploymentScale({ namespace, name: 'verbs', body: scale });
    expect((await apps.readNamespacedDeployment({ namespace, name: 'verbs' })).spec?.replicas).toBe(5);
    const dry = await apps.deleteNamespacedDeployment({ namespace, name: 'verbs', dryRun: 'All' });
    expect(dry).toBeDefined();
    await apps.deleteNamespacedDeployment({ namespace, name: 'verbs', propagationPolicy: 'Background' });
    const missing = await apps.readNamespacedDeployment({ namespace, name: 'verbs' }).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(ApiException);
    expect(JSON.parse((missing as ApiException<string>).body)).toMatchObject({
      kind: 'Status',
      reason: 'NotFound',
      details: { name: 'verbs', group: 'apps', kind: 'deployments' },
    });
  });

  test('discovery, version and health', async () => {
    const groups = await config.makeApiClient(ApisApi).getAPIVersions();
    expect(groups.groups.map(({ name }) => name)).toContain('apps');
    expect((await core.getAPIResources()).resources.map(({ name }) => name)).toContain('pods/proxy');
    expect((await config.makeApiClient(VersionApi).getCode()).gitVersion).toMatch(/^v1\.34\.\d+/);
    const health = new Health(config);
    expect([await health.livez({}), await health.readyz({})]).toEqual([true, true]);
  });

  test('an object that is invalid is told by its fields', async () => {
    const body = { metadata: { name: 'Bad_Name' } };
    const error = await core.createNamespacedConfigMap({ namespace, body }).catch((thrown: unknown) => thrown);
    const status = JSON.parse((error as ApiException<string>).body) as V1Status;
    expect(status).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(status.details?.causes?.[0]).toMatchObject({ field: 'metadata.name', reason: 'FieldValueInvalid' });
  });
});

describe('patches', () => {
  const by = (strategy: PatchStrategy) => setHeaderOptions('Content-Type', strategy);

  test('JSON, merge and strategic merge', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    await apps.createNamespacedDeployment({ namespace, body: deployment('patched') });
    const patch = (body: object, strategy: PatchStrategy) =>
      apps.patchNamespacedDeployment({ namespace, name: 'patched', body }, by(strategy));
    const replace = [{ op: 'replace', path: '/spec/replicas', value: 4 }];
    expect((await patch(replace, PatchStrategy.JsonPatch)).spec?.replicas).toBe(4);
    const labels = await patch({ metadata: { labels: { a: 'b' } } }, PatchStrategy.MergePatch);
    expect(labels.metadata?.labels).toEqual({ a: 'b' });
    const second = { spec: { template: { spec: { containers: [{ name: 'second', image: 'busybox' }] } } } };
    const merged = await patch(second, PatchStrategy.StrategicMergePatch);
    expect(merged.spec?.template.spec?.containers.map(({ name }) => name)).toEqual(['second', 'main']);
    const failed = patch([{ op: 'test', path: '/spec/replicas', value: 9 }], PatchStrategy.JsonPatch);
    await expect(failed).rejects.toMatchObject({ code: 422 });
    const status = { status: { replicas: 4 } };
    const ofStatus = await apps.patchNamespacedDeploymentStatus(
      { namespace, name: 'patched', body: status },
      by(PatchStrategy.MergePatch),
    );
    expect(ofStatus.status?.replicas).toBe(4);
    await apps.deleteNamespacedDeployment({ namespace, name: 'patched' });
  });
});

test('objects of any kind', async () => {
  const objects = KubernetesObjectApi.makeApiClient(config);
  const made = await objects.create(deployment('any'));
  expect(made.metadata?.uid).toBeDefined();
  const header = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'any', namespace } };
  const patched = await objects.patch({ ...header, metadata: { ...header.metadata, labels: { a: 'b' } } });
  expect(patched.metadata?.labels).toEqual({ a: 'b' });
  const read = await objects.read<V1Deployment>(header);
  const replaced = await objects.replace({ ...read, spec: { ...read.spec, replicas: 7 } } as V1Deployment);
  expect(replaced.spec?.replicas).toBe(7);
  const listed = await objects.list<V1Deployment>('apps/v1', 'Deployment', namespace);
  expect(listed.items.map(({ metadata }) => metadata?.name)).toEqual(['any']);
  expect(await objects.delete(header)).toMatchObject({ status: 'Success' });
  await expect(objects.read(header)).rejects.toMatchObject({ code: 404 });
});

test('a watch from a version, and one from a version that is gone', async () => {
  const { metadata } = await core.listNamespacedConfigMap({ namespace });
  await createConfigMap('watched');
  await core.deleteNamespacedConfigMap({ namespace, name: 'watched' });
  const watch = (resourceVersion: string | undefined, count: number) =>
    new Promise<string[]>((resolve, reject) => {
      const seen: string[] = [];
      const watching = new Watch(config).watch(
        `/api/v1/namespaces/${namespace}/configmaps`,
        resourceVersion === undefined ? {} : { resourceVersion },
        (phase: string, object: KubernetesObject & { code?: number }) => {
          seen.push(`${phase} ${object.metadata?.name ?? object.code}`);
          if (seen.length < count) return;
          resolve(seen);
          watching.then((controller) => controller.abort()).catch(reject);
        },
        () => resolve(seen),
      );
      watching.catch(reject);
    });
  expect(await watch(metadata?.resourceVersion, 2)).toEqual(['ADDED watched', 'DELETED watched']);
});

test('an informer through the crash of the apiserver, and of etcd', async () => {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const informer = makeInformer<V1ConfigMap>(config, path, () => core.listNamespacedConfigMap({ namespace }));
  const events: string[] = [];
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, ({ metadata, data }) => events.push(`${verb} ${metadata?.name} ${data?.round ?? ''}`.trim()));
  }
  let failures = 0;
  let again: NodeJS.Timeout | undefined;
  // As the client's own examples do it.
  const restart = () => {
    failures += 1;
    again = setTimeout(() => informer.start().catch(restart), 200);
  };
  informer.on('error', restart);
  await informer.start();
  const names = () => [...new Set(informer.list().map(({ metadata }) => metadata?.name ?? ''))].sort();
  const round = (name: string, value: string) =>
    core.patchNamespacedConfigMap(
      { namespace, name, body: { data: { round: value } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
  try {
    await createConfigMap('kept', { round: '1' });
    await createConfigMap('lost', { round: '1' });
    await expect.poll(names).toEqual(['kept', 'lost']);
    await server.kill();
    await server.start();
    await round('kept', '2');
    await core.deleteNamespacedConfigMap({ namespace, name: 'lost' });
    await createConfigMap('late', { round: '2' });
    await expect.poll(names, { timeout: 20_000 }).toEqual(['kept', 'late']);
    await etcd.restart();
    await expect.poll(() => server.fetch('/readyz'), { timeout: 20_000 }).toMatchObject({ status: 200 });
    await round('kept', '3');
    await expect.poll(() => informer.get('kept', namespace)?.data?.round, { timeout: 20_000 }).toBe('3');
  } finally {
    clearTimeout(again);
    await informer.stop();
  }
  // Whoever asks twice is told twice; what an informer tells of one object goes only forward.
  const of = (name: string) => events.filter((event) => event.includes(` ${name}`));
  expect([...new Set(of('kept'))]).toEqual(['add kept 1', 'update kept 2', 'update kept 3']);
  expect([...new Set(of('lost'))]).toEqual(['add lost 1', 'delete lost 1']);
  expect([...new Set(of('late'))]).toEqual(['add late 2']);
  expect(failures).toBeLessThan(100);
  for (const name of ['kept', 'late']) await core.deleteNamespacedConfigMap({ namespace, name });
});

test('credentials: a certificate is somebody, a wrong token is nobody', async () => {
  const stranger = new KubeConfig();
  stranger.loadFromClusterAndUser(
    config.getCurrentCluster() as NonNullable<ReturnType<KubeConfig['getCurrentCluster']>>,
    { name: 'stranger', token: 'no-such-token' },
  );
  await expect(stranger.makeApiClient(CoreV1Api).listNode()).rejects.toMatchObject({ code: 401 });
});

describe('streams', () => {
  let cluster: StreamsCluster;

  beforeAll(async () => {
    cluster = await startStreamsCluster();
    await cluster.addPod('a', ['main']);
  });

  afterAll(async () => {
    await cluster?.stop();
  });

  test('exec, with input and exit code', async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const ended = new Promise<V1Status>((resolve, reject) => {
      new Exec(cluster.kubeConfig)
        .exec(
          'default',
          'a',
          'main',
          ['sh', '-c', 'cat; exit 4'],
          stdout,
          stderr,
          Readable.from(['hello']),
          false,
          resolve,
        )
        .catch(reject);
    });
    expect(await text(stdout)).toBe('hello');
    expect(await ended).toMatchObject({
      status: 'Failure',
      details: { causes: [{ reason: 'ExitCode', message: '4' }] },
    });
  });

  test('attach', async () => {
    const stdout = new PassThrough();
    await new Attach(cluster.kubeConfig).attach('default', 'a', 'main', stdout, null, Readable.from(['hey']), false);
    expect(await text(stdout)).toBe('hey');
  });

  test('logs', async () => {
    const sink = new PassThrough();
    await new Log(cluster.kubeConfig).log('default', 'a', 'main', sink, { tailLines: 2 });
    expect(await text(sink)).toBe('two\nthree\n');
    const api = cluster.kubeConfig.makeApiClient(CoreV1Api);
    expect(await api.readNamespacedPodLog({ namespace: 'default', name: 'a', container: 'main' })).toBe(
      'one\ntwo\nthree\n',
    );
  });

  test('port-forward', async () => {
    const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const { port } = echo.address() as AddressInfo;
    const [input, output] = [new PassThrough(), new PassThrough()];
    const socket = await new PortForward(cluster.kubeConfig).portForward('default', 'a', [port], output, null, input);
    const bytes = Buffer.alloc(256 * 1024, 'x');
    input.write(bytes);
    let received = 0;
    for await (const chunk of output as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received >= bytes.length) break;
    }
    expect(received).toBe(bytes.length);
    (socket as { close(): void }).close();
    echo.close();
  });

  test('cp to a pod', async () => {
    const [from, to] = await Promise.all(['from', 'to'].map((name) => mkdtemp(join(tmpdir(), `kubelab-cp-${name}-`))));
    await writeFile(join(from ?? '', 'file'), 'content');
    await new Cp(cluster.kubeConfig).cpToPod('default', 'a', 'main', from ?? '', to ?? '');
    await expect
      .poll(() => readFile(join(to ?? '', 'file'), 'utf8').catch(() => ''), { timeout: 10_000 })
      .toBe('content');
    for (const directory of [from, to]) await rm(directory ?? '', { recursive: true });
  });

  test('the proxy of a pod', async () => {
    const api = cluster.kubeConfig.makeApiClient(CoreV1Api);
    await expect(
      api.connectGetNamespacedPodProxyWithPath({ namespace: 'default', name: 'a:1', path: 'x' }),
    ).rejects.toMatchObject({ code: 400 });
  });
});
