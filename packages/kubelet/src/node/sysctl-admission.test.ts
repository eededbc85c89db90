import type { PodSpec } from '@kubelab/api';
import { expect, it } from 'vitest';
import type { ReadonlyPod } from '../pod.js';
import { forbiddenSysctl } from './sysctl-admission.js';

function pod(name: string, more: Partial<PodSpec> = {}): ReadonlyPod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { containers: [], securityContext: { sysctls: [{ name, value: '1' }] }, ...more },
  };
}

it.each([
  [pod('kernel.shm_rmid_forced'), undefined],
  [pod('net/ipv4/tcp_syncookies'), undefined],
  [pod('kernel.msgmax'), 'forbidden sysctl: "kernel.msgmax" not allowlisted'],
  [pod('net.core.somaxconn'), undefined],
  [
    pod('net.ipv4.tcp_rmem', { hostNetwork: true }),
    'forbidden sysctl: "net.ipv4.tcp_rmem" not allowed with host net enabled',
  ],
  [
    pod('kernel.shm_rmid_forced', { hostIPC: true }),
    'forbidden sysctl: "kernel.shm_rmid_forced" not allowed with host ipc enabled',
  ],
])('judges sysctls %#', (of, message) => {
  const failure = forbiddenSysctl(of, ['net.core.*']);
  expect(failure).toEqual(message && { reason: 'SysctlForbidden', message: `Pod was rejected: ${message}` });
});
