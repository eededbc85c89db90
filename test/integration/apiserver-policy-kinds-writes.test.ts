import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { issueCertificate, type KeyPair } from '@kubelab/runtime/certificates';
import { type EtcdProcess, kubectlsOf, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type RunningApiserver, startApiserver } from './apiserver-fixture.js';

/** What may and may not be changed of storage, network, access control and quota; `kubectl create …`; certificate requests. */

let etcd: EtcdProcess;
let server: RunningApiserver;
const exec = promisify(execFile);

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

const MERGE = { 'content-type': 'application/merge-patch+json' };
const post = (path: string, body: unknown) => server.fetch(path, { method: 'POST', body });
const patch = (path: string, body: unknown) => server.fetch(path, { method: 'PATCH', body, headers: MERGE });

async function made(path: string, body: { metadata: { name: string } }): Promise<string> {
  const { status, text } = await post(path, body);
  expect(status, text).toBe(201);
  return `${path}/${body.metadata.name}`;
}

function expectRefused({ status, json }: Answer, ...messages: string[]): void {
  expect(status).toBe(422);
  const causes = json.details.causes as { field: string; message: string }[];
  expect(causes.map(({ field, message }) => `${field}: ${message}`)).toEqual(messages);
}

const KUBECTLS = kubectlsOf(['1.27', '1.32', '1.33']);

/** Since 1.32 these bodies are protobuf. */
const CREATES: readonly (readonly [args: string, path: string, object: unknown])[] = [
  [
    'role reader --verb=get,list --resource=pods,deployments.apps',
    '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/reader',
    {
      rules: [
        { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] },
      ],
    },
  ],
  [
    'rolebinding readers --role=reader --user=ann --group=ops --serviceaccount=default:default',
    '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings/readers',
    {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [
        { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ann' },
        { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'ops' },
        { kind: 'ServiceAccount', name: 'default', namespace: 'default' },
      ],
    },
  ],
  [
    'clusterrole metrics --verb=get --non-resource-url=/metrics',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/metrics',
    { rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }] },
  ],
  [
    'clusterrole sum --aggregation-rule=a=b',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/sum',
    { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } },
  ],
  [
    'clusterrolebinding metrics --clusterrole=metrics --group=ops',
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/metrics',
    { roleRef: { kind: 'ClusterRole', name: 'metrics' } },
  ],
  [
    'quota small --hard=cpu=1,pods=2 --scopes=NotBestEffort',
    '/api/v1/namespaces/default/resourcequotas/small',
    { spec: { hard: { cpu: '1', pods: '2' }, scopes: ['NotBestEffort'] } },
  ],
  [
    'ingress web --class=nginx --rule=example.com/a*=web:80,tls=cert --default-backend=web:http',
    '/apis/networking.k8s.io/v1/namespaces/default/ingresses/web',
    {
      spec: {
        ingressClassName: 'nginx',
        defaultBackend: { service: { name: 'web', port: { name: 'http' } } },
        tls: [{ hosts: ['example.com'], secretName: 'cert' }],
        rules: [
          {
            host: 'example.com',
            http: {
              paths: [{ path: '/a', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
            },
          },
        ],
      },
    },
  ],
  [
    'priorityclass zero --value=0 --description=none --preemption-policy=Never',
    '/apis/scheduling.k8s.io/v1/priorityclasses/zero',
    { value: 0, description: 'none', preemptionPolicy: 'Never', metadata: { generation: 1 } },
  ],
];

describe.each(KUBECTLS)('%s', (binary) => {
  test.each(CREATES)('create %s', async (args, path, object) => {
    const { stdout, stderr } = await server.kubectl(['create', ...args.split(' ')], { binary });
    expect(stderr).toBe('');
    expect(stdout).toContain('created');
    const { json } = await server.fetch(path);
    expect(json).toMatchObject(object as object);
    expect((await server.fetch(path, { method: 'DELETE' })).status).toBe(200);
  });
});

const STORAGE = '/apis/storage.k8s.io/v1';
const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims';
const claim = (name: string) => ({
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'slow', resources: { requests: { storage: '1Gi' } } },
});

