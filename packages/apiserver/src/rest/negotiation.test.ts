import { expect, test } from 'vitest';
import { formatOfStatus, negotiate } from './negotiation.js';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

test.each([
  [undefined, false, { format: 'json', as: 'none' }],
  ['*/*', false, { format: 'json', as: 'none' }],
  ['application/yaml', false, { format: 'yaml', as: 'none' }],
  ['application/yaml;q=0.5, application/json;q=0.9', false, { format: 'json' }],
  [`${PROTOBUF},application/json`, false, { format: 'protobuf', as: 'none' }],
  [`${PROTOBUF}, */*`, false, { format: 'protobuf' }],
  [`*/*, ${PROTOBUF}`, false, { format: 'protobuf' }],
  [`application/*,${PROTOBUF};q=0.9`, false, { format: 'json' }],
  [`text/html,${PROTOBUF};q=0.5,*/*;q=0.1`, false, { format: 'protobuf' }],
  [`${PROTOBUF};as=Table;v=v1;g=meta.k8s.io,${TABLE}`, true, { format: 'json', as: 'table' }],
  [`${PROTOBUF};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`, false, { format: 'protobuf', as: 'partial' }],
  [`${PROTOBUF};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io`, true, { format: 'protobuf', as: 'partial' }],
  [`${PROTOBUF};stream=watch`, false, { format: 'protobuf' }],
  ['application/yaml;stream=watch,application/json', false, { format: 'json' }],
  [`${TABLE},application/json`, true, { as: 'table', apiVersion: 'meta.k8s.io/v1' }],
  ['application/json;as=Table;v=v1beta1;g=meta.k8s.io', true, { as: 'table', apiVersion: 'meta.k8s.io/v1beta1' }],
  ['application/json;as=Table;v=v9;g=meta.k8s.io,application/json', true, { as: 'none' }],
  ['application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', false, { as: 'partial' }],
  ['application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', true, { as: 'partial' }],
] as const)('%s', (accept, many, expected) => {
  expect(negotiate(accept, { many })).toMatchObject(expected);
});

test.each([
  'text/html',
  'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io',
  'application/json;stream=chunks',
  'application/json;q=0',
  'application/json;as=Foo;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
])('%s is not acceptable for one object', (accept) => {
  expect(() => negotiate(accept, { many: false })).toThrow(expect.objectContaining({ reason: 'NotAcceptable' }));
});

test('what has no field numbers is answered by the next that is accepted, its metadata in any case', () => {
  const acceptable = { many: false, hasProtobuf: false };
  expect(negotiate(`${PROTOBUF},application/yaml`, acceptable)).toMatchObject({ format: 'yaml' });
  expect(() => negotiate(PROTOBUF, acceptable)).toThrow(
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
  const partial = `${PROTOBUF};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`;
  expect(negotiate(partial, acceptable)).toMatchObject({ format: 'protobuf', as: 'partial' });
});

test('a watch has frames of JSON and of protobuf', () => {
  const watch = { many: false, streams: true };
  expect(negotiate(PROTOBUF, watch)).toMatchObject({ format: 'protobuf' });
  expect(() => negotiate('application/yaml,application/json', watch)).toThrow(
    'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
  );
});

test.each([
  [undefined, 'json'],
  ['text/html', 'json'],
  [TABLE, 'json'],
  ['application/yaml', 'yaml'],
  [PROTOBUF, 'protobuf'],
  [`${PROTOBUF};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`, 'json'],
  [`${TABLE},${PROTOBUF}`, 'protobuf'],
])('a Status for who accepts %s is in %s', (accept, format) => {
  expect(formatOfStatus(accept)).toBe(format);
});
