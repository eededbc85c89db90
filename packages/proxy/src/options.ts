import { clientOptions, commonOptions, type OptionSpecification, type Options } from '@kubelab/runtime';

export const proxyOptions = {
  ...commonOptions,
  ...clientOptions,
  'node-name': { kind: 'string', required: true, help: 'name of the Node whose network namespace this is' },
  'proxy-mode': {
    kind: 'string',
    choices: ['nftables', 'iptables'],
    default: 'nftables',
    help: 'how Services become packet rules',
  },
  'healthz-bind-address': {
    kind: 'string',
    help: 'HOST:PORT that tells load balancers over HTTP, on /healthz, whether the rules are up to date; absent: not served',
  },
  'cluster-cidr': { kind: 'string', default: '10.244.0.0/16', help: "the pods' addresses" },
  'service-cluster-ip-range': { kind: 'string', default: '10.96.0.0/12', help: "the Services' addresses" },
  'verify-period': {
    kind: 'duration',
    default: 30_000,
    help: "how often the kernel's rules are read back and mended",
  },
} as const satisfies OptionSpecification;

export type ProxyOptions = Options<typeof proxyOptions>;