test('a claim that is not bound does not grow', async () => {
  const path = await made(CLAIMS, claim('unbound'));
  const { status, json } = await patch(path, { spec: { resources: { requests: { storage: '2Gi' } } } });
  expect(status).toBe(422);
  expect(json.message).toBe(
    `PersistentVolumeClaim "unbound" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
  core.PersistentVolumeClaimSpec{
  	AccessModes: {"ReadWriteOnce"},
  	Selector:    nil,
  	Resources: core.VolumeResourceRequirements{
  		Limits: nil,
- 		Requests: core.ResourceList{
- 			s"storage": {i: resource.int64Amount{value: 1073741824}, s: "1Gi", Format: "BinarySI"},
- 		},
+ 		Requests: core.ResourceList{
+ 			s"storage": {i: resource.int64Amount{value: 2147483648}, s: "2Gi", Format: "BinarySI"},
+ 		},
  	},
  	VolumeName:       "",
  	StorageClassName: &"slow",
  	... // 4 identical fields
  }
`,
  );
});

test('a claim keeps its class', async () => {
  const path = await made(CLAIMS, claim('classy'));
  const { status, json } = await patch(path, { spec: { storageClassName: 'fast' } });
  expect(status).toBe(422);
  expect(json.message).toBe(
    `PersistentVolumeClaim "classy" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
  core.PersistentVolumeClaimSpec{
  	... // 2 identical fields
  	Resources:        {Requests: {s"storage": {i: {...}, s: "1Gi", Format: "BinarySI"}}},
  	VolumeName:       "",
- 	StorageClassName: &"slow",
+ 	StorageClassName: &"fast",
  	VolumeMode:       &"Filesystem",
  	DataSource:       nil,
  	... // 2 identical fields
  }
`,
  );
});

test('a bound claim grows, and shrinks no further than its volume', async () => {
  const growing = { metadata: { name: 'growing' }, provisioner: 'example.com/disks', allowVolumeExpansion: true };
  await made(`${STORAGE}/storageclasses`, growing);
  const { metadata, spec } = claim('bound');
  const path = await made(CLAIMS, { metadata, spec: { ...spec, storageClassName: 'growing' } } as never);
  const bound = await patch(`${path}/status`, { status: { phase: 'Bound', capacity: { storage: '1Gi' } } });
  expect(bound.json.status).toMatchObject({ phase: 'Bound' });
  const grown = await patch(path, { spec: { volumeName: 'v', resources: { requests: { storage: '3Gi' } } } });
  expect(grown.json.spec.resources.requests.storage).toBe('3Gi');
  expect((await patch(path, { spec: { resources: { requests: { storage: '2Gi' } } } })).status).toBe(200);
  expectRefused(
    await patch(path, { spec: { resources: { requests: { storage: '1Gi' } } } }),
    'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
  );
  expect((await patch(path, { spec: { volumeName: 'w' } })).status).toBe(422);
});

const PVS = '/api/v1/persistentvolumes';

