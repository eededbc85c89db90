import { type ResourceType, resourceTable } from '@kubelab/api';

/** Requests made of valid ones by changing what a client could get wrong, or could mean badly. */

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | undefined;
}

type Random = (below: number) => number;
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What is written to; the other namespaces are only ever read or refused. */
export const NAMESPACE = 'fuzz';

const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'];
const PATCHES = [
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/json-patch+json',
  'application/apply-patch+yaml',
];
const TYPES = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'text/plain',
  'application/json; charset=utf-16',
  '',
  '/',
  ...PATCHES,
];
const ACCEPTS = [
  '*/*',
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf,application/json',
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v9;g=meta.k8s.io',
  'application/json;q=0',
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'text/html',
  ';;;,,,q=',
];
const SEGMENTS = [
  '%00',
  '..',
  '.',
  '%2e%2e',
  '%2F',
  '%zz',
  '%',
  '',
  '__proto__',
  'constructor',
  'x'.repeat(300),
  'x'.repeat(2000),
  '%C3%BC',
  '%ff',
  'A',
  '-',
  '*',
  ':name',
  'status',
  'scale',
  'proxy',
  'log',
  'exec',
  'nope',
  '0',
  "';--",
];
const PARAMETERS = [
  'watch',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'allowWatchBookmarks',
  'labelSelector',
  'fieldSelector',
  'timeoutSeconds',
  'pretty',
  'dryRun',
  'fieldValidation',
  'fieldManager',
  'force',
  'propagationPolicy',
  'gracePeriodSeconds',
  'orphanDependents',
  'includeObject',
  'container',
  'tailLines',
  'command',
  'hash',
  'verbose',
  '__proto__',
  'x'.repeat(500),
];
const VALUES = [
  '',
  '0',
  '1',
  '-1',
  'true',
  'false',
  'All',
  'Strict',
  'Exact',
  'NotOlderThan',
  'Foreground',
  '9223372036854775807',
  '99999999999999999999999',
  '1e3',
  'NaN',
  'a=b',
  'a in (b,c)',
  'a in (',
  '!a',
  ',,,',
  'metadata.name=x',
  'metadata.name!=x,spec.nodeName=y',
  'spec.nope=1',
  '=',
  '%00',
  '\u00fc\ud83d\ude00',
  '__proto__',
  '\'"<>&',
  'x'.repeat(5000),
  'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhIn0',
  'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYSJ9',
];
const SCALARS: Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e300,
  '',
  'x',
  '-',
  'A',
  '\u0000',
  '\u00fc',
  '\ud800',
  'x'.repeat(70),
  'x'.repeat(70_000),
  '100m',
  '1Gi',
  '-5',
  '2024-01-01T00:00:00Z',
  '127.0.0.1',
  '::1',
  '__proto__',
  'None',
  [],
  {},
  [[[[]]]],
  [null],
  [{}],
  { a: { b: { c: {} } } },
  { '': '' },
];
const KEYS = ['__proto__', 'constructor', 'toString', '', 'x', 'metadata', 'spec', 'status', 'name', '$patch', 'f:x'];

