import type { BadManifestsByKind } from './bad-manifest.js';
import { LABEL_VALUE, QUALIFIED_NAME, SUBDOMAIN } from './rules.js';

/** Configuration, nodes, namespaces and what is told of objects. */
export const badObjects: BadManifestsByKind = {
  ConfigMap: {
    path: '/api/v1/namespaces/default/configmaps',
    kind: 'ConfigMap',
    manifest: { metadata: { name: 'x' } },
    cases: [
      [
        'a key with a space',
        { data: { 'a b': '1' } },
        [
          'data[a b]',
          "Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ],
      ],
      ['the key ..', { data: { '..': '1' } }, ['data[..]', 'Invalid value: "..": must not be \'..\'']],
      [
        'a key that begins with ..',
        { binaryData: { '..a': 'MQ==' } },
        ['binaryData[..a]', 'Invalid value: "..a": must not start with \'..\''],
      ],
      [
        'a key in both',
        { data: { a: '1' }, binaryData: { a: 'MQ==' } },
        ['data[a]', 'Invalid value: "a": duplicate of key present in binaryData'],
        ['binaryData[a]', 'Invalid value: "a": duplicate of key present in data'],
      ],
      ['a name in capitals', { 'metadata.name': 'A' }, ['metadata.name', `Invalid value: "A": ${SUBDOMAIN}`]],
    ],
  },
  Secret: {
    path: '/api/v1/namespaces/default/secrets',
    kind: 'Secret',
    manifest: { metadata: { name: 'x' } },
    cases: [
      [
        'a key with a space',
        { data: { 'a b': 'MQ==' } },
        [
          'data[a b]',
          "Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ],
      ],
      [
        'of TLS, nothing',
        { type: 'kubernetes.io/tls' },
        ['data[tls.crt]', 'Required value'],
        ['data[tls.key]', 'Required value'],
      ],
      [
        'of TLS, no key',
        { type: 'kubernetes.io/tls', data: { 'tls.crt': 'MQ==' } },
        ['data[tls.key]', 'Required value'],
      ],
      [
        'of a registry, nothing',
        { type: 'kubernetes.io/dockerconfigjson' },
        ['data[.dockerconfigjson]', 'Required value'],
      ],
      [
        'of a registry, no JSON',
        { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'eA==' } },
        [
          'data[.dockerconfigjson]',
          'Invalid value: "<secret contents redacted>": invalid character \'x\' looking for beginning of value',
        ],
      ],
      ['of an old registry, nothing', { type: 'kubernetes.io/dockercfg' }, ['data[.dockercfg]', 'Required value']],
      [
        'of a user, nothing',
        { type: 'kubernetes.io/basic-auth' },
        ['data[username]', 'Required value'],
        ['data[password]', 'Required value'],
      ],
      ['of SSH, nothing', { type: 'kubernetes.io/ssh-auth' }, ['data[ssh-privatekey]', 'Required value']],
      [
        'of an account, whose',
        { type: 'kubernetes.io/service-account-token' },
        ['metadata.annotations[kubernetes.io/service-account.name]', 'Required value'],
      ],
    ],
  },
  ServiceAccount: {
    path: '/api/v1/namespaces/default/serviceaccounts',
    kind: 'ServiceAccount',
    manifest: { metadata: { name: 'x' } },
    cases: [
      ['a name in capitals', { 'metadata.name': 'A' }, ['metadata.name', `Invalid value: "A": ${SUBDOMAIN}`]],
      ['a name with a space', { 'metadata.name': 'a b' }, ['metadata.name', `Invalid value: "a b": ${SUBDOMAIN}`]],
    ],
  },
  Event: {
    path: '/api/v1/namespaces/default/events',
    kind: 'Event',
    manifest: { metadata: { name: 'x' }, involvedObject: { namespace: 'default' } },
    cases: [
      [
        'an object elsewhere',
        { 'involvedObject.namespace': 'other' },
        ['involvedObject.namespace', 'Invalid value: "other": does not match event.namespace'],
      ],
    ],
  },
  'Event of events.k8s.io': {
    path: '/apis/events.k8s.io/v1/namespaces/default/events',
    kind: 'Event.events.k8s.io',
    manifest: {
      metadata: { name: 'y' },
      action: 'a',
      reason: 'r',
      eventTime: '2024-01-02T03:04:05.000006Z',
      regarding: { namespace: 'default' },
      reportingController: 'example.com/c',
      reportingInstance: 'i',
      type: 'Normal',
    },
    cases: [
      ['no time', { eventTime: undefined }, ['eventTime', 'Required value']],
      [
        'no controller',
        { reportingController: '' },
        ['reportingController', 'Required value'],
        ['reportingController', 'Invalid value: "": name part must be non-empty'],
        ['reportingController', `Invalid value: "": ${QUALIFIED_NAME}`],
      ],
      [
        'a controller with a space',
        { reportingController: 'a b' },
        ['reportingController', `Invalid value: "a b": ${QUALIFIED_NAME}`],
      ],
      ['no instance', { reportingInstance: '' }, ['reportingInstance', 'Required value']],
      ['no action', { action: '' }, ['action', 'Required value']],
      ['no reason', { reason: '' }, ['reason', 'Required value']],
      ['an unknown type', { type: 'Error' }, ['type', 'Invalid value: "": has invalid value: Error']],
      ['an old count', { deprecatedCount: 2 }, ['count', 'Invalid value: "": needs to be unset']],
      ['a long note', { note: 'x'.repeat(1025) }, ['message', 'Invalid value: "": can have at most 1024 characters']],
      [
        'a series of one',
        { series: { count: 1, lastObservedTime: '2024-01-02T03:05:05.000007Z' } },
        ['series.count', 'Invalid value: "": should be at least 2'],
      ],
    ],
  },
  Lease: {
    path: '/apis/coordination.k8s.io/v1/namespaces/default/leases',
    kind: 'Lease.coordination.k8s.io',
    manifest: { metadata: { name: 'x' }, spec: {} },
    cases: [
      [
        'no duration',
        { 'spec.leaseDurationSeconds': 0 },
        ['spec.leaseDurationSeconds', 'Invalid value: 0: must be greater than 0'],
      ],
      [
        'transitions below 0',
        { 'spec.leaseTransitions': -1 },
        ['spec.leaseTransitions', 'Invalid value: -1: must be greater than or equal to 0'],
      ],
      ['a name in capitals', { 'metadata.name': 'A' }, ['metadata.name', `Invalid value: "A": ${SUBDOMAIN}`]],
    ],
  },
  Namespace: {
    path: '/api/v1/namespaces',
    kind: 'Namespace',
    manifest: { metadata: { name: 'x' } },
    cases: [
      [
        'a name with a dot',
        { 'metadata.name': 'a.b' },
        ['metadata.name', 'Invalid value: "a.b": must not contain dots'],
      ],
      [
        'a finalizer without a domain',
        { 'spec.finalizers': ['mine'] },
        [
          'spec.finalizers',
          'Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
        ],
      ],
    ],
  },
  Node: {
    path: '/api/v1/nodes',
    kind: 'Node',
    manifest: { metadata: { name: 'x' } },
    cases: [
      [
        'a range of pods that is none',
        { 'spec.podCIDR': 'x', 'spec.podCIDRs': ['x'] },
        ['spec.podCIDRs[0]', 'Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
      ],
      [
        'two ranges of one family',
        { 'spec.podCIDR': '10.1.0.0/24', 'spec.podCIDRs': ['10.1.0.0/24', '10.2.0.0/24'] },
        [
          'spec.podCIDRs',
          'Invalid value: ["10.1.0.0/24","10.2.0.0/24"]: may specify no more than one CIDR for each IP family',
        ],
      ],
      [
        'a taint without a key',
        { 'spec.taints': [{ key: '', effect: 'NoSchedule' }] },
        ['spec.taints[0].key', 'Invalid value: "": name part must be non-empty'],
        ['spec.taints[0].key', `Invalid value: "": ${QUALIFIED_NAME}`],
      ],
      [
        'an unknown taint effect',
        { 'spec.taints': [{ key: 'a', effect: 'Never' }] },
        [
          'spec.taints[0].effect',
          'Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
        ],
      ],
      [
        'a taint twice',
        {
          'spec.taints': [
            { key: 'a', effect: 'NoSchedule' },
            { key: 'a', value: 'b', effect: 'NoSchedule' },
          ],
        },
        ['spec.taints[1]', 'Duplicate value: {"Key":"a","Value":"b","Effect":"NoSchedule","TimeAdded":null}'],
      ],
      [
        'a taint value with a space',
        { 'spec.taints': [{ key: 'a', value: 'b c', effect: 'NoSchedule' }] },
        ['spec.taints[0].value', `Invalid value: "b c": ${LABEL_VALUE}`],
      ],
    ],
  },
};
