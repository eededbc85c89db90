import { ApiError } from '@kubelab/api';

/** What the name of a proxy request says: `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`. */
export interface ProxyName {
  readonly scheme: '' | 'http' | 'https';
  readonly name: string;
  /** A number, or the name of a Service's port; "" where none is given. */
  readonly port: string;
}

const SCHEMES: readonly string[] = ['', 'http', 'https'];

/** `kind` is for the message. @throws ApiError BadRequest */
export function parseProxyName(id: string, kind: 'pod' | 'service' | 'node'): ProxyName {
  const parts = id.split(':');
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || name === '' || !SCHEMES.includes(scheme)) {
    throw new ApiError('BadRequest', `invalid ${kind} request ${JSON.stringify(id)}`);
  }
  return { scheme: scheme as ProxyName['scheme'], name, port };
}

/** The port's number, or the scheme's own where none is given. @throws ApiError ServiceUnavailable, as a dial fails */
export function portNumber({ scheme, port }: ProxyName): number {
  if (port === '') return scheme === 'https' ? 443 : 80;
  const number = Number(port);
  if (/^\d+$/.test(port) && number > 0 && number < 65_536) return number;
  throw new ApiError('ServiceUnavailable', `error trying to reach service: invalid port ${JSON.stringify(port)}`);
}
