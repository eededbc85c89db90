import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

/** Whom a token kept in a Secret is for. */
export interface TokenSubject {
  readonly namespace: string;
  readonly secretName: string;
  readonly accountName: string;
  readonly accountUid: string;
}

const ISSUER = 'kubernetes/serviceaccount';
const CLAIM = 'kubernetes.io/serviceaccount/';

/**
 * The key of `--service-account-private-key-file`, the one whose public half the apiservers check with.
 * @throws Error for what is no RSA or ECDSA P-256 key
 */
export function readSigningKey(pem: string): KeyObject {
  const key = createPrivateKey(pem);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa' || (type === 'ec' && details?.namedCurve === 'prime256v1')) return key;
  throw new Error(`service account keys are RSA or ECDSA P-256, not ${type}`);
}

/** A JWT without end, as Kubernetes keeps them in Secrets: good while its Secret holds it. */
export function signToken(subject: TokenSubject, key: KeyObject): string {
  const { namespace, secretName, accountName, accountUid } = subject;
  const isRsa = key.asymmetricKeyType === 'rsa';
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const header = { alg: isRsa ? 'RS256' : 'ES256', kid: createHash('sha256').update(publicKey).digest('base64url') };
  const claims = {
    iss: ISSUER,
    [`${CLAIM}namespace`]: namespace,
    [`${CLAIM}secret.name`]: secretName,
    [`${CLAIM}service-account.name`]: accountName,
    [`${CLAIM}service-account.uid`]: accountUid,
    sub: `system:serviceaccount:${namespace}:${accountName}`,
  };
  const content = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  // RFC 7518: an ECDSA signature is its two numbers, not their ASN.1.
  const signature = sign('sha256', Buffer.from(content), isRsa ? key : { key, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}
