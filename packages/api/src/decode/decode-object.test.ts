import { describe, expect, it } from 'vitest';
import { ApiError } from '../errors.js';
import type { ConfigMap, Deployment, Pod } from '../generated/types.js';
import { decodeObject, type FieldValidation } from './decode-object.js';

function decode(definition: string, body: unknown, fieldValidation: FieldValidation = 'Strict') {
  return decodeObject<Record<string, unknown>>(definition, typeof body === 'string' ? body : JSON.stringify(body), {
    fieldValidation,
    contentType: 'json',
  });
}

function refusal(action: () => unknown): ApiError {
  try {
    action();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('not refused');
}

const deploymentRefused = 'Deployment in version "v1" cannot be handled as a Deployment: ';

describe('decodeObject', () => {
  it('fills in what the body does not say of its type', () => {
    expect(decode('Deployment', { metadata: { name: 'a' } }).object).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a' },
    });
  });

  it.each<[string, unknown, string]>([
    ['an unknown field', { spec: { foo: 1 } }, 'strict decoding error: unknown field "spec.foo"'],
    [
      'unknown fields in lists',
      { spec: { template: { spec: { containers: [{ name: 'a' }, { name: 'b', imagee: 'x' }] } } } },
      'strict decoding error: unknown field "spec.template.spec.containers[1].imagee"',
    ],
    [
      'several',
      '{"spec":{"template":{"spec":{"name":"x"}},"replicas":1,"replicas":2}}',
      'strict decoding error: unknown field "spec.template.spec.name", duplicate field "spec.replicas"',
    ],
    ['the wrong case', { spec: { Replicas: 1 } }, 'strict decoding error: unknown field "spec.Replicas"'],
    [
      'names of Object.prototype',
      { constructor: {}, spec: { toString: 1 } },
      'strict decoding error: unknown field "constructor", unknown field "spec.toString"',
    ],
    ['__proto__', '{"spec":{"__proto__":{"replicas":3}}}', 'strict decoding error: unknown field "spec.__proto__"'],
    [
      'a duplicate label',
      '{"metadata":{"labels":{"a.b/c":"1","a.b/c":"2"}}}',
      'strict decoding error: duplicate field "metadata.labels.a.b/c"',
    ],
    [
      'a string for a number',
      { spec: { replicas: '3' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a number beyond int32',
      { spec: { replicas: 3000000000 } },
      'json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a fraction',
      { spec: { replicas: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a string for an object',
      { spec: 'x' },
      'json: cannot unmarshal string into Go struct field Deployment.spec of type v1.DeploymentSpec',
    ],
    [
      'an object for a list',
      { spec: { template: { spec: { containers: {} } } } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    ],
    [
      'a number for a string in a list',
      { spec: { template: { spec: { containers: [{ env: [{ name: 'a', value: 1 }] }] } } } },
      'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
    ],
    [
      'a number for a label',
      { metadata: { labels: { a: 1 } } },
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      'a string for a boolean',
      { spec: { paused: 'true' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool',
    ],
    [
      'a boolean for int-or-string',
      { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
      'json: cannot unmarshal bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32',
    ],
    [
      'no quantity',
      { spec: { template: { spec: { containers: [{ resources: { limits: { cpu: 'a lot' } } }] } } } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      'no time',
      { metadata: { creationTimestamp: 'now' } },
      'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
    ],
  ])('refuses %s', (_what, body, message) => {
    const error = refusal(() => decode('Deployment', body));
    expect(error.message).toBe(deploymentRefused + message);
    expect([error.code, error.reason]).toEqual([400, 'BadRequest']);
  });

  it('warns of what it drops, or says nothing', () => {
    const body = '{"spec":{"foo":1,"replicas":1,"replicas":2},"bar":null}';
    const warned = decode('Deployment', body, 'Warn');
    expect(warned.object.spec).toEqual({ replicas: 2 });
    expect(warned.warnings).toEqual([
      'unknown field "spec.foo"',
      'unknown field "bar"',
      'duplicate field "spec.replicas"',
    ]);
    const ignored = decode('Deployment', body, 'Ignore');
    expect(ignored).toEqual({ object: warned.object, warnings: [] });
  });

  it.each([
    ['', `couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`],
    ['{"spec"', `couldn't get version/kind; json parse error: unexpected end of JSON input ({"spec")`],
    [
      '[]',
      `couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)`,
    ],
    [
      '{"kind":1}',
      `couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string ({"kind":1})`,
    ],
    [
      '{"apiVersion":"a/b/c","kind":"Deployment"}',
      'unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c","kind":" ...)',
    ],
  ])('does not recognize %s', (body, message) => {
    const error = refusal(() => decode('Deployment', body));
    expect(error.message).toBe(`the object provided is unrecognized (must be of type Deployment): ${message}`);
    expect(error.code).toBe(400);
  });

  it.each([
    [
      'v1',
      'Pod',
      'Pod in version "v1" cannot be handled as a Deployment: converting (v1.Pod) to (apps.Deployment): unknown conversion',
    ],
    [
      'apps/v1',
      'Foo',
      'Foo in version "v1" cannot be handled as a Deployment: no kind "Foo" is registered for version "apps/v1" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      'apps/v1beta1',
      'Deployment',
      'Deployment in version "v1beta1" cannot be handled as a Deployment: no kind "Deployment" is registered for version "apps/v1beta1" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"',
    ],
  ])('refuses %s %s as a Deployment', (apiVersion, kind, message) => {
    expect(refusal(() => decode('Deployment', { apiVersion, kind })).message).toBe(message);
  });

  it('tells versions of one kind apart', () => {
    const body = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler' };
    expect(refusal(() => decode('V2HorizontalPodAutoscaler', body)).message).toBe(
      'the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)',
    );
  });

  it('takes the DeleteOptions of any group', () => {
    const body = { apiVersion: 'apps/v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground' };
    expect(decode('DeleteOptions', body).object).toEqual(body);
  });

  it('makes scalars canonical', () => {
    const { object } = decodeObject<Pod>(
      'Pod',
      JSON.stringify({
        metadata: { creationTimestamp: '2024-05-01T12:00:00.5+02:00' },
        spec: { containers: [{ name: 'a', resources: { requests: { cpu: 0.5, memory: '1024Mi', 'a/b': 3 } } }] },
      }),
      { fieldValidation: 'Strict' },
    );
    expect(object.metadata?.creationTimestamp).toBe('2024-05-01T10:00:00Z');
    expect(object.spec?.containers[0]?.resources?.requests).toEqual({ cpu: '500m', memory: '1Gi', 'a/b': '3' });
  });

  it('drops null fields and turns null elements into zero values', () => {
    const { object } = decodeObject<Pod>(
      'Pod',
      '{"metadata":{"creationTimestamp":null,"labels":{"a":null}},"spec":{"containers":[null,{"name":"b","args":[null]}]},"status":null}',
      { fieldValidation: 'Strict' },
    );
    expect(object).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { labels: { a: '' } },
      spec: { containers: [{}, { name: 'b', args: [''] }] },
    });
  });

  it('accepts null for a whole body', () => {
    expect(decode('Pod', 'null').object).toEqual({ apiVersion: 'v1', kind: 'Pod' });
  });

  it('keeps a map key named __proto__ as data', () => {
    const { object } = decodeObject<ConfigMap>('ConfigMap', '{"data":{"__proto__":"x","constructor":"y"},"extra":1}', {
      fieldValidation: 'Warn',
    });
    expect(Object.keys(object.data ?? {})).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(object.data)).toBe(Object.prototype);
    expect(JSON.stringify(object.data)).toBe('{"__proto__":"x","constructor":"y"}');
  });

  it('keeps __proto__ as data where its value is converted', () => {
    const body = '{"spec":{"hard":{"__proto__":1000}}}';
    expect(JSON.stringify(decode('ResourceQuota', body).object.spec)).toBe('{"hard":{"__proto__":"1k"}}');
  });

  it.each([
    ['of the schema', `{"data":${'['.repeat(200)}${']'.repeat(200)}}`, 'ControllerRevision'],
    ['of unknown structure', `{"data":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`, 'ControllerRevision'],
  ])('refuses endless nesting %s', (_where, body, definition) => {
    expect(refusal(() => decode(definition, body)).message).toContain('exceeded max depth');
  });

  it('survives nesting of any depth in what it drops', () => {
    const depth = 200_000;
    const body = `{"foo":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(decode('Pod', body, 'Warn').warnings).toEqual(['unknown field "foo"']);
  });

  it('names a hundred strict errors at most', () => {
    const fields = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, 1]));
    expect(decode('Pod', fields, 'Warn').warnings).toHaveLength(100);
  });

  it.each([
    ['aGVsbG8=', undefined],
    ['aGVs\nbG8=', undefined],
    ['aGVsbG8', 'illegal base64 data at input byte 4'],
    ['a!', 'illegal base64 data at input byte 1'],
    ['aGVsb===', 'illegal base64 data at input byte 5'],
    ['aGVsbG8=a', 'illegal base64 data at input byte 8'],
    ['aGV=aGV=', 'illegal base64 data at input byte 4'],
    ['aA=a', 'illegal base64 data at input byte 2'],
  ])('base64 %j: %s', (text, message) => {
    const action = () => decode('Secret', { data: { a: text } });
    if (message === undefined) expect(action().object.data).toEqual({ a: text.replace('\n', '') });
    else expect(refusal(action).message).toBe(`Secret in version "v1" cannot be handled as a Secret: ${message}`);
  });

  it.each([
    ['2024-02-30T00:00:00Z', 'parsing time "2024-02-30T00:00:00Z": day out of range'],
    ['2024-13-01T00:00:00Z', 'parsing time "2024-13-01T00:00:00Z": month out of range'],
    [
      '2024-01-01 00:00:00Z',
      'parsing time "2024-01-01 00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse " 00:00:00Z" as "T"',
    ],
    ['2024-01-01T00:00:00Zx', 'parsing time "2024-01-01T00:00:00Zx": extra text: "x"'],
  ])('micro time %s', (renewTime, message) => {
    expect(refusal(() => decode('Lease', { spec: { renewTime } })).message).toBe(
      `Lease in version "v1" cannot be handled as a Lease: ${message}`,
    );
  });

  it('writes micro times with six digits', () => {
    expect(decode('Lease', { spec: { renewTime: '2024-01-01T00:00:00.1Z' } }).object.spec).toEqual({
      renewTime: '2024-01-01T00:00:00.100000Z',
    });
  });
});

describe('decodeObject of YAML', () => {
  const decodeYaml = (body: string, fieldValidation: FieldValidation = 'Strict') =>
    decodeObject<Deployment>('Deployment', body, { fieldValidation, contentType: 'yaml' });

  it('reads YAML 1.1 with times left as text', () => {
    const { object } = decodeYaml(
      'metadata:\n  annotations: {a: "1:30"}\n  creationTimestamp: 2024-01-01T00:00:00Z\nspec:\n  paused: yes\n  replicas: 0b11\n',
    );
    expect(object.spec).toEqual({ paused: true, replicas: 3 });
    expect(object.metadata?.creationTimestamp).toBe('2024-01-01T00:00:00Z');
  });

  it('reads a lone dot as text, and fractions as numbers', () => {
    const { object } = decodeObject('ControllerRevision', 'data: {.: {}, .5: 1, a: ., b: 1., c: .5}\nrevision: 1\n', {
      fieldValidation: 'Strict',
      contentType: 'yaml',
    });
    expect(object).toMatchObject({ data: { '.': {}, a: '.', b: 1, c: 0.5 } });
  });

  it('reads octal modes', () => {
    const { object } = decodeObject<Pod>(
      'Pod',
      'spec: {volumes: [{name: a, secret: {defaultMode: 0644}}], containers: []}',
      {
        fieldValidation: 'Strict',
        contentType: 'yaml',
      },
    );
    expect(object.spec?.volumes?.[0]?.secret?.defaultMode).toBe(420);
  });

  it('reports duplicates with their lines', () => {
    const body = 'spec:\n  replicas: 1\n  replicas: 2\n  foo: 1\n';
    expect(refusal(() => decodeYaml(body)).message).toBe(
      `${deploymentRefused}strict decoding error: yaml: unmarshal errors:\n  line 3: key "replicas" already set in map, unknown field "spec.foo"`,
    );
    expect(decodeYaml(body, 'Warn').warnings).toEqual([
      'line 3: key "replicas" already set in map',
      'unknown field "spec.foo"',
    ]);
  });

  it('gives aliases values of their own', () => {
    const body = 'metadata:\n  labels: &l {a: b}\nspec:\n  selector:\n    matchLabels: *l\n';
    const { object } = decodeYaml(body);
    expect(object.spec?.selector.matchLabels).toEqual({ a: 'b' });
    expect(object.spec?.selector.matchLabels).not.toBe(object.metadata?.labels);
  });

  it('bounds what aliases expand to', () => {
    const levels = Array.from({ length: 9 }, (_, i) =>
      i === 0
        ? 'a0: &a0 [x,x,x,x,x,x,x,x,x]'
        : `a${i}: &a${i} [${Array(9)
            .fill(`*a${i - 1}`)
            .join(',')}]`,
    );
    expect(refusal(() => decodeYaml(levels.join('\n'))).message).toContain('excessive aliasing');
    const wide = `a: &a "${'x'.repeat(100_000)}"\nb: [${Array(500).fill('*a').join(',')}]`;
    expect(refusal(() => decodeYaml(wide)).message).toContain('excessive aliasing');
  });

  it('refuses endless nesting', () => {
    const error = refusal(() => decodeYaml(`a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`));
    expect(error.code).toBe(400);
  });

  it('says where the text is no YAML', () => {
    const error = refusal(() => decodeYaml('spec:\n  a: b: c\n'));
    expect(error.code).toBe(400);
    expect(error.message).toMatch(
      /^the object provided is unrecognized \(must be of type Deployment\): yaml: line 2: /,
    );
  });
});
