import type { Persisted, Pod } from '@kubelab/api';
import { expect, test } from 'vitest';
import { chooseContainer, nodeNameOf, targetOf } from './target-container.js';

function podOf(containers: string[], initContainers: string[] = []): Persisted<Pod> {
  const named = (names: string[]) => names.map((name) => ({ name }));
  return {
    metadata: { namespace: 'default', name: 'x', uid: 'u' },
    spec: {
      containers: named(containers),
      initContainers: named(initContainers),
      ephemeralContainers: named(['debugger']),
    },
  } as Persisted<Pod>;
}

test('the only container need not be named, and any may be', () => {
  expect(chooseContainer(podOf(['a'], ['i']), null)).toBe('a');
  for (const name of ['a', 'b', 'i', 'debugger']) expect(chooseContainer(podOf(['a', 'b'], ['i']), name)).toBe(name);
});

test.each([
  [podOf(['a', 'b']), '', 'a container name must be specified for pod x, choose one of: [a b]'],
  [
    podOf(['a', 'b'], ['i', 'j']),
    null,
    'a container name must be specified for pod x, choose one of: [a b] or one of the init containers: [i j]',
  ],
  [podOf([]), null, 'a container name must be specified for pod x'],
  [podOf(['a']), 'c', 'container c is not valid for pod x'],
])('refused in the words of Kubernetes', (pod, name, message) => {
  expect(() => chooseContainer(pod, name)).toThrow(message);
});

test('a pod must be on a node', () => {
  const pod = podOf(['a']);
  expect(() => nodeNameOf(pod)).toThrow('pod x does not have a host assigned');
  expect(targetOf(pod, 'a')).toEqual({ namespace: 'default', pod: 'x', podUid: 'u', container: 'a' });
});
