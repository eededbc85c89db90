import { type EtcdProcess, kubectlsOf, startEtcd } from '@kubelab/testing';
import { AppsV1Api, CoreV1Api, KubeConfig, Watch } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let server: RunningApiserver;

const KUBECTLS = ['kubectl', ...kubectlsOf(['1.27', '1.33'])];

const NGINX = `
apiVersion: v1
kind: Namespace
metadata: {name: NS}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx, namespace: NS, labels: {app: nginx}}
spec:
  replicas: 3
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
      - name: nginx
        image: nginx:1.25
        ports: [{containerPort: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: nginx, namespace: NS}
spec:
  selector: {app: nginx}
  ports: [{port: 80, targetPort: 80}]
`;

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

describe.each(KUBECTLS)('%s', (binary) => {
  const namespace = `ns-${binary.slice(-4).replace('.', '-')}`;
  const kubectl = async (args: string, stdin?: string): Promise<string> => {
    const { stdout, stderr, code } = await server.kubectl(args.split(' '), {
      binary,
      ...(stdin === undefined ? {} : { stdin }),
    });
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    return stdout;
  };

  test('apply, again, and with a change', async () => {
    const manifest = NGINX.replaceAll('NS', namespace);
    expect(await kubectl('apply -f -', manifest)).toBe(
      `namespace/${namespace} created\ndeployment.apps/nginx created\nservice/nginx created\n`,
    );
    expect(await kubectl('apply -f -', manifest)).toBe(
      `namespace/${namespace} unchanged\ndeployment.apps/nginx unchanged\nservice/nginx unchanged\n`,
    );
    expect(await kubectl('apply -f -', manifest.replace('nginx:1.25', 'nginx:1.26'))).toContain('nginx configured');
    expect(await kubectl(`diff -n ${namespace} -f -`, manifest.replace('nginx:1.25', 'nginx:1.26'))).toBe('');
  });

  test('prints tables, wide, by label, as YAML, JSON and names', async () => {
    const table = await kubectl(`get deploy,svc -n ${namespace}`);
    expect(table).toMatch(/NAME +READY +UP-TO-DATE +AVAILABLE +AGE\ndeployment.apps\/nginx +0\/3 /);
    expect(table).toMatch(
      /NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nservice\/nginx +ClusterIP +10\.\d+\.\d+\.\d+ +<none> +80\/TCP/,
    );
    expect(await kubectl(`get deploy -n ${namespace} -o wide`)).toMatch(/CONTAINERS +IMAGES +SELECTOR/);
    expect(await kubectl('get deploy -A -l app=nginx --no-headers')).toContain(namespace);
    expect(await kubectl(`get deploy nginx -n ${namespace} -o yaml`)).toContain('image: nginx:1.26');
    expect(JSON.parse(await kubectl(`get all -n ${namespace} -o json`)).items).toHaveLength(2);
    expect(await kubectl(`get ns ${namespace} -o name`)).toBe(`namespace/${namespace}\n`);
    expect(await kubectl('get ns --field-selector metadata.name=default -o name')).toBe('namespace/default\n');
  });

  test('describes', async () => {
    expect(await kubectl(`describe deployment nginx -n ${namespace}`)).toMatch(/Replicas: +3 desired/);
    expect(await kubectl(`describe svc nginx -n ${namespace}`)).toMatch(/Selector: +app=nginx/);
    expect(await kubectl(`describe ns ${namespace}`)).toMatch(/Status: +Active/);
  });

  test('scale, set image, label, annotate, patch', async () => {
    await kubectl(`scale deployment nginx -n ${namespace} --replicas=5`);
    await kubectl(`set image deployment/nginx -n ${namespace} nginx=nginx:1.27`);
    await kubectl(`label deployment nginx -n ${namespace} tier=web`);
    await kubectl(`annotate deployment nginx -n ${namespace} note=x`);
    const { spec, metadata } = JSON.parse(await kubectl(`get deployment nginx -n ${namespace} -o json`));
    expect(spec).toMatchObject({ replicas: 5, template: { spec: { containers: [{ image: 'nginx:1.27' }] } } });
    expect(metadata).toMatchObject({ labels: { app: 'nginx', tier: 'web' }, annotations: { note: 'x' } });
    await kubectl(`patch deployment nginx -n ${namespace} -p {"spec":{"paused":true}}`);
  });

  test('creates by its own generators, in whatever encoding it sends', async () => {
    await kubectl(`create namespace ${namespace}-made`);
    for (const what of [
      'deployment web --image=nginx --replicas=2 --port=80',
      'secret generic s --from-literal=a=b',
      'serviceaccount robot',
      'service nodeport np --tcp=80:8080',
      'configmap c --from-literal=k=v',
    ]) {
      await kubectl(`create -n ${namespace}-made ${what}`);
    }
    const { spec } = JSON.parse(await kubectl(`get deployment web -n ${namespace}-made -o json`));
    expect(spec).toMatchObject({
      replicas: 2,
      template: { spec: { containers: [{ name: 'nginx', image: 'nginx', ports: [{ containerPort: 80 }] }] } },
    });
    const service = JSON.parse(await kubectl(`get svc np -n ${namespace}-made -o json`));
    expect(service.spec).toMatchObject({
      type: 'NodePort',
      ports: [{ port: 80, targetPort: 8080, nodePort: expect.any(Number) }],
    });
    expect(await kubectl(`get secret s -n ${namespace}-made -o jsonpath={.data.a}`)).toBe('Yg==');
    await kubectl(`run one -n ${namespace}-made --image=nginx`);
    expect(await kubectl(`get pod one -n ${namespace}-made --no-headers`)).toMatch(/^one +0\/1 +Pending +0 /);
  });

  test('refuses a manifest with a mistake, by the path', async () => {
    const { code, stderr } = await server.kubectl(['apply', '-f', '-'], {
      binary,
      stdin: `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bad", "namespace": "${namespace}"}, "spec": {"containers": [{"name": "c", "image": "i", "foo": 1}]}}`,
    });
    expect(code).toBe(1);
    expect(stderr).toContain('unknown field "spec.containers[0].foo"');
  });

  test('discovery, explain, version', async () => {
    expect(await kubectl('api-resources --no-headers -o name')).toContain('deployments.apps\n');
    expect(await kubectl('api-versions')).toContain('apps/v1\n');
    expect(await kubectl('explain deployment.spec.replicas')).toMatch(/replicas <integer>/);
    const version = JSON.parse((await server.kubectl(['version', '-o', 'json'], { binary })).stdout);
    expect(version.serverVersion.gitVersion).toBe('v1.34.0+kubelab');
  });

  test('deletes', async () => {
    expect(await kubectl(`delete deployment nginx -n ${namespace}`)).toContain('deployment.apps "nginx" deleted');
    expect(await kubectl(`delete svc --all -n ${namespace}`)).toContain('service "nginx" deleted');
  });
});

test('the JavaScript client lists, creates and watches', async () => {
  const config = new KubeConfig();
  config.loadFromFile(server.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const made = await core.createNamespacedConfigMap({
    namespace: 'default',
    body: { metadata: { name: 'js' }, data: { a: 'b' } },
  });
  expect(made.metadata?.creationTimestamp).toBeInstanceOf(Date);
  const list = await core.listNamespacedConfigMap({ namespace: 'default' });
  expect(list.items.map(({ metadata }) => metadata?.name)).toContain('js');
  expect((await config.makeApiClient(AppsV1Api).listDeploymentForAllNamespaces()).kind).toBe('DeploymentList');
  const seen = await new Promise((resolve, reject) => {
    const watching = new Watch(config).watch(
      '/api/v1/namespaces/default/configmaps',
      {},
      (phase, object) => {
        resolve({ phase, name: object.metadata.name });
        watching.then((controller) => controller.abort()).catch(reject);
      },
      () => {},
    );
    watching.catch(reject);
  });
  expect(seen).toEqual({ phase: 'ADDED', name: 'js' });
  await expect(core.readNamespacedConfigMap({ namespace: 'default', name: 'none' })).rejects.toMatchObject({
    code: 404,
  });
});
