import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planCertificates } from './certificates-plan.js';
import { ensurePki } from './pki.js';

const cluster = {
  network: { subnet: '172.18.0.0/16', gateway: '172.18.0.1' },
  nodes: [{ name: 'node1', address: '172.18.0.2', stopped: false }],
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelab-pki-'));
});
afterEach(() => rm(directory, { recursive: true }));

const certificate = async (name: string): Promise<X509Certificate> =>
  new X509Certificate(await readFile(join(directory, `${name}.crt`)));

test('every component and node has an identity of its own, signed by the cluster', async () => {
  const made = await ensurePki(directory, planCertificates(cluster));
  expect(made).toEqual([
    'admin',
    'apiserver',
    'apiserver-kubelet-client',
    'controller-manager',
    'etcd-client',
    'etcd-server',
    'kubelet-node1',
    'kubelet-node1-serving',
    'proxy-node1',
    'scheduler',
  ]);
  const authority = await certificate('ca');
  expect((await certificate('kubelet-node1')).subject).toBe('O=system:nodes\nCN=system:node:node1');
  expect((await certificate('proxy-node1')).subject).toBe('O=system:node-proxier\nCN=system:kube-proxy');
  expect((await certificate('admin')).subject).toBe('O=system:masters\nCN=kubernetes-admin');
  const components = ['apiserver-kubelet-client', 'controller-manager', 'kubelet-node1', 'proxy-node1', 'scheduler'];
  for (const name of components) expect((await certificate(name)).subject).not.toContain('system:masters');
  for (const name of ['admin', 'apiserver', 'kubelet-node1-serving']) {
    expect((await certificate(name)).verify(authority.publicKey)).toBe(true);
  }
});

test('the apiserver may be reached at the gateway, the Service and by name', async () => {
  await ensurePki(directory, planCertificates(cluster));
  const serving = await certificate('apiserver');
  for (const address of ['172.18.0.1', '10.96.0.1', '127.0.0.1']) expect(serving.checkIP(address)).toBe(address);
  for (const name of ['localhost', 'kubernetes.default.svc']) expect(serving.checkHost(name)).toBe(name);
});

test('etcd trusts no certificate of the cluster', async () => {
  await ensurePki(directory, planCertificates(cluster));
  const etcdAuthority = await certificate('etcd-ca');
  expect((await certificate('etcd-client')).verify(etcdAuthority.publicKey)).toBe(true);
  expect((await certificate('admin')).verify(etcdAuthority.publicKey)).toBe(false);
});

test('keys are for their owner only', async () => {
  await ensurePki(directory, planCertificates(cluster));
  for (const name of ['ca', 'etcd-ca', 'admin', 'apiserver', 'kubelet-node1']) {
    expect((await stat(join(directory, `${name}.key`))).mode & 0o777).toBe(0o600);
  }
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
});

test('what is there stays; what lacks an address, or is another authority’s, is made anew', async () => {
  await ensurePki(directory, planCertificates(cluster));
  expect(await ensurePki(directory, planCertificates(cluster))).toEqual([]);

  const moved = { ...cluster, network: { subnet: '172.19.0.0/16', gateway: '172.19.0.1' } };
  expect(await ensurePki(directory, planCertificates(moved))).toEqual(['apiserver']);

  await rm(join(directory, 'etcd-ca.key'));
  expect(await ensurePki(directory, planCertificates(moved))).toEqual(['etcd-client', 'etcd-server']);

  await rm(join(directory, 'scheduler.key'));
  expect(await ensurePki(directory, planCertificates(moved))).toEqual(['scheduler']);
});
