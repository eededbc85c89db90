import type { ResourceType } from '@kubelab/api';
import createFindMyWay from 'find-my-way';
import { STREAM_SUBRESOURCES, type StreamSubresource } from '../streams/stream-handlers.js';
import { rootPathOf } from './discovery-documents.js';
import type { Handler } from './exchange.js';
import type { PathLabels } from './request-metrics.js';
import type { ResourcePath } from './resource-handler.js';
import type { StreamingHandler } from './stream-handler.js';

/** What a path leads to. Which methods it has, the handler decides. */
export type Route =
  | { readonly kind: 'plain'; readonly handle: Handler }
  | {
      readonly kind: 'resource';
      readonly labels: RouteLabels;
      readonly handle: StreamingHandler;
      readonly longRunning: boolean;
    }
  | {
      readonly kind: 'stream';
      readonly labels: RouteLabels;
      readonly handle: StreamingHandler;
      /** Whatever protocol a client asks to switch to is for the handler; otherwise only WebSocket and SPDY are. */
      readonly switches?: boolean;
    };

export type RouteLabels = Pick<PathLabels, 'group' | 'version' | 'resource' | 'subresource'>;

export interface Match {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string | undefined>>;
}

export interface Router {
  add(path: string, route: Route): void;
  find(path: string): Match | undefined;
}

const MAX_SEGMENT_LENGTH = 1024;

export function createRouter(): Router {
  const routes = createFindMyWay({ ignoreTrailingSlash: true, maxParamLength: MAX_SEGMENT_LENGTH });
  return {
    // One method for all: a path that is known and a method that is not must be told apart.
    add: (path, route) => routes.on('GET', path, () => {}, route),
    find(path) {
      const found = routes.find('GET', path);
      return found === null ? undefined : { route: found.store as Route, parameters: found.params };
    },
  };
}

/** Every path of one kind: its collections, its objects, their subresources, and the older `watch/` forms. */
export function addResourceRoutes(
  router: Router,
  resource: ResourceType,
  handlerOf: (path: ResourcePath) => StreamingHandler,
  streamHandlerOf: (subresource: StreamSubresource) => StreamingHandler,
  proxyHandler: () => StreamingHandler,
): void {
  const root = rootPathOf(resource);
  const scope = resource.namespaced ? '/namespaces/:namespace' : '';
  const collection = `${scope}/${resource.plural}`;
  const add = (path: string, description: Omit<ResourcePath, 'resource'>) =>
    router.add(path, {
      kind: 'resource',
      labels: labelsOf(resource, description.subresource),
      handle: handlerOf({ resource, ...description }),
      longRunning: description.alwaysWatches ?? false,
    });
  const paths: [string, boolean][] = [
    [collection, false],
    [`${collection}/:name`, true],
  ];
  if (resource.namespaced) paths.push([`/${resource.plural}`, false]);
  for (const [path, named] of paths) {
    add(`${root}${path}`, { subresource: '', named });
    add(`${root}/watch${path}`, { subresource: '', named, alwaysWatches: true });
  }
  for (const { name } of resource.subresources) {
    const path = `${root}${collection}/:name/${name}`;
    if (name === 'proxy') {
      const route: Route = { kind: 'stream', labels: labelsOf(resource, name), handle: proxyHandler(), switches: true };
      router.add(path, route);
      router.add(`${path}/*`, route);
    } else if (isStream(name)) {
      router.add(path, { kind: 'stream', labels: labelsOf(resource, name), handle: streamHandlerOf(name) });
    } else add(path, { subresource: name, named: true });
  }
}

function labelsOf({ group, version, plural }: ResourceType, subresource: string): RouteLabels {
  return { group, version, resource: plural, subresource };
}

function isStream(name: string): name is StreamSubresource {
  return (STREAM_SUBRESOURCES as readonly string[]).includes(name);
}
