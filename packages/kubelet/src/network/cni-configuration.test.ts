import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { installNetwork, OWN_CONFIGURATION_FILE, ownNetwork, parseNetwork } from './cni-configuration.js';

let directory: string;
const own = ownNetwork({ podCidr: '10.244.3.0/24', leaseDirectory: '/node/cni/networks', mtu: 1450 });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelab-cni-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

it('writes the network of the node, and finds it again without a podCIDR', async () => {
  expect(await installNetwork(directory, undefined)).toBeUndefined();
  expect(await installNetwork(directory, own)).toBe(own);
  expect(JSON.parse(await readFile(join(directory, OWN_CONFIGURATION_FILE), 'utf8'))).toEqual({
    cniVersion: '1.0.0',
    name: 'kubelab',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        isDefaultGateway: true,
        forceAddress: true,
        ipMasq: false,
        hairpinMode: true,
        mtu: 1450,
        ipam: { type: 'host-local', ranges: [[{ subnet: '10.244.3.0/24' }]], dataDir: '/node/cni/networks' },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  });
  expect(await installNetwork(directory, undefined)).toEqual(own);
});

it('gives way to the configuration of an administrator', async () => {
  await installNetwork(directory, own);
  await writeFile(join(directory, '90-other.conf'), '{"cniVersion":"0.4.0","name":"other","type":"ptp"}');
  await writeFile(join(directory, 'README'), 'not a configuration');
  expect(await installNetwork(directory, own)).toMatchObject({ name: 'other', plugins: [{ type: 'ptp' }] });
  expect((await readdir(directory)).sort()).toEqual(['90-other.conf', 'README']);
});

it.each([
  ['not json', 'error parsing CNI configuration x.conflist: '],
  ['{"name":"n","plugins":[]}', 'error parsing CNI configuration x.conflist: no plugins'],
  ['{"plugins":[{"type":"a"}]}', 'error parsing CNI configuration x.conflist: it has no name'],
])('refuses %s', (text, message) => {
  expect(() => parseNetwork('x.conflist', text)).toThrow(message);
});
