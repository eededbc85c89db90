import { describe, expect, it } from 'vitest';
import { containerOptions, type DockerContainerSettings, sandboxOptions } from './docker-container-options.js';
import { fromBoundingSet } from './machine-capabilities.js';
import type { ContainerSpec } from './runtime.js';

const LAST_BIT = 40;
const EVERY_CAPABILITY = (1n << 41n) - 1n;
const SYS_RESOURCE = 1n << 24n;
const settings: DockerContainerSettings = {
  ownership: { clusterName: 'c', nodeName: 'n' },
  pauseImage: 'kubelab/pause:1',
  nodeContainer: 'node-id',
  capabilities: fromBoundingSet(EVERY_CAPABILITY, LAST_BIT),
  logMaxSizeBytes: 1000,
  logMaxFiles: 3,
};
const limited = { ...settings, capabilities: fromBoundingSet(EVERY_CAPABILITY & ~SYS_RESOURCE, LAST_BIT) };

const pod = { namespace: 'ns', name: 'p', uid: 'u' };
const host = { network: false, pid: false, ipc: false };
const spec: ContainerSpec = {
  pod,
  sandboxId: 'sandbox-id',
  host,
  shareProcessNamespace: false,
  name: 'main',
  image: 'busybox',
  restartCount: 2,
  annotations: { hash: 'h' },
  command: undefined,
  args: undefined,
  environment: [{ name: 'A', value: 'b=c' }],
  workingDir: undefined,
  mounts: [],
  resources: { cpuShares: 2, cpuQuotaMicroseconds: undefined, memoryBytes: undefined, oomScoreAdjust: -997 },
  security: {
    user: undefined,
    supplementalGroups: [],
    privileged: false,
    allowPrivilegeEscalation: true,
    readOnlyRootFilesystem: false,
    addCapabilities: ['NET_ADMIN'],
    dropCapabilities: ['ALL'],
    seccomp: 'unconfined',
    unmaskedProc: false,
  },
  stdin: false,
  stdinOnce: false,
  tty: false,
};

describe('a sandbox', () => {
  it('has namespaces of its own and a name that is its own', () => {
    const options = sandboxOptions({ pod, attempt: 1, hostname: 'p', host, sysctls: { 'net.x': '1' } }, settings);
    expect(options).toMatchObject({
      name: 'kubelab_POD_p_ns_u_1',
      Hostname: 'p',
      NetworkDisabled: true,
      Labels: { 'kubelab.cluster': 'c', 'kubelab.node': 'n', 'kubelab.role': 'sandbox', 'kubelab.pod.uid': 'u' },
      HostConfig: { NetworkMode: 'none', IpcMode: 'shareable', Sysctls: { 'net.x': '1' } },
    });
  });

  it('joins its node, which may be a container, for hostNetwork', () => {
    const onNode = { pod, attempt: 0, hostname: 'p', host: { ...host, network: true }, sysctls: {} };
    const options = sandboxOptions(onNode, settings);
    expect(options.HostConfig?.NetworkMode).toBe('container:node-id');
    expect(options).not.toHaveProperty('Hostname');
    expect(options).not.toHaveProperty('NetworkDisabled');
    expect(sandboxOptions(onNode, { ...settings, nodeContainer: undefined }).HostConfig?.NetworkMode).toBe('host');
  });
});

describe('a container', () => {
  it('joins its sandbox, under a name that only one can have', () => {
    expect(containerOptions(spec, settings)).toMatchObject({
      name: 'kubelab_main_p_ns_u_2',
      Env: ['A=b=c'],
      Labels: { 'kubelab.container.restart-count': '2', 'kubelab.container.annotation.hash': 'h' },
      HostConfig: {
        NetworkMode: 'container:sandbox-id',
        IpcMode: 'container:sandbox-id',
        LogConfig: { Type: 'json-file', Config: { 'max-size': '1000', 'max-file': '3' } },
        CapAdd: ['NET_ADMIN'],
        CapDrop: ['ALL'],
        SecurityOpt: ['seccomp=unconfined'],
      },
    });
  });

  it.each([
    ['neither', undefined, undefined, undefined, undefined],
    ['command', ['c'], undefined, ['c'], []],
    ['args', undefined, ['a'], undefined, ['a']],
    ['both', ['c'], ['a'], ['c'], ['a']],
  ])('replaces ENTRYPOINT and CMD: %s', (_, command, args, entrypoint, cmd) => {
    const options = containerOptions({ ...spec, command, args }, settings);
    expect([options.Entrypoint, options.Cmd]).toEqual([entrypoint, cmd]);
  });

  it('has its limits without swap', () => {
    const resources = { ...spec.resources, cpuQuotaMicroseconds: 50_000, memoryBytes: 1024 };
    expect(containerOptions({ ...spec, resources }, settings).HostConfig).toMatchObject({
      CpuPeriod: 100_000,
      CpuQuota: 50_000,
      Memory: 1024,
      MemorySwap: 1024,
    });
  });

  it('binds its mounts', () => {
    const mounts = [
      { source: '/s', target: '/t', readOnly: true, propagation: 'rslave' as const },
      { source: '/u', target: '/v', readOnly: false, propagation: 'private' as const },
    ];
    expect(containerOptions({ ...spec, mounts }, settings).HostConfig?.Binds).toEqual(['/s:/t:ro,rslave', '/u:/v:rw']);
  });

  it('has a lower OOM score only where the machine lets us', () => {
    expect(containerOptions(spec, settings).HostConfig?.OomScoreAdj).toBe(-997);
    expect(containerOptions(spec, limited).HostConfig?.OomScoreAdj).toBe(0);
  });

  it('is privileged, or as much so as the machine can', () => {
    const privileged = { ...spec, security: { ...spec.security, privileged: true } };
    expect(containerOptions(privileged, settings).HostConfig?.Privileged).toBe(true);
    const host = containerOptions(privileged, limited).HostConfig;
    expect(host?.Privileged).toBeUndefined();
    expect(host).toMatchObject({ CapAdd: ['ALL'], CapDrop: ['SYS_RESOURCE'], MaskedPaths: [] });
  });

  it('has every capability that the machine can give, where it adds all', () => {
    const security = { ...spec.security, addCapabilities: ['all'], dropCapabilities: ['MKNOD'] };
    const dropped = (where: typeof settings) => containerOptions({ ...spec, security }, where).HostConfig?.CapDrop;
    expect(dropped(limited)).toEqual(['MKNOD', 'SYS_RESOURCE']);
    expect(dropped(settings)).toEqual(['MKNOD']);
  });

  it('is not said to lack what the kernel does not know', () => {
    expect(fromBoundingSet((1n << 38n) - 1n, 37)).toEqual({ missing: [], mayLowerOomScore: true });
    expect(fromBoundingSet((1n << 38n) - 1n, LAST_BIT).missing).toEqual(['PERFMON', 'BPF', 'CHECKPOINT_RESTORE']);
  });

  it('may not gain privileges where that is forbidden', () => {
    const security = { ...spec.security, allowPrivilegeEscalation: false, seccomp: undefined };
    expect(containerOptions({ ...spec, security }, settings).HostConfig?.SecurityOpt).toEqual(['no-new-privileges']);
  });
});
