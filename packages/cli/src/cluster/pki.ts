import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateAuthority, KeyPair } from '@kubelab/runtime/certificates';
import type { WantedCertificate } from './certificates-plan.js';

const AUTHORITIES = { ca: 'kubelab-ca', 'etcd-ca': 'kubelab-etcd-ca' } as const;
type AuthorityName = keyof typeof AUTHORITIES;

/** A certificate that ends sooner than this is made anew. */
const RENEW_BEFORE_MS = 30 * 86_400_000;

/**
 * Makes what is missing of the authorities and certificates in `directory`, and
 * makes anew what has expired, is signed by another authority, or lacks a name
 * or an address. Returns the names of those that it made.
 */
export async function ensurePki(directory: string, wanted: readonly WantedCertificate[]): Promise<string[]> {
  const authorities = await ensureAuthorities(directory);
  const made: string[] = [];
  await Promise.all(
    wanted.map(async (certificate) => {
      const authority = authorities[certificate.authority];
      const present = await readKeyPair(directory, certificate.name);
      if (present && isGood(present, authority, certificate)) return;
      const { issueCertificate, writeKeyPair } = await import('@kubelab/runtime/certificates');
      await writeKeyPair(directory, certificate.name, await issueCertificate(authority, certificate));
      made.push(certificate.name);
    }),
  );
  return made.sort();
}

/** Makes the authorities that are missing. They need not know what they will sign. */
export async function ensureAuthorities(directory: string): Promise<Record<AuthorityName, CertificateAuthority>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const [ca, etcdCa] = await Promise.all([ensureAuthority(directory, 'ca'), ensureAuthority(directory, 'etcd-ca')]);
  return { ca, 'etcd-ca': etcdCa };
}

/** Undefined where either file is missing. */
export async function readKeyPair(directory: string, name: string): Promise<KeyPair | undefined> {
  try {
    const [certificatePem, privateKeyPem] = await Promise.all([
      readFile(join(directory, `${name}.crt`), 'utf8'),
      readFile(join(directory, `${name}.key`), 'utf8'),
    ]);
    return { certificatePem, privateKeyPem };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function ensureAuthority(directory: string, name: AuthorityName): Promise<CertificateAuthority> {
  const present = await readKeyPair(directory, name);
  if (present) return present;
  const { createCertificateAuthority, writeKeyPair } = await import('@kubelab/runtime/certificates');
  const authority = await createCertificateAuthority({ commonName: AUTHORITIES[name] });
  await writeKeyPair(directory, name, authority);
  return authority;
}

function isGood(pair: KeyPair, authority: KeyPair, wanted: WantedCertificate): boolean {
  const certificate = new X509Certificate(pair.certificatePem);
  const issuer = new X509Certificate(authority.certificatePem);
  const subject = [...(wanted.organizations ?? []).map((name) => `O=${name}`), `CN=${wanted.commonName}`].join('\n');
  return (
    certificate.subject === subject &&
    Date.parse(certificate.validTo) - Date.now() > RENEW_BEFORE_MS &&
    certificate.verify(issuer.publicKey) &&
    (wanted.dnsNames ?? []).every((name) => certificate.checkHost(name) !== undefined) &&
    (wanted.ipAddresses ?? []).every((address) => certificate.checkIP(address) !== undefined)
  );
}
