import type { Exchange } from './exchange.js';
import { isWatch } from './parameters.js';
import type { PathLabels, RequestLabels } from './request-metrics.js';
import type { Match } from './router.js';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const APPLY_TYPES = ['application/apply-patch+yaml', 'application/apply-patch+cbor'];
const NOWHERE: PathLabels = { group: '', version: '', resource: '', subresource: '', scope: '' };

/** What a request counts as: nothing in it is made up by the client, so the labels are bounded. */
export function requestLabels(exchange: Exchange, match: Match | undefined): RequestLabels {
  const labels = pathLabels(exchange, match);
  return {
    ...labels,
    verb: verbOf(exchange, match, labels),
    dryRun: exchange.query.has('dryRun') ? 'All' : '',
  };
}

function pathLabels({ parameters, path }: Exchange, match: Match | undefined): PathLabels {
  if (match === undefined) return NOWHERE;
  const { route } = match;
  if (route.kind === 'plain') return { ...NOWHERE, subresource: path };
  const { group, version, resource, subresource } = route.labels;
  const scope =
    parameters.name !== undefined ? 'resource' : parameters.namespace !== undefined ? 'namespace' : 'cluster';
  return { group, version, resource, subresource, scope };
}

function verbOf({ method, query, message }: Exchange, match: Match | undefined, { scope }: PathLabels): string {
  if (!METHODS.has(method)) return 'OTHER';
  if (match === undefined || match.route.kind === 'plain') return method;
  if (match.route.kind === 'stream') return 'CONNECT';
  const isCollection = scope !== 'resource';
  if (method === 'GET') {
    if (match.route.longRunning || (isCollection && isWatch(query))) return 'WATCH';
    return isCollection ? 'LIST' : 'GET';
  }
  if (method === 'DELETE' && isCollection) return 'DELETECOLLECTION';
  if (method === 'PATCH' && APPLY_TYPES.includes(message.headers['content-type'] ?? '')) return 'APPLY';
  return method;
}
