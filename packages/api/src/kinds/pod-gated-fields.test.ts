import { expect, test } from 'vitest';
import type { PodSpec } from '../generated/types.js';
import { setPodSpecDefaults } from './pod-defaults.js';

test('what is behind gates that are off is dropped, and what it was in is left empty', () => {
  const spec: PodSpec = {
    hostnameOverride: 'other',
    containers: [
      {
        name: 'c',
        image: 'i',
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
        lifecycle: { stopSignal: 'SIGUSR1' },
        env: [{ name: 'A', valueFrom: { fileKeyRef: { key: 'a', path: 'p', volumeName: 'v' } } }],
      },
    ],
    volumes: [
      { name: 'image', image: { reference: 'i' } },
      { name: 'bundle', projected: { sources: [{ clusterTrustBundle: { path: 'ca.crt', name: 'b' } }] } },
    ],
  };
  setPodSpecDefaults(spec);
  expect(spec).not.toHaveProperty('hostnameOverride');
  expect(spec.containers[0]).not.toHaveProperty('restartPolicyRules');
  expect(spec.containers[0]).toMatchObject({ lifecycle: {}, env: [{ name: 'A', valueFrom: {} }] });
  expect(spec.containers[0]?.lifecycle).toEqual({});
  expect(spec.containers[0]?.env?.[0]?.valueFrom).toEqual({});
  expect(spec.volumes).toEqual([
    { name: 'image' },
    { name: 'bundle', projected: { defaultMode: 0o644, sources: [{}] } },
  ]);
});