test('a volume keeps its source, mode and affinity', async () => {
  const nodeAffinity = {
    required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }] },
  };
  const path = await made(PVS, {
    metadata: { name: 'kept' },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/a' }, nodeAffinity },
  } as never);
  const moved = await patch(path, { spec: { hostPath: { path: '/b' } } });
  expect(moved.json.message).toBe(
    `PersistentVolume "kept" is invalid: spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation
  core.PersistentVolumeSource{
  	GCEPersistentDisk:    nil,
  	AWSElasticBlockStore: nil,
  	HostPath: &core.HostPathVolumeSource{
- 		Path: "/a",
+ 		Path: "/b",
  		Type: &"",
  	},
  	Glusterfs: nil,
  	NFS:       nil,
  	... // 17 identical fields
  }
`,
  );
  expectRefused(
    await patch(path, { spec: { volumeMode: 'Block' } }),
    'volumeMode: Invalid value: "Block": field is immutable',
  );
  const other = structuredClone(nodeAffinity);
  other.required.nodeSelectorTerms[0]?.matchExpressions[0]?.values.push('b');
  expectRefused(
    await patch(path, { spec: { nodeAffinity: other } }),
    'nodeAffinity: Invalid value: {"Required":{"NodeSelectorTerms":[{"MatchExpressions":[{"Key":"zone","Operator":"In","Values":["a","b"]}],"MatchFields":null}]}}: field is immutable',
  );
  const released = await patch(`${path}/status`, { status: { phase: 'Released' } });
  expect(released.json.status).toMatchObject({ phase: 'Released', lastPhaseTransitionTime: expect.any(String) });
  expect((await patch(path, { spec: { capacity: { storage: '2Gi' } } })).json.status.phase).toBe('Released');
});

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/** Path of the collection, an object, a change, what is said of it. */
const FIXED: readonly (readonly [string, { metadata: { name: string } } & Record<string, unknown>, unknown, string])[] =
  [
    [
      `${RBAC}/namespaces/default/rolebindings`,
      { metadata: { name: 'fixed' }, roleRef: { kind: 'Role', name: 'a' } },
      { roleRef: { name: 'b' } },
      'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"b"}: cannot change roleRef',
    ],
    [
      `${RBAC}/clusterrolebindings`,
      { metadata: { name: 'fixed' }, roleRef: { kind: 'ClusterRole', name: 'a' } },
      { roleRef: { name: 'b' } },
      'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"b"}: cannot change roleRef',
    ],
    [
      `${STORAGE}/storageclasses`,
      { metadata: { name: 'fixed-1' }, provisioner: 'a' },
      { parameters: { a: 'b' } },
      'parameters: Forbidden: updates to parameters are forbidden.',
    ],
    [
      `${STORAGE}/storageclasses`,
      { metadata: { name: 'fixed-2' }, provisioner: 'a' },
      { provisioner: 'b' },
      'provisioner: Forbidden: updates to provisioner are forbidden.',
    ],
    [
      `${STORAGE}/storageclasses`,
      { metadata: { name: 'fixed-3' }, provisioner: 'a' },
      { reclaimPolicy: 'Retain' },
      'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
    ],
    [
      `${STORAGE}/storageclasses`,
      { metadata: { name: 'fixed-4' }, provisioner: 'a' },
      { volumeBindingMode: 'WaitForFirstConsumer' },
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ],
    [
      `${STORAGE}/volumeattributesclasses`,
      { metadata: { name: 'fixed' }, driverName: 'a', parameters: { a: 'b' } },
      { parameters: { a: 'c' } },
      'parameters: Forbidden: updates to parameters are forbidden.',
    ],
    [
      `${STORAGE}/csidrivers`,
      { metadata: { name: 'fixed' }, spec: {} },
      { spec: { attachRequired: false } },
      'spec.attachedRequired: Invalid value: false: field is immutable',
    ],
    [
      `${STORAGE}/volumeattachments`,
      { metadata: { name: 'fixed' }, spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'v' } } },
      { spec: { nodeName: 'm' } },
      'spec: Invalid value: {"Attacher":"a","Source":{"PersistentVolumeName":"v","InlineVolumeSpec":null},"NodeName":"m"}: field is immutable',
    ],
    [
      `${STORAGE}/namespaces/default/csistoragecapacities`,
      { metadata: { name: 'fixed' }, storageClassName: 'a' },
      { storageClassName: 'b' },
      'storageClassName: Invalid value: "b": field is immutable',
    ],
    [
      '/apis/scheduling.k8s.io/v1/priorityclasses',
      { metadata: { name: 'fixed' }, value: 1 },
      { value: 2 },
      'value: Forbidden: may not be changed in an update.',
    ],
    [
      '/apis/node.k8s.io/v1/runtimeclasses',
      { metadata: { name: 'fixed' }, handler: 'a' },
      { handler: 'b' },
      'handler: Invalid value: "b": field is immutable',
    ],
    [
      '/apis/networking.k8s.io/v1/ingressclasses',
      { metadata: { name: 'fixed' }, spec: { controller: 'a.io/b' } },
      { spec: { controller: 'a.io/c' } },
      'spec.controller: Invalid value: "a.io/c": field is immutable',
    ],
    [
      '/apis/networking.k8s.io/v1/ipaddresses',
      { metadata: { name: '10.1.1.1' }, spec: { parentRef: { resource: 'services', name: 'a' } } },
      { spec: { parentRef: { name: 'b' } } },
      'spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"","Name":"b"}: field is immutable',
    ],
    [
      '/apis/networking.k8s.io/v1/servicecidrs',
      { metadata: { name: 'fixed' }, spec: { cidrs: ['10.3.0.0/24'] } },
      { spec: { cidrs: ['10.4.0.0/24'] } },
      'spec.cidrs[0]: Invalid value: "10.4.0.0/24": field is immutable',
    ],
    [
      '/api/v1/namespaces/default/resourcequotas',
      { metadata: { name: 'fixed' }, spec: { hard: { pods: '1' } } },
      { spec: { scopes: ['BestEffort'] } },
      'spec.scopes: Invalid value: ["BestEffort"]: field is immutable',
    ],
  ];

test.each(FIXED)('of %s %j, %j is refused', async (collection, object, change, message) => {
  const path = await made(collection, object);
  expectRefused(await patch(path, change), message);
});