export function createMutator(random: Random): () => FuzzRequest {
  const one = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  const chance = (percent: number): boolean => random(100) < percent;

  function valid(): { method: string; path: string; type: string; body: Json | undefined } {
    if (chance(8)) {
      return { method: 'GET', path: one(PLAIN), type: '', body: undefined };
    }
    const resource = one(resourceTable as readonly ResourceType[]);
    const collection = collectionOf(resource);
    const name = one(['a', 'b', 'c', 'd']);
    const named = `${collection}/${name}`;
    const subresource = resource.subresources.length > 0 && chance(25) ? one(resource.subresources) : undefined;
    const path = subresource ? `${named}/${subresource.name}` : named;
    const body = manifestOf(resource, name);
    switch (random(7)) {
      case 0:
        return { method: 'GET', path: collection, type: '', body: undefined };
      case 1:
        return { method: 'GET', path, type: '', body: undefined };
      case 2:
      case 3:
        return { method: 'POST', path: subresource ? path : collection, type: 'application/json', body };
      case 4:
        return { method: 'PUT', path, type: 'application/json', body };
      case 5:
        return { method: 'PATCH', path, type: one(PATCHES), body: chance(30) ? jsonPatch() : body };
      default:
        return { method: 'DELETE', path: chance(80) ? named : collection, type: 'application/json', body: {} };
    }
  }

  function jsonPatch(): Json {
    return [
      {
        op: one(['add', 'remove', 'replace', 'move', 'copy', 'test', 'nope']),
        path: one([
          '/metadata/labels/x',
          '/spec',
          '',
          '/',
          '/metadata/name',
          '/__proto__/x',
          '/spec/containers/-',
          '/~2',
        ]),
        from: one(['/metadata', '/spec', '/nope']),
        value: one(SCALARS),
      },
    ];
  }

  /** Changes one place of it. */
  function mutated(value: Json): Json {
    if (chance(12) || typeof value !== 'object' || value === null) return one(SCALARS);
    if (Array.isArray(value)) {
      if (value.length === 0 || chance(15)) return [...value, one(SCALARS), ...(chance(5) ? value : [])];
      const at = random(value.length);
      return value.map((item, index) => (index === at ? mutated(item) : item));
    }
    const entries = Object.entries(value);
    if (entries.length === 0 || chance(15)) return assign([...entries, [one(KEYS), one(SCALARS)]]);
    const at = random(entries.length);
    if (chance(10)) return assign(entries.filter((_, index) => index !== at));
    return assign(entries.map(([key, item], index) => [key, index === at ? mutated(item) : item]));
  }

  function encoded(body: Json): Buffer {
    const text = JSON.stringify(body);
    switch (random(40)) {
      case 0:
        return Buffer.from(text.slice(0, random(text.length)));
      case 1:
        return Buffer.from(text.replace(/[{}[\]",:]/g, (mark) => (chance(10) ? one(['', mark + mark, 'x']) : mark)));
      case 2:
        return Buffer.from(`${'['.repeat(20_000)}${text}`);
      case 3:
        return Buffer.from(`{"a":`.repeat(5_000));
      case 4:
        return Buffer.from(`a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b]\n${text}`);
      case 5:
        return Buffer.from(Array.from({ length: random(300) }, () => random(256)));
      case 6:
        return Buffer.concat([
          Buffer.from('k8s\0'),
          Buffer.from(Array.from({ length: random(200) }, () => random(256))),
        ]);
      case 7:
        return Buffer.from(`${text.slice(0, -1)},"kind":"Pod","kind":"Node"}`);
      case 8:
        return Buffer.alloc(0);
      case 9:
        return Buffer.from(text.replace(/:\s*(\d+|true|false|null)/g, ':1e999'));
      default:
        return Buffer.from(text);
    }
  }

  function mutatedPath(path: string): string {
    const segments = path.split('/');
    const at = 1 + random(segments.length - 1);
    switch (random(5)) {
      case 0:
        segments.splice(at, 1);
        break;
      case 1:
        segments.splice(at, 0, one(SEGMENTS));
        break;
      case 2:
        segments.push(one(SEGMENTS));
        break;
      default:
        segments[at] = one(SEGMENTS);
    }
    return segments.join('/');
  }

  function query(): string {
    const parameters = new URLSearchParams();
    for (let count = random(4); count > 0; count--) parameters.append(one(PARAMETERS), one(VALUES));
    const text = parameters.toString();
    return text === '' ? '' : `?${chance(3) ? '%zz&' : ''}${text}`;
  }

  function headers(type: string): Record<string, string> {
    return {
      ...(type === '' ? {} : { 'content-type': chance(12) ? one(TYPES) : type }),
      ...(chance(30) ? { accept: one(ACCEPTS) } : {}),
      ...(chance(5) ? { 'accept-encoding': one(['gzip', 'br', 'gzip;q=0', '*']) } : {}),
      ...(chance(3) ? { 'if-none-match': one(['*', '"x"', 'x']) } : {}),
      ...(chance(3) ? { traceparent: one(['x', '00-0-0-0', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`]) } : {}),
      ...(chance(2) ? { connection: 'Upgrade', upgrade: one(['h2c', 'websocket', 'SPDY/3.1', 'x']) } : {}),
    };
  }

  return () => {
    const request = valid();
    const path = chance(15) ? mutatedPath(request.path) : request.path;
    let body = request.body;
    // Some stay as they are: what is broken is tried on objects that exist.
    if (body !== undefined && chance(80)) for (let count = 1 + random(3); count > 0; count--) body = mutated(body);
    return {
      method: chance(8) ? one(METHODS) : request.method,
      path: (path.startsWith('/') ? path : `/${path}`) + (chance(35) ? query() : ''),
      headers: headers(request.type),
      body: body === undefined ? undefined : encoded(body),
    };
  };
}

/** Keys such as `__proto__` stay keys. */
function assign(entries: [string, Json][]): Json {
  const object = Object.create(null) as { [key: string]: Json };
  for (const [key, value] of entries) object[key] = value;
  return object;
}

const PLAIN = [
  '/',
  '/api',
  '/apis',
  '/api/v1',
  '/apis/apps',
  '/apis/apps/v1',
  '/version',
  '/healthz',
  '/livez',
  '/readyz',
  '/readyz/etcd',
  '/metrics',
  '/openapi/v3',
  '/openapi/v3/api/v1',
  '/api/v1/watch/namespaces/fuzz/configmaps/a',
  '/nope',
  '/api/v1/nope',
  '/apis/nope/v1/nopes',
];

function collectionOf({ group, version, plural, namespaced }: ResourceType): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced ? `${root}/namespaces/${NAMESPACE}/${plural}` : `${root}/${plural}`;
}

const POD_SPEC: Json = {
  containers: [
    {
      name: 'main',
      image: 'nginx',
      ports: [{ containerPort: 80, name: 'http' }],
      env: [{ name: 'A', value: 'b' }],
      resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1' } },
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
      livenessProbe: { httpGet: { path: '/', port: 'http' } },
    },
  ],
  volumes: [{ name: 'v', emptyDir: {} }],
  tolerations: [{ key: 'a', operator: 'Exists' }],
  nodeSelector: { a: 'b' },
};
const TEMPLATE: Json = { metadata: { labels: { app: 'a' } }, spec: POD_SPEC };
const SELECTOR: Json = { matchLabels: { app: 'a' }, matchExpressions: [{ key: 'app', operator: 'In', values: ['a'] }] };

/** By kind; a kind that is not here gets an object of metadata and an empty spec. */
const BODIES: Readonly<Record<string, { [key: string]: Json }>> = {
  ConfigMap: { data: { a: 'b' }, binaryData: { c: 'ZA==' } },
  Secret: { type: 'Opaque', data: { a: 'Yg==' }, stringData: { c: 'd' } },
  Pod: { spec: POD_SPEC },
  Service: { spec: { selector: { app: 'a' }, ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }] } },
  Deployment: { spec: { replicas: 1, selector: SELECTOR, template: TEMPLATE, strategy: { type: 'RollingUpdate' } } },
  ReplicaSet: { spec: { replicas: 1, selector: SELECTOR, template: TEMPLATE } },
  DaemonSet: { spec: { selector: SELECTOR, template: TEMPLATE } },
  StatefulSet: { spec: { serviceName: 'a', selector: SELECTOR, template: TEMPLATE } },
  Endpoints: { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] },
  EndpointSlice: { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 80 }] },
  Event: {
    involvedObject: { namespace: NAMESPACE, name: 'a', kind: 'Pod' },
    reason: 'R',
    message: 'm',
    type: 'Normal',
  },
  Lease: { spec: { holderIdentity: 'a', leaseDurationSeconds: 10 } },
  Scale: { spec: { replicas: 2 } },
};

function manifestOf(resource: ResourceType, name: string): Json {
  const { kind, group, version, namespaced } = resource;
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    metadata: {
      name,
      ...(namespaced ? { namespace: NAMESPACE } : {}),
      labels: { app: 'a' },
      annotations: { note: 'x' },
    },
    ...(BODIES[kind] ?? { spec: {} }),
  };
}
