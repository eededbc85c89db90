import { randomBytes, webcrypto } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
// What @peculiar/x509 stands on wants Reflect's metadata to be there first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { writeFileAtomically } from './write-file-atomically.js';

/** A certificate and its private key (PKCS #8), PEM. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** A certificate authority: a key pair that signs others. */
export type CertificateAuthority = KeyPair;

export interface AuthorityOptions {
  readonly commonName: string;
  /** Default 3,650. */
  readonly validDays?: number;
}

export interface CertificateOptions {
  /** The user's name, or the server's. */
  readonly commonName: string;
  /** The user's groups. */
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly usages: readonly ('client' | 'server')[];
  /** Default 365; never beyond the authority's own end. */
  readonly validDays?: number;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Clocks of machines differ a little: what is issued now was valid a while ago. */
const BACKDATE_MS = 5 * 60_000;

const EXTENDED_KEY_USAGE = {
  client: x509.ExtendedKeyUsage.clientAuth,
  server: x509.ExtendedKeyUsage.serverAuth,
} as const;

x509.cryptoProvider.set(webcrypto);

/** Makes a self-signed authority (ECDSA P-256) that signs certificates of clients and servers, not further authorities. */
export async function createCertificateAuthority(options: AuthorityOptions): Promise<CertificateAuthority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: subject(options.commonName, []),
    ...validity(options.validDays ?? 3_650),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: pem(certificate), privateKeyPem: await exportKey(keys.privateKey) };
}

/** Makes a key and a certificate for it, signed by the authority. */
export async function issueCertificate(authority: CertificateAuthority, options: CertificateOptions): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.certificatePem);
  const [keys, signingKey] = await Promise.all([generateKeys(), importKey(authority.privateKeyPem)]);
  const { notBefore, notAfter } = validity(options.validDays ?? 365);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: subject(options.commonName, options.organizations ?? []),
    issuer: issuer.subjectName,
    notBefore,
    notAfter: new Date(Math.min(notAfter.getTime(), issuer.notAfter.getTime())),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(options.usages.map((usage) => EXTENDED_KEY_USAGE[usage])),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...alternativeNames(options),
    ],
  });
  return { certificatePem: pem(certificate), privateKeyPem: await exportKey(keys.privateKey) };
}

/** Writes NAME.crt (0644) and NAME.key (0600) into `directory`, which is made if need be. Returns their paths. */
export async function writeKeyPair(
  directory: string,
  name: string,
  pair: KeyPair,
): Promise<{ certFile: string; keyFile: string }> {
  await mkdir(directory, { recursive: true });
  const certFile = join(directory, `${name}.crt`);
  const keyFile = join(directory, `${name}.key`);
  await writeFileAtomically(keyFile, pair.privateKeyPem, 0o600);
  await writeFileAtomically(certFile, pair.certificatePem, 0o644);
  return { certFile, keyFile };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

function importKey(privateKeyPem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(privateKeyPem), ALGORITHM, false, ['sign']);
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

/** Typed values: the library would read quotes and escapes into bare strings. */
function subject(commonName: string, organizations: readonly string[]): x509.Name {
  return new x509.Name([
    ...organizations.map((organization) => ({ O: [{ utf8String: organization }] })),
    { CN: [{ utf8String: commonName }] },
  ]);
}

function validity(validDays: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - BACKDATE_MS), notAfter: new Date(now + validDays * DAY_MS) };
}

/** 16 random bytes; the first bit is clear, for the number is signed, and the second set, so that it is never short. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function alternativeNames({ dnsNames = [], ipAddresses = [] }: CertificateOptions): x509.Extension[] {
  const wrong = ipAddresses.find((address) => isIP(address) === 0);
  if (wrong !== undefined) throw new RangeError(`"${wrong}" is not an IP address`);
  const names: x509.JsonGeneralNames = [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  return names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
}
