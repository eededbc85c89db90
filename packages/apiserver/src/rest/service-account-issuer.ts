import type { KeyObject } from 'node:crypto';
import type { TokenKey } from '../authn/service-account/token-keys.js';
import { documentOf, lazyDocument, sendDocument } from './document.js';
import type { Handler } from './exchange.js';

const JWKS_PATH = '/openid/v1/jwks';
const CACHE = { 'Cache-Control': 'public, max-age=3600' };

export interface ServiceAccountIssuer {
  readonly issuer: string;
  readonly keys: readonly TokenKey[];
  /** Where the keys are found; undefined: at this server. */
  readonly jwksUri: string | undefined;
  /** `IP:PORT` */
  readonly serverAddress: string;
}

/** What others need to check service account tokens by themselves (OpenID Connect Discovery 1.0, KEP-1393). */
export function serviceAccountIssuerRoutes({
  issuer,
  keys,
  jwksUri,
  serverAddress,
}: ServiceAccountIssuer): [string, Handler][] {
  const configuration = lazyDocument(() => ({
    issuer,
    jwks_uri: jwksUri ?? `https://${serverAddress}${JWKS_PATH}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keys.map(({ algorithm }) => algorithm))].sort(),
  }));
  const keySet = documentOf({ keys: keys.map(webKeyOf) });
  return [
    [
      '/.well-known/openid-configuration',
      (exchange) => sendDocument(exchange, configuration(), 'application/json', 'json', CACHE),
    ],
    [JWKS_PATH, (exchange) => sendDocument(exchange, keySet, 'application/jwk-set+json', 'json', CACHE)],
  ];
}

function webKeyOf({ id, algorithm, publicKey }: { id: string; algorithm: string; publicKey: KeyObject }): object {
  return { use: 'sig', ...publicKey.export({ format: 'jwk' }), kid: id, alg: algorithm };
}
