import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ContainerStatus } from '@kubelab/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type KubeletCluster, startKubeletCluster } from './kubelet-fixture.js';
import { startRegistry, type TestRegistry } from './kubelet-registry.js';

const run = promisify(execFile);
const FOREIGN = `kubelab-test/foreign:${process.pid}`;
const LOGIN = { user: 'ann', password: 'secret' };

let cluster: KubeletCluster;
let registry: TestRegistry | undefined;
let locked: TestRegistry;
/** Removed from the engine at the end. */
const images = new Set<string>();

beforeAll(async () => {
  cluster = await startKubeletCluster();
  // What was built on this machine is never asked for anywhere: these are not, as far as anybody can see.
  await makeForeignImage(FOREIGN);
  registry = await startRegistry(FOREIGN);
  locked = await startRegistry(FOREIGN, LOGIN);
  await cluster.addReadyNode('node1', '10.244.9.0/24');
  await cluster.create('serviceaccounts', { metadata: { name: 'default' } });
});

afterAll(async () => {
  await cluster?.stop();
  await registry?.stop();
  await locked?.stop();
  for (const image of images) await run('docker', ['rmi', '--force', image]).catch(() => undefined);
});

async function makeForeignImage(image: string): Promise<void> {
  images.add(image);
  const { stdout } = await run('docker', ['create', 'busybox', 'true']);
  const container = stdout.trim();
  await run('docker', ['commit', '--change', 'LABEL kubelab.built=false', container, image]);
  await run('docker', ['rm', container]);
}

function open(): TestRegistry {
  if (!registry) throw new Error('the registry has been stopped');
  return registry;
}

async function createPod(name: string, image: string, more: object = {}, policy = 'Always'): Promise<void> {
  images.add(image);
  const containers = [{ name: 'main', image, imagePullPolicy: policy, command: ['sleep', '1000'] }];
  const spec = { nodeName: 'node1', terminationGracePeriodSeconds: 0, containers, ...more };
  await cluster.create('pods', { metadata: { name }, spec });
}

function statusOf(pod: string, what: string, accept: (status: ContainerStatus) => boolean): Promise<ContainerStatus> {
  return eventually(`${pod}: ${what}`, async () => {
    const status = (await cluster.pod(pod))?.status?.containerStatuses?.[0];
    return status && accept(status) ? status : undefined;
  });
}

const runs = (status: ContainerStatus): boolean => status.state?.running !== undefined;

function hasEvent(pod: string, reason: string, message: RegExp): Promise<boolean> {
  return eventually(`event ${reason} of ${pod}`, async () => {
    const { json } = await cluster.api.fetch('/api/v1/namespaces/default/events');
    return json.items.some(
      (event: { involvedObject: { name: string }; reason: string; message: string }) =>
        event.involvedObject.name === pod && event.reason === reason && message.test(event.message),
    );
  });
}

describe('an image', () => {
  it('is pulled, and its digest told', async () => {
    const image = `${open().address}/team/app:1`;
    await createPod('pulls', image);
    const status = await statusOf('pulls', 'runs', runs);
    await hasEvent('pulls', 'Pulling', /^Pulling image "127\.0\.0\.1:\d+\/team\/app:1"$/);
    await hasEvent(
      'pulls',
      'Pulled',
      /^Successfully pulled image "127.*:1" in [\d.]+m?s \([\d.]+m?s including waiting\)\. Image size: \d+ bytes\.$/,
    );
    expect(status.imageID).toMatch(/^docker(-pullable)?:\/\//);
  });

  it('is asked for again where the policy is Always, and only then', async () => {
    const image = `${open().address}/team/app:1`;
    const before = open().manifestReads();
    await createPod('if-not-present', image, {}, 'IfNotPresent');
    await statusOf('if-not-present', 'runs', runs);
    expect(open().manifestReads()).toBe(before);
    await createPod('always', image);
    await statusOf('always', 'runs', runs);
    expect(open().manifestReads()).toBeGreaterThan(before);
  });

  it('that is private is pulled with the pod’s secret, and not without', async () => {
    const image = `${locked.address}/private/app:1`;
    await createPod('without-secret', image);
    const refused = await statusOf('without-secret', 'waits', ({ state }) => state?.waiting?.reason === 'ErrImagePull');
    expect(refused.state?.waiting?.message).toMatch(/authentication required|no basic auth credentials|unauthorized/i);
    const auths = { [locked.address]: { username: LOGIN.user, password: LOGIN.password } };
    await cluster.create('secrets', {
      metadata: { name: 'login' },
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
    });
    await createPod('with-secret', image, { imagePullSecrets: [{ name: 'login' }] });
    await statusOf('with-secret', 'runs', runs);
  });

  it('that the registry no longer has is not replaced by the one that is present', async () => {
    const image = `${open().address}/team/app:missing`;
    await makeForeignImage(image);
    await createPod('refused', image);
    const status = await statusOf('refused', 'waits', ({ state }) => state?.waiting?.reason === 'ErrImagePull');
    expect(status.state?.waiting?.message).toContain('manifest unknown');
  });

  it('that is present runs while its registry cannot be reached', async () => {
    const image = `${open().address}/team/unreachable:1`;
    await makeForeignImage(image);
    const absent = `${open().address}/team/absent:1`;
    await open().stop();
    await createPod('offline', image);
    await statusOf('offline', 'runs', runs);
    await hasEvent('offline', 'RegistryUnreachable', /cannot be reached, using the image that is present/);
    await createPod('offline-and-absent', absent);
    await statusOf('offline-and-absent', 'waits', ({ state }) => state?.waiting?.reason === 'ErrImagePull');
    registry = undefined;
  });
});
