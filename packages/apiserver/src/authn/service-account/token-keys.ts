import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** How service account tokens are signed: RSA or ECDSA P-256, as the key is. */
export type TokenAlgorithm = 'RS256' | 'ES256';

export interface TokenKey {
  /** base64url of the SHA-256 of the public key's DER form: what Kubernetes puts into `kid`. */
  readonly id: string;
  readonly algorithm: TokenAlgorithm;
  readonly publicKey: KeyObject;
}

export interface SigningKey extends TokenKey {
  readonly privateKey: KeyObject;
}

/** The key that tokens are signed with, and those that they may be signed with: after a rotation the old ones too. */
export interface TokenKeys {
  readonly signing: SigningKey | undefined;
  readonly verifying: readonly TokenKey[];
}

/**
 * Reads the PEM files of --service-account-signing-key-file and
 * --service-account-key-file. Without the latter, the signing key's public half verifies.
 * @throws Error for a file that holds no RSA or P-256 key
 */
export async function readTokenKeys(
  signingKeyFile: string | undefined,
  keyFiles: readonly string[],
): Promise<TokenKeys> {
  const signing = signingKeyFile === undefined ? undefined : signingKeyOf(await readFile(signingKeyFile, 'utf8'));
  const read = await Promise.all(keyFiles.map(async (file) => tokenKeysOf(await readFile(file, 'utf8'), file)));
  const verifying = read.length === 0 && signing ? [signing] : read.flat();
  return { signing, verifying: verifying.map(({ id, algorithm, publicKey }) => ({ id, algorithm, publicKey })) };
}

function signingKeyOf(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  return { ...tokenKeyOf(createPublicKey(privateKey)), privateKey };
}

const PEM_BLOCK = /-----BEGIN ([A-Z ]*KEY|CERTIFICATE)-----[\s\S]*?-----END \1-----/g;

/** Every key of a file; the public half of those that are private. @throws Error where there is none */
function tokenKeysOf(pem: string, file: string): TokenKey[] {
  const keys = [...pem.matchAll(PEM_BLOCK)].map(([block]) => tokenKeyOf(createPublicKey(block)));
  if (keys.length === 0) throw new Error(`${file} holds no key`);
  return keys;
}

export function tokenKeyOf(publicKey: KeyObject): TokenKey {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { id: createHash('sha256').update(der).digest('base64url'), algorithm: algorithmOf(publicKey), publicKey };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): TokenAlgorithm {
  if (asymmetricKeyType === 'rsa') return 'RS256';
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  throw new Error(`service account keys are RSA or ECDSA P-256, not ${asymmetricKeyType}`);
}
