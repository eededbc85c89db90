import { expect, test } from 'vitest';
import { negotiate } from './negotiation.js';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

test.each([
  [undefined, false, { format: 'json', as: 'none' }],
  ['*/*', false, { format: 'json', as: 'none' }],
  ['application/yaml', false, { format: 'yaml', as: 'none' }],
  ['application/yaml;q=0.5, application/json;q=0.9', false, { format: 'json' }],
  ['application/vnd.kubernetes.protobuf,application/json', false, { format: 'json', as: 'none' }],
  [`${TABLE},application/json`, true, { as: 'table', apiVersion: 'meta.k8s.io/v1' }],
  ['application/json;as=Table;v=v1beta1;g=meta.k8s.io', true, { as: 'table', apiVersion: 'meta.k8s.io/v1beta1' }],
  ['application/json;as=Table;v=v9;g=meta.k8s.io,application/json', true, { as: 'none' }],
  ['application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', false, { as: 'partial' }],
  ['application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', true, { as: 'partial' }],
] as const)('%s', (accept, many, expected) => {
  expect(negotiate(accept, many)).toMatchObject(expected);
});

test.each([
  'text/html',
  'application/vnd.kubernetes.protobuf',
  'application/json;q=0',
  'application/json;as=Foo;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
])('%s is not acceptable for one object', (accept) => {
  expect(() => negotiate(accept, false)).toThrow(expect.objectContaining({ reason: 'NotAcceptable' }));
});
