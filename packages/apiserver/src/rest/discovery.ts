import type { ResourceType } from '@kubelab/api';
import {
  aggregatedDiscovery,
  coreVersions,
  type GroupVersion,
  groupDocument,
  groupList,
  groupNames,
  groupVersionsOf,
  resourceList,
  rootPathOf,
} from './discovery-documents.js';
import { type Document, documentHandler, lazyDocument, sendDocument } from './document.js';
import type { Handler } from './exchange.js';
import { JSON_TYPE, parseAccept } from './negotiation.js';

/** Path → handler, for all of discovery. `serverAddress` is `IP:PORT`, where clients reach this server. */
export function discoveryRoutes(resources: readonly ResourceType[], serverAddress: string): [string, Handler][] {
  const groupVersions = groupVersionsOf(resources);
  const core = groupVersions.filter(({ group }) => group === '');
  const named = groupVersions.filter(({ group }) => group !== '');
  return [
    ['/api', aggregatedOr(core, () => coreVersions(groupVersions, serverAddress))],
    ['/apis', aggregatedOr(named, () => groupList(groupVersions))],
    ...groupNames(groupVersions).map((name): [string, Handler] => [
      `/apis/${name}`,
      documentHandler(lazyDocument(() => groupDocument(groupVersions, name))),
    ]),
    ...groupVersions.map((groupVersion): [string, Handler] => [
      rootPathOf(groupVersion),
      documentHandler(lazyDocument(() => resourceList(groupVersion))),
    ]),
  ];
}

type DiscoveryVersion = 'v2' | 'v2beta1';

/** Aggregated discovery for who asks for it, the plain document for others. */
function aggregatedOr(groupVersions: readonly GroupVersion[], plain: () => object): Handler {
  const answerPlain = documentHandler(lazyDocument(plain));
  const aggregated: Record<DiscoveryVersion, () => Document> = {
    v2: lazyDocument(() => aggregatedDiscovery(groupVersions, 'v2')),
    v2beta1: lazyDocument(() => aggregatedDiscovery(groupVersions, 'v2beta1')),
  };
  return (exchange) => {
    const version = aggregatedVersion(exchange.message.headers.accept);
    if (version === undefined) return answerPlain(exchange);
    const contentType = `${JSON_TYPE};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    return sendDocument(exchange, aggregated[version](), contentType);
  };
}

/** The first alternative that is JSON decides. */
function aggregatedVersion(accept: string | undefined): DiscoveryVersion | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    if (type !== JSON_TYPE) continue;
    if (parameters.as === undefined) return undefined;
    const { g, v, as } = parameters;
    if (g === 'apidiscovery.k8s.io' && as === 'APIGroupDiscoveryList' && (v === 'v2' || v === 'v2beta1')) return v;
  }
  return undefined;
}