test('generation counts changes of spec where Kubernetes counts them', async () => {
  const ingress = await made('/apis/networking.k8s.io/v1/namespaces/default/ingresses', {
    metadata: { name: 'counted' },
    spec: { defaultBackend: { service: { name: 'a', port: { number: 80 } } } },
  } as never);
  expect((await patch(ingress, { metadata: { labels: { a: 'b' } } })).json.metadata.generation).toBe(1);
  expect((await patch(ingress, { spec: { ingressClassName: 'x' } })).json.metadata.generation).toBe(2);
  const quota = await made('/api/v1/namespaces/default/resourcequotas', {
    metadata: { name: 'uncounted' },
    spec: {},
  } as never);
  expect((await patch(quota, { spec: { hard: { pods: '1' } } })).json.metadata.generation).toBeUndefined();
});

test('what is unwise is answered with a warning', async () => {
  const old = await post('/apis/networking.k8s.io/v1/namespaces/default/ingresses', {
    metadata: { name: 'old', annotations: { 'kubernetes.io/ingress.class': 'x' } },
    spec: { defaultBackend: { service: { name: 'a', port: { number: 80 } } } },
  });
  expect(old.headers.warning).toBe(
    '299 - "annotation \\"kubernetes.io/ingress.class\\" is deprecated, please use \'spec.ingressClassName\' instead"',
  );
  const part = await post(CLAIMS, {
    ...claim('part'),
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1500m' } } },
  });
  expect(part.headers.warning).toContain('fractional byte value');
});

test('PUT creates a role and a limit range, and no storage class', async () => {
  const role = `${RBAC}/namespaces/default/roles/put`;
  expect((await server.fetch(role, { method: 'PUT', body: { metadata: { name: 'put' } } })).status).toBe(201);
  const range = '/api/v1/namespaces/default/limitranges/put';
  const made = await server.fetch(range, {
    method: 'PUT',
    body: {
      metadata: { name: 'put' },
      spec: { limits: [{ type: 'Container', max: { cpu: '1' }, min: { memory: '1Mi' } }] },
    },
  });
  expect(made.json.spec.limits).toEqual([
    {
      type: 'Container',
      max: { cpu: '1' },
      min: { memory: '1Mi' },
      default: { cpu: '1' },
      defaultRequest: { cpu: '1', memory: '1Mi' },
    },
  ]);
  const body = { metadata: { name: 'put' }, provisioner: 'a' };
  expect((await server.fetch(`${STORAGE}/storageclasses/put`, { method: 'PUT', body })).status).toBe(404);
});

const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

