import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EndpointSlice, Pod, Service } from '@kubelab/api';
import { ensureImages } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findLeftovers, takeFootprint } from './footprint.js';
import { Kubectl } from './kubectl.js';
import { eventually, execute, TestCluster } from './kubelab-command.js';
import { removeCluster } from './remove-cluster.js';
import { get } from './steady-load.js';
import { uniqueName } from './unique-name.js';

// Service addresses as pods, nodes and the machine reach them, by the rules of
// each proxy mode.

const NODE_PORT = 31082;

interface Mode {
  readonly mode: 'nftables' | 'iptables';
  readonly nodes: readonly string[];
}

const MODES: readonly Mode[] = [
  { mode: 'nftables', nodes: ['node1', 'node2'] },
  { mode: 'iptables', nodes: ['node1'] },
];

/** nginx that says which pod it is. */
function server(name: string, replicas: number): object {
  const script = 'hostname > /usr/share/nginx/html/index.html; exec nginx -g "daemon off;"';
  const container = {
    name: 'nginx',
    image: 'nginx',
    command: ['sh', '-c', script],
    ports: [{ name: 'http', containerPort: 80 }],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 1, containers: [container] },
      },
    },
  };
}

function service(name: string, spec: object): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}

describe.each(MODES)('proxy mode $mode', ({ mode, nodes }) => {
  const cluster = new TestCluster(uniqueName(`e2e-${mode}`));
  const kubectl = new Kubectl(cluster.kubeconfig, 'kubectl', 'default');

  const curl = (pod: string, url: string): Promise<string> =>
    kubectl.exec(pod, 'curl', '--silent', '--show-error', '--fail', '--max-time', '5', url);

  /** How curl in a pod fails, and how long that takes. */
  const refusal = async (pod: string, url: string): Promise<{ code: number; tookMs: number }> => {
    const script = `start=$(date +%s%N); curl -s --max-time 5 ${url}; echo $? $((($(date +%s%N) - start) / 1000000))`;
    const [code, tookMs] = (await kubectl.exec(pod, 'sh', '-c', script)).split(' ').map(Number);
    return { code: code ?? 0, tookMs: tookMs ?? 0 };
  };

  /** Of those that are to stay. */
  const podNames = async (app: string): Promise<string[]> => {
    const { items } = await kubectl.get<{ items: Pod[] }>('pods', '-l', `app=${app}`);
    return items.flatMap(({ metadata }) => (metadata?.deletionTimestamp ? [] : [metadata?.name ?? ''])).sort();
  };

  const clusterIp = async (name: string): Promise<string> =>
    (await kubectl.get<Service>('service', name)).spec?.clusterIP ?? '';

  /** The same question until each of the pods has answered, and no other any more; rejects when one never does. */
  const untilAllAnswer = async (ask: () => Promise<string>, names: readonly string[]): Promise<void> => {
    const seen = new Set<string>();
    await eventually(`${names.join(', ')} answer`, async () => {
      const answer = (await ask()).trim();
      if (names.includes(answer)) seen.add(answer);
      else seen.clear();
      return [...seen].sort().join() === names.join() ? true : undefined;
    });
  };

  beforeAll(async () => {
    await ensureImages(['pause', 'nginx']);
    await cluster.must('up', `--nodes=${nodes.length}`, `--proxy-mode=${mode}`);
    await kubectl.apply(
      server('web', 2),
      server('alone', 1),
      service('web', { selector: { app: 'web' }, ports: [{ port: 8080, targetPort: 'http' }] }),
      service('alone', { selector: { app: 'alone' }, ports: [{ port: 80 }] }),
      service('node-port', {
        type: 'NodePort',
        selector: { app: 'web' },
        ports: [{ port: 80, nodePort: NODE_PORT }],
      }),
      service('empty', { selector: { app: 'none' }, ports: [{ port: 80 }] }),
      service('headless', { clusterIP: 'None', selector: { app: 'web' }, ports: [{ port: 80 }] }),
    );
    await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=60s');
    await kubectl.must('rollout', 'status', 'deployment/alone', '--timeout=60s');
  });

  afterAll(async () => {
    await removeCluster(cluster);
  });

  test('a pod reaches every pod behind a ClusterIP, on another port by name', async () => {
    const [asking = ''] = await podNames('alone');
    const url = `http://${await clusterIp('web')}:8080/`;
    await untilAllAnswer(() => curl(asking, url), await podNames('web'));
  });

  test('a pod reaches itself through its Service', async () => {
    const [alone = ''] = await podNames('alone');
    const url = `http://${await clusterIp('alone')}/`;
    expect(await eventually('it answers itself', () => curl(alone, url))).toBe(alone);
    for (const name of await podNames('web')) expect(await curl(name, url)).toBe(alone);
  });

  test('a NodePort answers on every node from the machine and from pods, and not on other ports', async () => {
    const [asking = ''] = await podNames('alone');
    const names = await podNames('web');
    for (const node of nodes) {
      const { address } = await cluster.component(`node/${node}`);
      await untilAllAnswer(() => get(`http://${address}:${NODE_PORT}/`), names);
      await untilAllAnswer(() => curl(asking, `http://${address}:${NODE_PORT}/`), names);
      await expect(get(`http://${address}:${NODE_PORT + 1}/`)).rejects.toThrow('ECONNREFUSED');
    }
  });

  test('a node reaches ClusterIPs and its own NodePort', async () => {
    const names = await podNames('web');
    for (const node of nodes) {
      const inNode = async (url: string): Promise<string> => {
        const net = `--net=/proc/${cluster.pid(`kubelet/${node}`)}/ns/net`;
        const { code, stdout } = await execute('nsenter', [net, '--', 'curl', '-sf', '--max-time', '5', url]);
        if (code !== 0) throw new Error(`curl ended with ${code}`);
        return stdout;
      };
      const ip = await clusterIp('web');
      await untilAllAnswer(() => inNode(`http://${ip}:8080/`), names);
      const { address } = await cluster.component(`node/${node}`);
      await untilAllAnswer(() => inNode(`http://${address}:${NODE_PORT}/`), names);
    }
  });

  test('without endpoints a Service refuses at once; with one it answers; without it refuses again', async () => {
    const [asking = ''] = await podNames('alone');
    const url = `http://${await clusterIp('empty')}/`;
    const refused = await refusal(asking, url);
    // 7: could not connect. A time-out would be 28, after five seconds.
    expect(refused.code).toBe(7);
    expect(refused.tookMs).toBeLessThan(1_000);
    await kubectl.apply(server('none', 1));
    await kubectl.must('rollout', 'status', 'deployment/none', '--timeout=60s');
    const [name] = await podNames('none');
    expect(await eventually('it answers', () => curl(asking, url))).toBe(name);
    await kubectl.must('delete', 'deployment', 'none');
    await eventually('it refuses again', async () => ((await refusal(asking, url)).code === 7 ? true : undefined));
  });

  test('scaled, the Service follows; a port that changes, too', async () => {
    const [asking = ''] = await podNames('alone');
    const ip = await clusterIp('web');
    await kubectl.must('scale', 'deployment/web', '--replicas=3');
    await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=60s');
    await untilAllAnswer(() => curl(asking, `http://${ip}:8080/`), await podNames('web'));
    await kubectl.must('scale', 'deployment/web', '--replicas=2');
    const slices = async (): Promise<number> => {
      const { items } = await kubectl.get<{ items: EndpointSlice[] }>(
        'endpointslices',
        '-l',
        'kubernetes.io/service-name=web',
      );
      return items.flatMap(({ endpoints }) => endpoints).length;
    };
    await eventually('two endpoints', async () => ((await slices()) === 2 ? true : undefined));
    await untilAllAnswer(() => curl(asking, `http://${ip}:8080/`), await podNames('web'));
    await kubectl.must(
      'patch',
      'service',
      'web',
      '--type=json',
      '-p',
      '[{"op":"replace","path":"/spec/ports/0/port","value":8081}]',
    );
    await untilAllAnswer(() => curl(asking, `http://${ip}:8081/`), await podNames('web'));
    await eventually('the old port is closed', async () =>
      (await refusal(asking, `http://${ip}:8080/`)).code !== 0 ? true : undefined,
    );
  });

  test('pods reach each other at their own addresses, across nodes', async () => {
    const [asking = ''] = await podNames('alone');
    const ips = (await kubectl.jsonPath('{.items[*].status.podIP}', 'pods', '-l', 'app=web')).split(' ');
    const answers = await Promise.all(ips.map((ip) => curl(asking, `http://${ip}/`)));
    expect(answers.sort()).toEqual(await podNames('web'));
    expect(await clusterIp('headless')).toBe('None');
  });

  test('pods reach the API at the kubernetes Service, which does not take them for anybody', async () => {
    const [asking = ''] = await podNames('alone');
    const script =
      'curl -sk --max-time 5 -w " %{http_code}" https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/api/v1/pods';
    const answer = await kubectl.exec(asking, 'sh', '-c', script);
    expect(answer).toMatch(/"kind": ?"Status"[\s\S]* 40[13]$/);
  });

  test('pods reach the machine, which sees their node’s address', async () => {
    const [asking = ''] = await podNames('alone');
    const gateway = new URL((await cluster.component('apiserver')).address).hostname;
    const machine = createServer((request, response) => response.end(request.socket.remoteAddress));
    await new Promise<void>((resolve) => machine.listen(0, gateway, resolve));
    try {
      const { port } = machine.address() as AddressInfo;
      const node = await kubectl.jsonPath('{.spec.nodeName}', 'pod', asking);
      const { address } = await cluster.component(`node/${node}`);
      expect(await curl(asking, `http://${gateway}:${port}/`)).toBe(address);
    } finally {
      machine.closeAllConnections();
      machine.close();
    }
  });

  test('down leaves no rule behind', async () => {
    const footprint = await takeFootprint(cluster);
    await cluster.must('down');
    expect(await findLeftovers(cluster, footprint)).toEqual([]);
  });
});
