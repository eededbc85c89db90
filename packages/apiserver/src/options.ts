import { commonOptions, type OptionSpecification, type Options, parseOptions } from '@kubelab/runtime';

export const apiserverOptions = {
  ...commonOptions,
  'etcd-servers': { kind: 'list', required: true, help: 'URLs of etcd: https://HOST:2379' },
  'etcd-ca-file': { kind: 'string', help: "PEM file with etcd's certificate authority" },
  'etcd-cert-file': { kind: 'string', help: 'PEM file with the certificate shown to etcd' },
  'etcd-key-file': { kind: 'string', help: 'PEM file with its private key' },
  'bind-address': { kind: 'string', default: '0.0.0.0', help: 'address that both servers listen on' },
  'secure-port': { kind: 'number', default: 6443, help: 'port of REST over HTTPS; 0 takes a free one' },
  'grpc-port': { kind: 'number', default: 6444, help: 'port of gRPC; 0 takes a free one' },
  'advertise-address': {
    kind: 'string',
    required: true,
    help: 'IP at which the cluster reaches this server: the endpoint of the kubernetes Service',
  },
  'tls-cert-file': { kind: 'string', required: true, help: "PEM file with the servers' certificate" },
  'tls-key-file': { kind: 'string', required: true, help: 'PEM file with its private key' },
  'client-ca-file': { kind: 'string', required: true, help: 'PEM file with the authority of client certificates' },
  'kubelet-client-cert-file': { kind: 'string', help: 'PEM file with the certificate shown to kubelets' },
  'kubelet-client-key-file': { kind: 'string', help: 'PEM file with its private key' },
  'service-cluster-ip-range': { kind: 'string', default: '10.96.0.0/12', help: 'CIDR that ClusterIPs are taken from' },
  'service-node-port-range': { kind: 'string', default: '30000-32767', help: 'ports that NodePorts are taken from' },
  'event-ttl': { kind: 'duration', default: 3_600_000, help: 'how long Events are kept' },
  'max-requests-inflight': { kind: 'number', default: 400, help: 'reads worked on at a time over REST' },
  'max-mutating-requests-inflight': { kind: 'number', default: 200, help: 'writes worked on at a time over REST' },
  'request-timeout': {
    kind: 'duration',
    default: 60_000,
    help: 'how long a request may take, watches and streams apart',
  },
  'shutdown-delay': {
    kind: 'duration',
    default: 0,
    help: 'how long to go on serving after SIGTERM, while /readyz already fails',
  },
  'default-not-ready-toleration-seconds': {
    kind: 'number',
    default: 300,
    help: 'toleration of not-ready nodes given to pods',
  },
  'default-unreachable-toleration-seconds': {
    kind: 'number',
    default: 300,
    help: 'toleration of unreachable nodes given to pods',
  },
} as const satisfies OptionSpecification;

export type ApiserverOptions = Options<typeof apiserverOptions>;

export function parseApiserverOptions(args: readonly string[]): ApiserverOptions {
  return parseOptions(args, apiserverOptions);
}
