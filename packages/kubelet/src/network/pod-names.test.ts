import type { PodSpec } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import type { ReadonlyPod } from '../pod.js';
import { hostNetworkHostsFile, podHostsFile } from './hosts-file.js';
import { podHostname } from './pod-hostname.js';
import { parseResolvConf, podResolvConf } from './resolv-conf.js';

function podWith(spec: Partial<PodSpec>, name = 'web-0'): ReadonlyPod {
  const metadata = { name, namespace: 'shop', uid: 'u-1', resourceVersion: '1', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [], ...spec } };
}

describe('podHostname', () => {
  const long = `${'a'.repeat(62)}.${'b'.repeat(20)}`;
  it.each([
    [podWith({}), { hostname: 'web-0', label: 'web-0', domain: '' }],
    [podWith({ hostname: 'db' }), { hostname: 'db', label: 'db', domain: '' }],
    [podWith({ subdomain: 'sub' }), { hostname: 'web-0', label: 'web-0', domain: 'sub.shop.svc.cluster.local' }],
    [
      podWith({ hostname: 'db', subdomain: 'sub', setHostnameAsFQDN: true }),
      { hostname: 'db.sub.shop.svc.cluster.local', label: 'db', domain: 'sub.shop.svc.cluster.local' },
    ],
    [podWith({ setHostnameAsFQDN: true }), { hostname: 'web-0', label: 'web-0', domain: '' }],
    [podWith({ hostNetwork: true, hostname: 'db' }), { hostname: 'node1', label: 'node1', domain: '' }],
    [podWith({}, long), { hostname: 'a'.repeat(62), label: 'a'.repeat(62), domain: '' }],
  ])('%#', (pod, expected) => {
    expect(podHostname(pod, 'node1', 'cluster.local')).toEqual(expected);
  });

  it('refuses a whole name that the kernel cannot hold', () => {
    const pod = podWith({ subdomain: 's'.repeat(40), setHostnameAsFQDN: true });
    expect(() => podHostname(pod, 'node1', 'cluster.local')).toThrow(
      `FQDN web-0.${'s'.repeat(40)}.shop.svc.cluster.local is too long (64 characters is the max, 69 characters requested)`,
    );
  });
});

describe('hosts file', () => {
  const local =
    '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n';
  const aliases = [
    { ip: '1.2.3.4', hostnames: ['one', 'two'] },
    { ip: '5.6.7.8', hostnames: ['three'] },
  ];

  it('names the pod', () => {
    expect(podHostsFile(['10.244.1.2'], { hostname: 'web', label: 'web', domain: '' }, undefined)).toBe(
      `# Kubernetes-managed hosts file.\n${local}10.244.1.2\tweb\n`,
    );
  });

  it('names its domain and the aliases', () => {
    const names = { hostname: 'web', label: 'web', domain: 'sub.shop.svc.cluster.local' };
    expect(podHostsFile(['10.244.1.2'], names, aliases)).toBe(
      `# Kubernetes-managed hosts file.\n${local}10.244.1.2\tweb.sub.shop.svc.cluster.local\tweb\n\n# Entries added by HostAliases.\n1.2.3.4\tone\ttwo\n5.6.7.8\tthree\n`,
    );
  });

  it('is the node file on the node network', () => {
    expect(hostNetworkHostsFile('127.0.0.1 localhost\n', aliases.slice(1))).toBe(
      '# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n\n# Entries added by HostAliases.\n5.6.7.8\tthree\n',
    );
  });
});

describe('resolv.conf', () => {
  const node = parseResolvConf(
    '# comment\nnameserver 192.0.2.1 ; trailing\nsearch old.example\nsearch corp.example .\noptions timeout:2\n',
  );
  const cluster = { servers: ['10.96.0.10'], domain: 'cluster.local' };
  const nodeText = 'search corp.example\nnameserver 192.0.2.1\noptions timeout:2\n';
  const clusterText =
    'search shop.svc.cluster.local svc.cluster.local cluster.local corp.example\nnameserver 10.96.0.10\noptions ndots:5\n';
  const render = (spec: Partial<PodSpec>, servers = cluster.servers) => {
    const warnings: string[] = [];
    const text = podResolvConf(podWith(spec), node, { ...cluster, servers }, (reason, message) =>
      warnings.push(`${reason}: ${message}`),
    );
    return { text, warnings };
  };

  it.each([
    [{}, clusterText],
    [{ dnsPolicy: 'ClusterFirst' }, clusterText],
    [{ dnsPolicy: 'ClusterFirst', hostNetwork: true }, nodeText],
    [{ dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }, clusterText],
    [{ dnsPolicy: 'Default' }, nodeText],
    [{ dnsPolicy: 'None' }, ''],
    [
      { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.1'], searches: ['a.b'] } },
      'search a.b\nnameserver 1.1.1.1\n',
    ],
    [
      { dnsConfig: { nameservers: ['1.1.1.1'], options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] } },
      'search shop.svc.cluster.local svc.cluster.local cluster.local corp.example\nnameserver 10.96.0.10\nnameserver 1.1.1.1\noptions ndots:2 edns0\n',
    ],
  ])('%j', (spec, text) => {
    expect(render(spec)).toEqual({ text, warnings: [] });
  });

  it('falls back to the node where the cluster has no DNS, and says so', () => {
    expect(render({}, [])).toEqual({
      text: nodeText,
      warnings: [
        'MissingClusterDNS: pod: "web-0_shop(u-1)". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.',
      ],
    });
    expect(render({ dnsPolicy: 'Default' }, []).warnings).toEqual([]);
  });

  it('keeps to the limits of the resolver, and says so', () => {
    const { text, warnings } = render({
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'],
        searches: Array.from({ length: 33 }, (_, index) => `s${index}`),
      },
    });
    expect(text.match(/nameserver/g)).toHaveLength(3);
    expect(text).toContain(' s31\n');
    expect(warnings.map((warning) => warning.slice(0, 60))).toEqual([
      'DNSConfigForming: Nameserver limits were exceeded, some name',
      'DNSConfigForming: Search Line limits were exceeded, some sea',
    ]);
  });
});
