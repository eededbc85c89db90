import type { BadManifestsByKind } from './bad-manifest.js';
import { IP_ADDRESS, LABEL, LABEL_VALUE, QUALIFIED_NAME, SUBDOMAIN } from './rules.js';

/** Services and what they lead to. */
export const badServices: BadManifestsByKind = {
  Service: {
    path: '/api/v1/namespaces/default/services',
    kind: 'Service',
    manifest: { metadata: { name: 'x' }, spec: { ports: [{ port: 80 }] } },
    cases: [
      ['no ports', { 'spec.ports': [] }, ['spec.ports', 'Required value']],
      [
        'a port of 0',
        { 'spec.ports': [{ port: 0, targetPort: 80 }] },
        ['spec.ports[0].port', 'Invalid value: 0: must be between 1 and 65535, inclusive'],
      ],
      [
        'a target port of 70000',
        { 'spec.ports': [{ port: 80, targetPort: 70000 }] },
        ['spec.ports[0].targetPort', 'Invalid value: 70000: must be between 1 and 65535, inclusive'],
      ],
      [
        'a target port named in capitals',
        { 'spec.ports': [{ port: 80, targetPort: 'Web' }] },
        [
          'spec.ports[0].targetPort',
          'Invalid value: "Web": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        ],
      ],
      [
        'an unknown type',
        { 'spec.type': 'Cluster' },
        [
          'spec.type',
          'Unsupported value: "Cluster": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
        ],
      ],
      [
        'an unknown session affinity',
        { 'spec.sessionAffinity': 'Cookie' },
        ['spec.sessionAffinity', 'Unsupported value: "Cookie": supported values: "ClientIP", "None"'],
      ],
      [
        'a name that begins with a digit',
        { 'metadata.name': '1web' },
        [
          'metadata.name',
          "Invalid value: \"1web\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        ],
      ],
      [
        'ports without names',
        { 'spec.ports': [{ port: 80 }, { port: 81 }] },
        ['spec.ports[0].name', 'Required value'],
        ['spec.ports[1].name', 'Required value'],
      ],
      [
        'two ports of one name',
        {
          'spec.ports': [
            { name: 'a', port: 80 },
            { name: 'a', port: 81 },
          ],
        },
        ['spec.ports[1].name', 'Duplicate value: "a"'],
      ],
      [
        'a port named in capitals',
        { 'spec.ports': [{ name: 'A', port: 80 }] },
        ['spec.ports[0].name', `Invalid value: "A": ${LABEL}`],
      ],
      [
        'an unknown protocol',
        { 'spec.ports': [{ port: 80, protocol: 'ICMP' }] },
        ['spec.ports[0].protocol', 'Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
      ],
      [
        'an application protocol with a space',
        { 'spec.ports': [{ port: 80, appProtocol: 'a b' }] },
        ['spec.ports[0].appProtocol', `Invalid value: "a b": ${QUALIFIED_NAME}`],
      ],
      ['a name elsewhere that is none', { spec: { type: 'ExternalName' } }, ['spec.externalName', 'Required value']],
      [
        'a name elsewhere in capitals',
        { spec: { type: 'ExternalName', externalName: 'A_b' } },
        ['spec.externalName', `Invalid value: "A_b": ${SUBDOMAIN}`],
      ],
      [
        'a selector with a space',
        { 'spec.selector': { app: 'a b' } },
        ['spec.selector', `Invalid value: "a b": ${LABEL_VALUE}`],
      ],
      [
        'a node port without being of that type',
        { 'spec.ports': [{ port: 80, nodePort: 30080 }] },
        ['spec.ports[0].nodePort', "Forbidden: may not be used when `type` is 'ClusterIP'"],
      ],
      [
        'ranges of sources without a load balancer',
        { 'spec.loadBalancerSourceRanges': ['10.0.0.0/8'] },
        ['spec.LoadBalancerSourceRanges', "Forbidden: may only be used when `type` is 'LoadBalancer'"],
      ],
      [
        'a range of sources that is none',
        { 'spec.type': 'LoadBalancer', 'spec.loadBalancerSourceRanges': ['x'] },
        [
          'spec.LoadBalancerSourceRanges[0]',
          'Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        ],
      ],
      [
        'an external address that is none',
        { 'spec.externalIPs': ['x'] },
        ['spec.externalIPs[0]', `Invalid value: "x": ${IP_ADDRESS}`],
      ],
      [
        'an external address of the loopback',
        { 'spec.externalIPs': ['127.0.0.1'] },
        ['spec.externalIPs[0]', 'Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
      ],
      [
        'a cluster address that is none',
        { 'spec.clusterIP': 'x' },
        ['spec.clusterIPs[0]', `Invalid value: "x": ${IP_ADDRESS}`],
      ],
      [
        'a headless load balancer',
        { 'spec.type': 'LoadBalancer', 'spec.clusterIP': 'None' },
        ['spec.clusterIPs[0]', 'Invalid value: "None": may not be set to \'None\' for LoadBalancer services'],
      ],
      [
        'an external policy without being reached from there',
        { 'spec.externalTrafficPolicy': 'Local' },
        ['spec.externalTrafficPolicy', 'Invalid value: "Local": may only be set for externally-accessible services'],
      ],
      [
        'an unknown external policy',
        { 'spec.type': 'NodePort', 'spec.externalTrafficPolicy': 'Some' },
        ['spec.externalTrafficPolicy', 'Unsupported value: "Some": supported values: "Cluster", "Local"'],
      ],
      [
        'an unknown internal policy',
        { 'spec.internalTrafficPolicy': 'Some' },
        ['spec.internalTrafficPolicy', 'Unsupported value: "Some": supported values: "Cluster", "Local"'],
      ],
      [
        'a session of more than a day',
        { 'spec.sessionAffinity': 'ClientIP', 'spec.sessionAffinityConfig': { clientIP: { timeoutSeconds: 100000 } } },
        [
          'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
          'Invalid value: 100000: must be greater than 0 and less than 86400',
        ],
      ],
      [
        'an unknown distribution',
        { 'spec.trafficDistribution': 'Some' },
        [
          'spec.trafficDistribution',
          'Unsupported value: "Some": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
        ],
      ],
      [
        'a class without a load balancer',
        { 'spec.loadBalancerClass': 'example.com/a' },
        ['spec.loadBalancerClass', "Forbidden: may only be used when `type` is 'LoadBalancer'"],
      ],
      [
        'a health check port without a local load balancer',
        { 'spec.healthCheckNodePort': 30000 },
        [
          'spec.healthCheckNodePort',
          "Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
        ],
      ],
    ],
  },
  Endpoints: {
    path: '/api/v1/namespaces/default/endpoints',
    kind: 'Endpoints',
    manifest: { metadata: { name: 'x' }, subsets: [] },
    cases: [
      [
        'a subset without addresses',
        { subsets: [{ ports: [{ port: 80 }] }] },
        ['subsets[0]', 'Required value: must specify `addresses` or `notReadyAddresses`'],
      ],
      [
        'an address that is none',
        { subsets: [{ addresses: [{ ip: 'x' }] }] },
        ['subsets[0].addresses[0].ip', `Invalid value: "x": ${IP_ADDRESS}`],
      ],
      [
        'an address of the loopback',
        { subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] },
        [
          'subsets[0].addresses[0].ip',
          'Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        ],
      ],
      [
        'an address of the link',
        { subsets: [{ addresses: [{ ip: '169.254.1.1' }] }] },
        [
          'subsets[0].addresses[0].ip',
          'Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
        ],
      ],
      [
        'the address of nobody',
        { subsets: [{ addresses: [{ ip: '0.0.0.0' }] }] },
        ['subsets[0].addresses[0].ip', 'Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)'],
      ],
      [
        'a port of 0',
        { subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 0 }] }] },
        ['subsets[0].ports[0].port', 'Invalid value: 0: must be between 1 and 65535, inclusive'],
      ],
      [
        'ports without names',
        { subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 80 }, { port: 81 }] }] },
        ['subsets[0].ports[0].name', 'Required value'],
        ['subsets[0].ports[1].name', 'Required value'],
      ],
      [
        'an unknown protocol',
        { subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 80, protocol: 'X' }] }] },
        ['subsets[0].ports[0].protocol', 'Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"'],
      ],
      [
        'a host name in capitals',
        { subsets: [{ addresses: [{ ip: '10.1.1.1', hostname: 'Web' }] }] },
        ['subsets[0].addresses[0].hostname', `Invalid value: "Web": ${LABEL}`],
      ],
    ],
  },
  EndpointSlice: {
    path: '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
    kind: 'EndpointSlice.discovery.k8s.io',
    manifest: { metadata: { name: 'x' }, addressType: 'IPv4', endpoints: [{ addresses: ['10.1.1.1'] }] },
    cases: [
      ['no type of address', { addressType: '' }, ['addressType', 'Required value']],
      [
        'an unknown type of address',
        { addressType: 'IPv5' },
        ['addressType', 'Unsupported value: "IPv5": supported values: "FQDN", "IPv4", "IPv6"'],
      ],
      [
        'an endpoint without addresses',
        { 'endpoints.0.addresses': [] },
        ['endpoints[0].addresses', 'Required value: must contain at least 1 address'],
      ],
      [
        'an address of the other family',
        { 'endpoints.0.addresses': ['2001:db8::1'] },
        ['endpoints[0].addresses[0]', 'Invalid value: "2001:db8::1": must be an IPv4 address'],
      ],
      [
        'a name that is none',
        { addressType: 'FQDN', 'endpoints.0.addresses': ['A_b'] },
        ['endpoints[0].addresses[0]', `Invalid value: "A_b": ${SUBDOMAIN}`],
      ],
      [
        'a host name in capitals',
        { 'endpoints.0.hostname': 'Web' },
        ['endpoints[0].hostname', `Invalid value: "Web": ${LABEL}`],
      ],
      ['ports of one name', { ports: [{ port: 80 }, { port: 81 }] }, ['ports[1].name', 'Duplicate value: ""']],
      [
        'an unknown protocol',
        { ports: [{ port: 80, protocol: 'X' }] },
        ['ports[0].protocol', 'Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"'],
      ],
      [
        'a port named in capitals',
        { ports: [{ name: 'A', port: 80 }] },
        ['ports[0].name', `Invalid value: "A": ${LABEL}`],
      ],
      [
        'a hint for a zone without a name',
        { 'endpoints.0.hints': { forZones: [{ name: '' }] } },
        ['endpoints[0].hints.forZones[0].name', 'Required value'],
      ],
    ],
  },
};
