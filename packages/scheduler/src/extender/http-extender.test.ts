import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority, issueCertificate } from '@kubelab/runtime/certificates';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createPodInfo } from '../cluster/pod-info.js';
import type { ExtenderConfiguration } from '../config/configuration.js';
import { askExtenders } from '../decision/ask-extenders.js';
import { makeNode, makePod, requesting } from '../simulation/objects.js';
import { createSimulation } from '../simulation/simulation.js';
import { HttpExtender } from './http-extender.js';
import { createPostJson } from './post-json.js';

/** What is asked with: the test knows what it is. */
type Body = { nodenames: string[]; nodes?: { items: { metadata: { name: string } }[] } };
type Answer = (path: string, body: Body) => unknown;

const ending: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ending.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function onRequest(answer: Answer): Parameters<typeof createServer>[1] {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const result = answer(request.url ?? '', JSON.parse(Buffer.concat(chunks).toString()));
      response.statusCode = result === undefined ? 500 : 200;
      response.end(JSON.stringify(result ?? {}));
    });
  };
}

async function extend(answer: Answer, over: Partial<ExtenderConfiguration> = {}): Promise<HttpExtender> {
  const port = await listen(createServer(onRequest(answer)));
  const configuration: ExtenderConfiguration = {
    urlPrefix: `http://127.0.0.1:${port}/prefix/`,
    filterVerb: 'filter',
    prioritizeVerb: '',
    preemptVerb: '',
    bindVerb: '',
    weight: 1,
    tls: undefined,
    httpTimeoutMs: 1_000,
    nodeCacheCapable: false,
    managedResources: [],
    ignorable: false,
    ...over,
  };
  return new HttpExtender(configuration, await createPostJson(configuration.tls));
}

async function decide(extender: HttpExtender) {
  const simulation = createSimulation({ extenders: [extender] });
  for (const name of ['a', 'b', 'c']) simulation.addNode(makeNode(name));
  const cycle = simulation.decider.filter(simulation.profile, createPodInfo(makePod('p')));
  const extra = await askExtenders(cycle, [extender], pino({ level: 'silent' }));
  return { cycle, node: simulation.decider.choose(cycle, extra) };
}

describe('HttpExtender', () => {
  it('takes nodes out, for good or not, in Kubernetes’ shapes', async () => {
    const asked: unknown[] = [];
    const extender = await extend((path, body) => {
      asked.push([path, body.nodes?.items.map(({ metadata }) => metadata.name)]);
      return {
        nodes: { items: body.nodes?.items.filter(({ metadata }) => metadata.name === 'c') },
        failedNodes: { a: 'too small' },
        failedAndUnresolvableNodes: { b: 'too blue' },
      };
    });
    const { cycle, node } = await decide(extender);
    expect(asked).toEqual([['/prefix/filter', ['a', 'b', 'c']]]);
    expect(node?.name).toBe('c');
    expect(cycle.nodes.map((each) => cycle.rejectionOf(each))).toEqual([
      { reasons: ['too small'], unresolvable: false },
      { reasons: ['too blue'], unresolvable: true },
      undefined,
    ]);
    expect([...cycle.rejectedBy]).toEqual([extender.name]);
  });

  it('adds its points by weight, and none where it fails', async () => {
    let fails = false;
    const extender = await extend(
      (_, { nodenames }) => (fails ? undefined : nodenames.map((host) => ({ host, score: host === 'b' ? 10 : 0 }))),
      { filterVerb: '', prioritizeVerb: 'prioritize', weight: 7, nodeCacheCapable: true },
    );
    const { cycle, node } = await decide(extender);
    expect(node?.name).toBe('b');
    expect((cycle.totals[1] ?? 0) - (cycle.totals[0] ?? 0)).toBe(700);
    fails = true;
    expect((await decide(extender)).node).toBeDefined();
  });

  it('fails the attempt where it cannot be asked, unless it may be passed over', async () => {
    await expect(decide(await extend(() => undefined))).rejects.toThrow(/with status 500/);
    await expect(decide(await extend(() => ({ error: 'no idea' })))).rejects.toThrow('no idea');
    expect((await decide(await extend(() => undefined, { ignorable: true }))).node).toBeDefined();
  });

  it('is asked only about pods with its resources, which the scheduler may leave to it', async () => {
    const managedResources = [{ name: 'example.com/gpu', ignoredByScheduler: true }];
    const extender = await extend(() => ({}), { managedResources });
    const gpu = makePod('p', requesting({ 'example.com/gpu': '1' }));
    expect(extender.isInterested(createPodInfo(makePod('q')))).toBe(false);
    expect(extender.isInterested(createPodInfo(gpu))).toBe(true);
    const simulation = createSimulation({ extenders: [extender] });
    simulation.addNode(makeNode('a'));
    expect(simulation.decide(gpu).node?.name).toBe('a');
  });

  it('chooses among candidates for preemption', async () => {
    const extender = await extend(
      () => ({ nodeNameToMetaVictims: { b: { pods: [{ uid: 'y' }], numPDBViolations: 0 } } }),
      {
        filterVerb: '',
        preemptVerb: 'preempt',
      },
    );
    const simulation = createSimulation({ extenders: [extender] });
    for (const name of ['a', 'b']) simulation.addNode(makeNode(name));
    simulation.addPod(makePod('x', { ...requesting({ cpu: '4' }), nodeName: 'a' }));
    simulation.addPod(makePod('y', { ...requesting({ cpu: '4' }), nodeName: 'b' }));
    const pod = makePod('p', { ...requesting({ cpu: '1' }), priority: 5 });
    expect(await simulation.outcome(pod)).toBe('preempts on b');
  });

  it('binds', async () => {
    const asked: unknown[] = [];
    const extender = await extend((path, body) => asked.push([path, body]) && {}, { bindVerb: 'bind' });
    await extender.bind(createPodInfo(makePod('p')), 'a');
    expect(asked).toEqual([['/prefix/bind', { podName: 'p', podNamespace: 'default', podUID: 'p', node: 'a' }]]);
  });

  it('speaks TLS, and to nobody whom its authority does not vouch for', async () => {
    const authority = await createCertificateAuthority({ commonName: 'ca' });
    const serving = await issueCertificate(authority, {
      commonName: 'x',
      usages: ['server'],
      ipAddresses: ['127.0.0.1'],
    });
    const server = createTlsServer(
      { cert: serving.certificatePem, key: serving.privateKeyPem },
      onRequest(() => ({ nodenames: ['a'] })),
    );
    const port = await listen(server as unknown as Server);
    const directory = await mkdtemp(join(tmpdir(), 'kubelab-extender-'));
    ending.push(() => rm(directory, { recursive: true }));
    const caFile = join(directory, 'ca.crt');
    await writeFile(caFile, authority.certificatePem);
    const none = { insecure: false, serverName: '', caFile: '', certFile: '', keyFile: '' };
    const over = { urlPrefix: `https://127.0.0.1:${port}`, nodeCacheCapable: true };
    const trusting = await extend(() => ({}), { ...over, tls: { ...none, caFile } });
    expect((await decide(trusting)).node?.name).toBe('a');
    await expect(decide(await extend(() => ({}), { ...over, tls: none }))).rejects.toThrow(/certificate/);
  });
});
