import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority, issueCertificate } from '@kubelab/runtime/certificates';
import { startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdStorage } from '../../packages/apiserver/src/storage/etcd-storage.js';
import type { ExternalEtcd } from '../../packages/cli/src/cluster/cluster.js';
import { checkExternalEtcd } from '../../packages/cli/src/cluster/external-etcd.js';
import { configMap, openStorage, silent } from './storage-harness.js';

describe('storage on etcd over mutual TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kubelab-etcd-tls-'));
  const file = (name: string): string => join(directory, name);
  const tls = { caFile: file('ca.pem'), certFile: file('client.pem'), keyFile: file('client.key') };
  let etcd: Awaited<ReturnType<typeof startEtcd>> | undefined;

  beforeAll(async () => {
    await writeAuthority('ca', 'stranger-ca');
    etcd = await startEtcd({ tls: { caFile: tls.caFile, certFile: file('server.pem'), keyFile: file('server.key') } });
  });
  afterAll(async () => {
    await etcd?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function writeAuthority(...names: string[]): Promise<void> {
    for (const name of names) {
      const authority = await createCertificateAuthority({ commonName: name });
      writeFileSync(file(`${name}.pem`), authority.certificatePem);
      if (name !== 'ca') continue;
      const server = { commonName: 'etcd', ipAddresses: ['127.0.0.1'], usages: ['server', 'client'] } as const;
      const client = { commonName: 'apiserver', usages: ['client'] } as const;
      for (const [who, options] of [
        ['server', server],
        ['client', client],
      ] as const) {
        const pair = await issueCertificate(authority, options);
        writeFileSync(file(`${who}.pem`), pair.certificatePem);
        writeFileSync(file(`${who}.key`), pair.privateKeyPem, { mode: 0o600 });
      }
    }
  }

  it('reads, writes and watches', async () => {
    const open = await openStorage(etcd?.endpoint ?? '', { tls });
    const made = await open.configMaps.create({ namespace: 'd', name: 'a' }, configMap('d', 'a'), {});
    expect((await open.configMaps.get(made.key))?.version).toBe(made.version);
    await open.close();
  });

  it('needs no certificate of its own where etcd asks for none', async () => {
    const open = await startEtcd({ tls: { certFile: file('server.pem'), keyFile: file('server.key') } });
    const storage = await openStorage(open.endpoint, { tls: { caFile: tls.caFile } });
    const made = await storage.configMaps.create({ namespace: 'd', name: 'a' }, configMap('d', 'a'), {});
    expect((await storage.configMaps.get(made.key))?.version).toBe(made.version);
    await storage.close();
    await open.stop();
  });

  it.each([
    ['without a certificate', undefined],
    ['that another authority has signed', { ...tls, caFile: file('stranger-ca.pem') }],
  ])('does not talk to an etcd %s', async (_how, material) => {
    const storage = new EtcdStorage({
      endpoints: [etcd?.endpoint ?? ''],
      tls: material,
      log: silent,
      requestTimeoutMs: 500,
    });
    await expect(storage.checkHealth()).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });

  it('is tried by `up` before anything is made, and it says what is wrong', async () => {
    const servers = [etcd?.endpoint ?? ''];
    await checkExternalEtcd({ servers, ...tls });
    await checkExternalEtcd({ servers: ['https://127.0.0.1:1', ...servers], ...tls });
    const refusal = (external: ExternalEtcd) => expect(checkExternalEtcd(external)).rejects;
    await refusal({ servers, caFile: tls.caFile }).toThrow(/^https:\/\/127.0.0.1:\d+: .*alert.*certificate/);
    await refusal({ servers, ...tls, caFile: file('stranger-ca.pem') }).toThrow('unable to verify');
    await refusal({ servers, ...tls, keyFile: file('none.key') }).toThrow(`ENOENT: no such file`);
    await refusal({ servers: ['http://127.0.0.1:1', 'http://127.0.0.1:2'] }).toThrow(
      /:1: .*REFUSED.*; .*:2: .*REFUSED/,
    );
  });
});