describe('a certificate signing request', () => {
  let directory: string;
  let request: string;
  let ann: KeyPair;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kubelab-csr-'));
    const [key, pem] = [join(directory, 'ann.key'), join(directory, 'ann.csr')];
    await exec('openssl', [
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=ann',
      '-keyout',
      key,
      '-out',
      pem,
    ]);
    request = (await readFile(pem)).toString('base64');
    ann = await issueCertificate(server.authority, {
      commonName: 'ann',
      organizations: ['system:masters', 'ops'],
      usages: ['client'],
    });
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  const csr = (name: string, spec: Record<string, unknown> = {}) => ({
    metadata: { name },
    spec: { request, signerName: 'example.com/signer', usages: ['client auth'], ...spec },
  });

  test('says who asked, whatever it says itself', async () => {
    const sent = csr('mine', { username: 'root', groups: ['kings'], uid: '0', expirationSeconds: 3600 });
    const { status, json } = await server.fetch(CSRS, { method: 'POST', body: sent, identity: ann });
    expect(status).toBe(201);
    expect(json.spec).toMatchObject({
      username: 'ann',
      groups: expect.arrayContaining(['ops', 'system:authenticated']),
    });
    expect(json.spec.uid).toBeUndefined();
    const changed = await patch(`${CSRS}/mine`, { spec: { username: 'root' }, metadata: { labels: { a: 'b' } } });
    expect(changed.json).toMatchObject({ spec: { username: 'ann' }, metadata: { labels: { a: 'b' } } });
    expect((await server.kubectl(['get', 'csr', 'mine'])).stdout).toMatch(
      /NAME +AGE +SIGNERNAME +REQUESTOR +REQUESTEDDURATION +CONDITION\nmine +\d+s +example.com\/signer +ann +60m +Pending\n/,
    );
    const { json: found } = await server.fetch(`${CSRS}?fieldSelector=spec.signerName%3Dexample.com/signer`);
    expect(found.items).toHaveLength(1);
  });

  test('is approved by kubectl, and signed where signers write', async () => {
    expect((await post(CSRS, csr('signed'))).status).toBe(201);
    for (const binary of KUBECTLS.slice(0, 1)) {
      const { stdout, stderr } = await server.kubectl(['certificate', 'approve', 'signed'], { binary });
      expect(stderr).toBe('');
      expect(stdout).toContain('approved');
    }
    const { json } = await server.fetch(`${CSRS}/signed`);
    expect(json.status.conditions).toEqual([
      {
        type: 'Approved',
        status: 'True',
        reason: 'KubectlApprove',
        message: 'This CSR was approved by kubectl certificate approve.',
        lastUpdateTime: expect.any(String),
        lastTransitionTime: expect.any(String),
      },
    ]);
    const certificate = Buffer.from(server.admin.certificatePem).toString('base64');
    expectRefused(
      await patch(`${CSRS}/signed/status`, { status: { certificate: Buffer.from('x').toString('base64') } }),
      'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
    );
    expect((await patch(`${CSRS}/signed/status`, { status: { certificate } })).json.status.certificate).toBe(
      certificate,
    );
    expect((await server.kubectl(['get', 'csr', 'signed'])).stdout).toContain('Approved,Issued');
    const other = Buffer.from(ann.certificatePem).toString('base64');
    expectRefused(
      await patch(`${CSRS}/signed/status`, { status: { certificate: other } }),
      'status.certificate: Forbidden: updates may not modify existing certificate content',
    );
  });

  test('is decided in one place only, and for good', async () => {
    expect((await post(CSRS, csr('decided'))).status).toBe(201);
    const condition = (type: string) => ({ type, status: 'True', reason: 'Test' });
    const conditions = (...list: unknown[]) => ({ status: { conditions: list } });
    expectRefused(
      await patch(`${CSRS}/decided/status`, conditions(condition('Approved'))),
      'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
    );
    expectRefused(
      await patch(`${CSRS}/decided/approval`, conditions({ type: 'Denied', status: 'False' })),
      'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
    );
    expect((await patch(`${CSRS}/decided/approval`, conditions(condition('Denied')))).status).toBe(200);
    expectRefused(
      await patch(`${CSRS}/decided/approval`, conditions(condition('Denied'), condition('Approved'))),
      'status.conditions[1].type: Invalid value: "Approved": Approved and Denied conditions are mutually exclusive',
    );
    expectRefused(
      await patch(`${CSRS}/decided/approval`, conditions()),
      'status.conditions: Forbidden: updates may not remove a condition of type "Denied"',
    );
    expect((await server.kubectl(['get', 'csr', 'decided'])).stdout).toContain('Denied');
    expect((await server.fetch(`${CSRS}/decided/approval`)).json.status.conditions).toHaveLength(1);
  });

  test.each([
    ['no request', { request: '' }, 'spec.request', 'Invalid value: "": PEM block type must be CERTIFICATE REQUEST'],
    ['no usages', { usages: [] }, 'spec.usages', 'Required value'],
    ['a usage twice', { usages: ['client auth', 'client auth'] }, 'spec.usages[1]', 'Duplicate value: "client auth"'],
    ['no signer', { signerName: '' }, 'spec.signerName', 'Required value'],
    [
      'a signer without domain',
      { signerName: 'me/signer' },
      'spec.signerName',
      'Invalid value: "me": should be a domain with at least two segments separated by dots',
    ],
    [
      'a signer without name',
      { signerName: 'example.com' },
      'spec.signerName',
      'Invalid value: "example.com": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
    ],
    [
      'the signer of old',
      { signerName: 'kubernetes.io/legacy-unknown' },
      'spec.signerName',
      'Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
    ],
    [
      'five minutes',
      { expirationSeconds: 300 },
      'spec.expirationSeconds',
      'Invalid value: 300: may not specify a duration less than 600 seconds (10 minutes)',
    ],
  ])('is refused with %s', async (_what, spec, field, message) => {
    expectRefused(await post(CSRS, csr('bad', spec)), `${field}: ${message}`);
  });

  test('is refused when its signature is not its own', async () => {
    const pem = Buffer.from(request, 'base64').toString();
    const lines = pem.trim().split('\n');
    const der = Buffer.from(lines.slice(1, -1).join(''), 'base64');
    der.writeUInt8((der.at(-1) ?? 0) ^ 1, der.length - 1);
    const forged = `${lines[0]}\n${der.toString('base64')}\n${lines.at(-1)}\n`;
    const { status, json } = await post(CSRS, csr('forged', { request: Buffer.from(forged).toString('base64') }));
    expect(status).toBe(422);
    expect(json.details.causes[0]).toMatchObject({ field: 'spec.request' });
    expect(json.message).toContain('x509: ECDSA verification failure');
  });
});
