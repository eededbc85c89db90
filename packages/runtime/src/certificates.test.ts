import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CertificateAuthority,
  createCertificateAuthority,
  issueCertificate,
  type KeyPair,
  writeKeyPair,
} from './certificates.js';
import { readTlsMaterial } from './tls-material.js';

let authority: CertificateAuthority;
let server: KeyPair;
let client: KeyPair;

beforeAll(async () => {
  authority = await createCertificateAuthority({ commonName: 'kubelab-ca' });
  [server, client] = await Promise.all([
    issueCertificate(authority, {
      commonName: 'kube-apiserver',
      dnsNames: ['kubernetes.default.svc'],
      ipAddresses: ['127.0.0.1', '::1'],
      usages: ['server'],
    }),
    issueCertificate(authority, {
      commonName: 'system:node:node1',
      organizations: ['system:nodes', 'a, "quoted" + group'],
      usages: ['client'],
    }),
  ]);
});

/** What the server saw of the client's certificate, or the error of either side. */
async function handshake(as: KeyPair, serverPair: KeyPair, trusted: CertificateAuthority, servername?: string) {
  const listening = createServer({
    cert: serverPair.certificatePem,
    key: serverPair.privateKeyPem,
    ca: trusted.certificatePem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  try {
    return await new Promise<ReturnType<TLSSocket['getPeerCertificate']>>((resolve, reject) => {
      listening.once('secureConnection', (socket) => {
        resolve(socket.getPeerCertificate());
        socket.destroy();
      });
      listening.once('tlsClientError', reject);
      const socket = connect({
        host: '127.0.0.1',
        port: (listening.address() as AddressInfo).port,
        ca: authority.certificatePem,
        cert: as.certificatePem,
        key: as.privateKeyPem,
        ...(servername === undefined ? {} : { servername }),
      });
      socket.once('error', reject);
    });
  } finally {
    listening.close();
  }
}

describe('issueCertificate', () => {
  it('issues what both sides of a connection accept', async () => {
    const peer = await handshake(client, server, authority);
    expect(peer.subject).toMatchObject({ CN: 'system:node:node1', O: ['system:nodes', 'a, "quoted" + group'] });
    await expect(handshake(client, server, authority, 'kubernetes.default.svc')).resolves.toBeDefined();
  });

  it('issues nothing that another name, authority or use accepts', async () => {
    await expect(handshake(client, server, authority, 'elsewhere.example')).rejects.toThrow(/does not match/);
    const other = await createCertificateAuthority({ commonName: 'kubelab-ca' });
    const stranger = await issueCertificate(other, { commonName: 'kubernetes-admin', usages: ['client'] });
    await expect(handshake(stranger, server, authority)).rejects.toThrow();
    await expect(handshake(server, server, authority)).rejects.toThrow();
    await expect(handshake(client, client, authority)).rejects.toThrow();
  });

  it('says who may do what, and for how long', () => {
    const certificate = new X509Certificate(server.certificatePem);
    expect(certificate.ca).toBe(false);
    expect(certificate.subjectAltName).toContain('IP Address:127.0.0.1');
    expect(certificate.issuer).toBe('CN=kubelab-ca');
    const ca = new X509Certificate(authority.certificatePem);
    expect(ca.ca).toBe(true);
    expect(certificate.checkIssued(ca)).toBe(true);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(new Date(certificate.validFrom).getTime()).toBeLessThan(Date.now());
  });

  it('issues nothing that outlives its authority', async () => {
    const brief = await createCertificateAuthority({ commonName: 'brief', validDays: 2 });
    const { certificatePem } = await issueCertificate(brief, { commonName: 'x', usages: ['client'], validDays: 100 });
    expect(new X509Certificate(certificatePem).validTo).toBe(new X509Certificate(brief.certificatePem).validTo);
  });

  it('refuses an address that is none', async () => {
    const issued = issueCertificate(authority, { commonName: 'x', usages: ['server'], ipAddresses: ['localhost'] });
    await expect(issued).rejects.toThrow('"localhost" is not an IP address');
  });
});

describe('writeKeyPair', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kubelab-certificates-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('writes what readTlsMaterial reads, the key for its owner alone', async () => {
    const { certFile, keyFile } = await writeKeyPair(join(directory, 'pki'), 'kubelet', client);
    const { certFile: caFile } = await writeKeyPair(join(directory, 'pki'), 'ca', authority);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect((await stat(certFile)).mode & 0o777).toBe(0o644);
    const material = await readTlsMaterial({ caFile, certFile, keyFile });
    expect(material.key.toString()).toBe(client.privateKeyPem);
    expect(material.ca.toString()).toBe(authority.certificatePem);
    await writeKeyPair(join(directory, 'pki'), 'kubelet', server);
    expect(await readFile(keyFile, 'utf8')).toBe(server.privateKeyPem);
  });
});
