import type { Container, ObjectMeta, PodSpec } from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import { detailsOf, violationsOf } from './evaluate.js';
import type { Level } from './policy.js';

type Changes = { spec?: Partial<PodSpec>; metadata?: ObjectMeta; a?: Partial<Container>; b?: Partial<Container> };

/** What a level says of a pod that keeps to the restricted one but for the changes. */
function details(changes: Changes, level: Level = 'baseline', version: number | 'latest' = 'latest'): string {
  const { a, b, metadata = {} } = changes;
  const spec: PodSpec = {
    containers: [restricted('a', a), ...(b ? [restricted('b', b)] : [])],
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    ...changes.spec,
  };
  return detailsOf(violationsOf({ metadata, spec }, { level, version }));
}

function restricted(name: string, { securityContext, ...changes }: Partial<Container> = {}): Container {
  return {
    name,
    image: 'x',
    ...changes,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      ...securityContext,
    },
  };
}

const secured = (securityContext: Container['securityContext']): Partial<Container> => ({ securityContext });

describe('baseline', () => {
  test.each<[string, Changes, string]>([
    ['nothing wrong', {}, ''],
    [
      'privileged',
      { a: secured({ privileged: true }) },
      'privileged (container "a" must not set securityContext.privileged=true)',
    ],
    [
      'host namespaces',
      { spec: { hostNetwork: true, hostPID: true, hostIPC: true } },
      'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
    ],
    [
      'host path volumes',
      {
        spec: {
          volumes: [
            { name: 'v', hostPath: { path: '/' } },
            { name: 'w', hostPath: { path: '/' } },
          ],
        },
      },
      'hostPath volumes (volumes "v", "w")',
    ],
    [
      'host ports',
      { a: { ports: [{ containerPort: 1, hostPort: 80 }] }, b: { ports: [{ containerPort: 1, hostPort: 443 }] } },
      'hostPort (containers "a", "b" use hostPorts 443, 80)',
    ],
    [
      'one host port',
      { a: { ports: [{ containerPort: 1, hostPort: 80 }, { containerPort: 2 }] } },
      'hostPort (container "a" uses hostPort 80)',
    ],
    [
      'added capabilities',
      { a: secured({ capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'NET_RAW'] } }) },
      'non-default capabilities (container "a" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      'probes of other hosts',
      {
        a: {
          livenessProbe: { httpGet: { host: 'h', port: 1 } },
          lifecycle: { preStop: { httpGet: { host: 'g', port: 1 } } },
        },
      },
      'probe or lifecycle host (container "a" uses probe or lifecycle hosts "g", "h")',
    ],
    [
      'proc mount',
      { a: secured({ procMount: 'Unmasked' }), b: secured({ procMount: 'Default' }) },
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      'AppArmor switched off',
      { a: secured({ appArmorProfile: { type: 'Unconfined' } }) },
      'forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")',
    ],
    [
      'AppArmor by annotation, and for the pod',
      {
        metadata: { annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined' } },
        spec: { securityContext: { appArmorProfile: { type: 'Unconfined' } } },
      },
      'forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/a="unconfined"")',
    ],
    [
      'SELinux',
      {
        spec: { securityContext: { seLinuxOptions: { type: 'foo', user: 'u' } } },
        a: secured({ seLinuxOptions: { role: 'r' } }),
        b: secured({ seLinuxOptions: { type: 'container_engine_t' } }),
      },
      'seLinuxOptions (pod and container "a" set forbidden securityContext.seLinuxOptions: type "foo"; user may not be set; role may not be set)',
    ],
    [
      'seccomp switched off',
      { a: secured({ seccompProfile: { type: 'Unconfined' } }) },
      'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'sysctls',
      {
        spec: {
          securityContext: {
            sysctls: [
              { name: 'kernel.msgmax', value: '1' },
              { name: 'net.ipv4.tcp_rmem', value: '1' },
            ],
          },
        },
      },
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      'Windows host processes',
      { spec: { securityContext: { windowsOptions: { hostProcess: true } } } },
      'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    ],
  ])('%s', (_name, changes, expected) => expect(details(changes)).toBe(expected));

  test('asks for nothing of what is restricted only', () => {
    expect(details({ spec: { containers: [{ name: 'a', image: 'x' }], securityContext: {} } })).toBe('');
  });

  test('looks at init and ephemeral containers, too', () => {
    const bad = { securityContext: { privileged: true }, image: 'x' };
    const spec = { initContainers: [{ name: 'i', ...bad }], ephemeralContainers: [{ name: 'e', ...bad }] };
    expect(details({ spec })).toBe('privileged (containers "i", "e" must not set securityContext.privileged=true)');
  });
});

