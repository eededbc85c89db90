import { describe, expect, test } from 'vitest';
import { policyOf, textOf } from './policy.js';

const texts = (labels: Record<string, string>) => {
  const prefixed = Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value] as const);
  const { policy, errors } = policyOf(Object.fromEntries(prefixed));
  return {
    policy: [policy.enforce, policy.audit, policy.warn].map(textOf),
    errors: errors.map(({ field, message }) => `${field}: ${message}`),
  };
};

describe('labels of a namespace', () => {
  test.each<[Record<string, string>, string[]]>([
    [{}, ['privileged:latest', 'privileged:latest', 'privileged:latest']],
    [{ enforce: 'baseline' }, ['baseline:latest', 'privileged:latest', 'baseline:latest']],
    [{ enforce: 'baseline', warn: 'restricted' }, ['baseline:latest', 'privileged:latest', 'restricted:latest']],
    [{ enforce: 'restricted', warn: 'privileged' }, ['restricted:latest', 'privileged:latest', 'privileged:latest']],
    [
      { enforce: 'baseline', 'enforce-version': 'v1.25', audit: 'restricted', 'audit-version': 'latest' },
      ['baseline:v1.25', 'restricted:latest', 'baseline:v1.25'],
    ],
  ])('%j', (labels, policy) => expect(texts(labels)).toEqual({ policy, errors: [] }));

  test('that are wrong are told, and enforced at their strictest', () => {
    expect(texts({ enforce: 'x', 'enforce-version': '1.2', warn: 'y' })).toEqual({
      policy: ['restricted:latest', 'privileged:latest', 'privileged:latest'],
      errors: [
        'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "x": must be one of privileged, baseline, restricted',
        'metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: "1.2": must be "latest" or "v1.x"',
        'metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: "y": must be one of privileged, baseline, restricted',
      ],
    });
  });
});
