import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../kubelab-command.js';
import { since, step, type Tour, variant } from './tour.js';

/** get in all its forms, describe, and what is told of the API itself. */
export async function reading(tour: Tour): Promise<void> {
  await get(tour);
  await watching(tour);
  await describe(tour);
  await api(tour);
}

async function get(tour: Tour): Promise<void> {
  const { namespace } = tour;
  await step(tour, ['get', 'pods'], {
    stdout: /^NAME +READY +STATUS +RESTARTS +AGE\n(.*\n)*talker +1\/1 +Running +0 +\S+\n/,
  });
  await step(tour, ['get', 'po', 'talker', '-o', 'wide'], {
    stdout:
      /^NAME .* IP +NODE +NOMINATED NODE +READINESS GATES\ntalker .* 10\.244\.\d+\.\d+ +node\d +<none> +<none>\n$/,
  });
  await step(tour, ['get', 'pod', 'talker', '-o', 'yaml'], { stdout: /^apiVersion: v1\nkind: Pod\nmetadata:\n/ });
  const json = await step(tour, ['get', 'pod/talker', 'svc/web', '-o', 'json']);
  const list = JSON.parse(json.stdout) as { kind: string; items: { kind: string }[] };
  expect([list.kind, ...list.items.map(({ kind }) => kind)]).toEqual(['List', 'Pod', 'Service']);
  await step(tour, ['get', 'deploy,svc,cm', '-l', 'app=web', '-o', 'name'], {
    stdout: /^deployment\.apps\/web\nservice\/web\n$/,
  });
  await variant(tour, ['get', 'pods', '-L', 'app', '--no-headers'], { stdout: /^talker .* talker$/m });
  await variant(tour, ['get', 'pods', '--show-labels', '-l', 'app in (talker, nope),!absent'], {
    stdout: /app=talker\n$/,
  });
  await variant(tour, ['get', 'pods', '-A'], { stdout: new RegExp(`^${namespace} +talker `, 'm') });
  await variant(tour, ['get', 'svc', 'kubernetes', '-n', 'default'], {
    stdout: /^kubernetes +ClusterIP +10\.96\.0\.1 /m,
  });
  await step(tour, ['get', 'pods', '--field-selector=status.phase=Running,metadata.name=talker', '-o', 'name'], {
    stdout: /^pod\/talker\n$/,
  });
  await variant(tour, ['get', 'pods', '--field-selector=spec.nope=1'], {
    code: 1,
    stderr: /field label not supported: spec\.nope/,
  });
  await step(tour, ['get', 'cm', '--sort-by=.metadata.name', '-o', 'custom-columns=NAME:.metadata.name,A:.data.a'], {
    stdout: /^NAME +A\nkube-root-ca\.crt +<none>\nsettings +1\n/,
  });
  await step(tour, ['get', 'cm', 'settings', '-o', 'jsonpath={.data.a}-{.data.b}'], { stdout: /^1-2$/ });
  await step(tour, ['get', 'cm', 'settings', '-o', 'go-template={{range $k, $v := .data}}{{$k}}={{$v}};{{end}}'], {
    stdout: /^a=1;b=2;$/,
  });
  await variant(tour, ['get', 'cm', '--chunk-size=1', '-o', 'name'], {
    stdout: /^configmap\/kube-root-ca\.crt\nconfigmap\/settings\n/,
  });
  await step(tour, ['get', 'all'], {
    stdout: /pod\/talker (.|\n)*service\/web (.|\n)*deployment\.apps\/web (.|\n)*replicaset\.apps\/web-/,
  });
  await step(tour, ['get', 'pod', 'nope'], {
    code: 1,
    stderr: /^Error from server \(NotFound\): pods "nope" not found\n$/,
  });
  await variant(tour, ['get', 'pod', 'nope', '--ignore-not-found'], { stdout: /^$/ });
  await variant(tour, ['get', 'nopes'], { code: 1, stderr: /the server doesn't have a resource type "nopes"/ });
  await variant(tour, ['get', 'ds'], { stderr: /No resources found in .* namespace/ });
  await step(tour, ['get', '--raw', `/api/v1/namespaces/${namespace}/configmaps/settings`], {
    stdout: /^\{"kind":"ConfigMap"|"kind":"ConfigMap"/,
  });
  const file = join(tour.directory, 'settings.json');
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' } }));
  await variant(tour, ['get', '-f', file, '-o', 'name'], { stdout: /^configmap\/settings\n$/ });
  await since(tour, 24, ['get', 'deploy', 'web', '--subresource=status', '-o', 'name'], {
    stdout: /deployment\.apps\/web/,
  });
}

async function watching({ kubectl }: Tour): Promise<void> {
  const [all, only] = [
    kubectl.start('get', 'cm', '-w', '--output-watch-events', '--no-headers'),
    kubectl.start('get', 'cm', '--watch-only', '-o', 'name'),
  ];
  try {
    await eventually('what is there is shown', async () => /ADDED +settings/.test(all.output) || undefined);
    await kubectl.must('create', 'cm', 'watched', '--from-literal=a=1');
    await kubectl.must('label', 'cm', 'watched', 'seen=yes');
    await kubectl.must('delete', 'cm', 'watched');
    await eventually(
      'every change is shown',
      async () => /ADDED +watched(.|\n)*MODIFIED +watched(.|\n)*DELETED +watched/.test(all.output) || undefined,
    );
    await eventually('only changes are shown', async () => only.output.includes('configmap/watched') || undefined);
  } finally {
    await Promise.all([all.stop(), only.stop()]);
  }
}

async function describe(tour: Tour): Promise<void> {
  const n = tour.replicas;
  await step(tour, ['describe', 'pod', 'talker'], {
    stdout:
      /^Name: +talker\n(.|\n)*Status: +Running\n(.|\n)*Conditions:\n(.|\n)*Events:\n(.|\n)*Started container main/,
  });
  await step(tour, ['describe', 'deployment', 'web'], {
    stdout: new RegExp(
      `Replicas: +${n} desired \\| ${n} updated \\| ${n} total \\| ${n} available \\| 0 unavailable\\n(.|\\n)*StrategyType: +RollingUpdate`,
    ),
  });
  await variant(tour, ['describe', 'rs', '-l', 'app=web'], { stdout: /Controlled By: +Deployment\/web\n/ });
  await step(tour, ['describe', 'service', 'web'], {
    stdout: /Selector: +app=web\n(.|\n)*Endpoints: +10\.244\.\d+\.\d+:80/,
  });
  await step(tour, ['describe', 'node', 'node1'], {
    stdout: /KubeletReady(.|\n)*Capacity:(.|\n)*Non-terminated Pods:/,
  });
  await variant(tour, ['describe', 'secret', 'hidden'], { stdout: /password: +6 bytes\n/ });
  await variant(tour, ['describe', 'cm', 'settings'], { stdout: /^a:\n----\n1\n/m });
  await variant(tour, ['describe', 'ns', tour.namespace], { stdout: /^Status: +Active\n/m });
}

async function api(tour: Tour): Promise<void> {
  await step(tour, ['explain', 'pods.spec.containers'], { stdout: /image\s+<string>/ });
  await step(tour, ['explain', 'deployment', '--recursive'], { stdout: /maxUnavailable\s+<(string|IntOrString)>/ });
  await variant(tour, ['explain', 'pods.nope'], { code: 1, stderr: /field "nope" does not exist/ });
  await step(tour, ['api-versions'], { stdout: /^apps\/v1\n(.|\n)*^v1\n$/m });
  await step(tour, ['api-resources', '-o', 'wide'], {
    stdout: /^deployments +deploy +(apps\/v1|apps) +true +Deployment +\[?create/m,
  });
  await variant(tour, ['api-resources', '--namespaced=false', '-o', 'name'], { stdout: /^nodes\n/m });
  await variant(tour, ['api-resources', '--api-group=apps', '--verbs=watch'], { stdout: /^replicasets +rs /m });
  await step(tour, ['cluster-info'], { stdout: /(Kubernetes|control plane).* is running at .*https:\/\// });
  const { stdout } = await step(tour, ['version', '-o', 'json']);
  const version = JSON.parse(stdout) as Record<string, { minor: string; gitVersion: string }>;
  expect(version.serverVersion).toMatchObject({ minor: '34', gitVersion: expect.stringMatching(/^v1\.34\.\d+/) });
  await step(tour, ['config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}'], {
    stdout: /^https:/,
  });
  // No metrics are served.
  await step(tour, ['top', 'nodes'], { code: 1, stderr: /Metrics API not available/ });
}
