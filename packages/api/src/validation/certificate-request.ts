import { createPublicKey, verify, X509Certificate } from 'node:crypto';

/** Signature algorithms of certificate requests (RFC 3279, 4055, 5758, 8410), by object identifier in hexadecimal. */
const HASHES: Readonly<Record<string, string | null>> = {
  '2a864886f70d010105': 'sha1',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d0401': 'sha1',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2b6570': null,
};

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)\r?\n?-----END \1-----/;
const PEM_HEADER = /^[^\n:]+:[^\n]*\n/;

/** One element of DER: its tag, its contents, and all of it. */
interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

/** What is wrong with a PEM-encoded PKCS#10 request (RFC 2986), its signature included; undefined when it is right. */
export function certificateRequestProblem(base64: string): string | undefined {
  const block = PEM_BLOCK.exec(Buffer.from(base64, 'base64').toString('latin1'));
  if (block?.[1] !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  try {
    return verifyRequest(Buffer.from(block[2] ?? '', 'base64'));
  } catch (error) {
    return `asn1: structure error: ${error instanceof Error ? error.message : 'malformed'}`;
  }
}

function verifyRequest(der: Buffer): string | undefined {
  const [info, algorithm, signature] = children(readElement(der, 0));
  const publicKey = info === undefined ? undefined : children(info)[2];
  const identifier = algorithm === undefined ? undefined : children(algorithm)[0];
  if (!info || !publicKey || !identifier || signature?.tag !== 0x03) return "asn1: structure error: tags don't match";
  const hash = HASHES[identifier.content.toString('hex')];
  if (hash === undefined) return 'x509: cannot verify signature: algorithm unimplemented';
  const key = createPublicKey({ key: publicKey.whole, format: 'der', type: 'spki' });
  // The first byte of a bit string counts its unused bits.
  const isRight = verify(hash, info.whole, key, signature.content.subarray(1));
  if (isRight) return undefined;
  return key.asymmetricKeyType === 'rsa' ? 'crypto/rsa: verification error' : 'x509: ECDSA verification failure';
}

function children(parent: Element): Element[] {
  const found: Element[] = [];
  for (let offset = 0; offset < parent.content.length; ) {
    const element = readElement(parent.content, offset);
    found.push(element);
    offset += element.whole.length;
  }
  return found;
}

function readElement(der: Buffer, start: number): Element {
  const tag = der[start];
  const first = der[start + 1];
  if (tag === undefined || first === undefined) throw new Error('data truncated');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4) throw new Error('length too large');
  let length = lengthBytes === 0 ? first : 0;
  for (let i = 0; i < lengthBytes; i += 1) length = length * 256 + (der[start + 2 + i] ?? 0);
  const from = start + 2 + lengthBytes;
  if (from + length > der.length) throw new Error('data truncated');
  return { tag, content: der.subarray(from, from + length), whole: der.subarray(start, from + length) };
}

/** What is wrong with an issued certificate, in PEM, or a chain of them; undefined when it is right or empty. */
export function certificateProblem(base64: string): string | undefined {
  let rest = Buffer.from(base64, 'base64').toString('latin1');
  if (rest === '') return undefined;
  let blocks = 0;
  for (let block = PEM_BLOCK.exec(rest); block !== null; block = PEM_BLOCK.exec(rest)) {
    const [whole, type = '', body = ''] = block;
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found "${type}"`;
    if (PEM_HEADER.test(body)) return 'no PEM block headers are permitted';
    if (!isCertificate(body)) return 'x509: malformed certificate';
    blocks += 1;
    rest = rest.slice(block.index + whole.length);
  }
  return blocks === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined;
}

function isCertificate(body: string): boolean {
  try {
    new X509Certificate(Buffer.from(body, 'base64'));
    return true;
  } catch {
    // Whatever OpenSSL says of it, it is none.
    return false;
  }
}