describe('restricted', () => {
  test.each<[string, Changes, string]>([
    ['nothing wrong', {}, ''],
    [
      'privilege escalation',
      { a: secured({ allowPrivilegeEscalation: true }), b: secured({ allowPrivilegeEscalation: undefined }) },
      'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false)',
    ],
    [
      'capabilities',
      {
        a: secured({ capabilities: { add: ['CHOWN', 'NET_BIND_SERVICE'], drop: ['ALL'] } }),
        b: secured({ capabilities: { drop: ['CHOWN'] } }),
      },
      'unrestricted capabilities (container "b" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
    [
      'volume types, instead of host paths',
      {
        spec: {
          volumes: [
            { name: 'v', hostPath: { path: '/' } },
            { name: 'w', nfs: { server: 's', path: '/' } },
            { name: 'c', configMap: {} },
          ],
        },
      },
      'restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs")',
    ],
    [
      'nobody says that it is not root',
      { spec: { securityContext: { seccompProfile: { type: 'Localhost' } } }, b: secured({ runAsNonRoot: true }) },
      'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
    ],
    [
      'root allowed',
      { a: secured({ runAsNonRoot: false }) },
      'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)',
    ],
    [
      'root by number',
      { spec: { securityContext: { runAsUser: 0, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } } },
      'runAsUser=0 (pod must not set runAsUser=0)',
    ],
    [
      'no seccomp profile',
      { spec: { securityContext: { runAsNonRoot: true } } },
      'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [
      'seccomp switched off, told once',
      { a: secured({ seccompProfile: { type: 'Unconfined' } }) },
      'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
  ])('%s', (_name, changes, expected) => expect(details(changes, 'restricted')).toBe(expected));

  test('of an ordinary pod: every violation, baseline first', () => {
    const spec = { containers: [{ name: 'x', image: 'x' }], securityContext: {}, hostNetwork: true };
    expect(details({ spec }, 'restricted')).toBe(
      'host namespaces (hostNetwork=true), ' +
        'allowPrivilegeEscalation != false (container "x" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (container "x" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or container "x" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or container "x" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
  });

  test('asks Windows for nothing that Windows has not', () => {
    const spec = { containers: [{ name: 'x', image: 'x' }], os: { name: 'windows' } };
    expect(details({ spec: { ...spec, securityContext: { runAsNonRoot: true } } }, 'restricted')).toBe('');
    expect(details({ spec: { ...spec, securityContext: { runAsNonRoot: true } } }, 'restricted', 24)).toContain(
      'allowPrivilegeEscalation',
    );
  });
});

describe('versions', () => {
  const tcp = (name: string): Changes => ({ spec: { securityContext: { sysctls: [{ name, value: '1' }] } } });
  test.each<[string, Changes, Level, number, boolean]>([
    ['sysctl of 1.27', tcp('net.ipv4.ip_local_reserved_ports'), 'baseline', 26, false],
    ['sysctl of 1.27', tcp('net.ipv4.ip_local_reserved_ports'), 'baseline', 27, true],
    ['sysctl of 1.29', tcp('net.ipv4.tcp_fin_timeout'), 'baseline', 28, false],
    ['sysctl of 1.32', tcp('net.ipv4.tcp_wmem'), 'baseline', 99, true],
    ['probe host before 1.34', { a: { livenessProbe: { tcpSocket: { host: 'h', port: 1 } } } }, 'baseline', 33, true],
    ['probe host in 1.34', { a: { livenessProbe: { tcpSocket: { host: 'h', port: 1 } } } }, 'baseline', 34, false],
    ['container_engine_t', { a: secured({ seLinuxOptions: { type: 'container_engine_t' } }) }, 'baseline', 30, false],
    ['no user 0 before 1.23', { a: secured({ runAsUser: 0 }) }, 'restricted', 22, true],
    [
      'seccomp not asked for before 1.19',
      { spec: { securityContext: { runAsNonRoot: true } } },
      'restricted',
      18,
      true,
    ],
    ['privilege escalation before 1.8', { a: secured({ allowPrivilegeEscalation: true }) }, 'restricted', 7, true],
  ])('%s: %j at %s v1.%d', (_name, changes, level, version, allowed) => {
    expect(details(changes, level, version) === '').toBe(allowed);
  });

  test('before 1.19 seccomp profiles were annotations', () => {
    const metadata = { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' } };
    expect(details({ metadata }, 'baseline', 18)).toBe(
      'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
    );
    expect(details({ metadata }, 'baseline', 19)).toBe('');
  });
});
