import { commonOptions, type OptionSpecification, type Options, parseOptions } from '@kubelab/runtime';

export const apiserverOptions = {
  ...commonOptions,
  'etcd-servers': { kind: 'list', required: true, help: 'URLs of etcd: https://HOST:2379' },
  'etcd-ca-file': { kind: 'string', help: "PEM file with etcd's certificate authority" },
  'etcd-cert-file': { kind: 'string', help: 'PEM file with the certificate shown to etcd' },
  'etcd-key-file': { kind: 'string', help: 'PEM file with its private key' },
  'etcd-prefix': {
    kind: 'string',
    default: '/registry',
    help: 'before all keys in etcd; no other cluster may have the same',
  },
  'etcd-compaction-interval': {
    kind: 'duration',
    default: 300_000,
    help: 'how often etcd is asked to forget what is older than the time before; 0: never by this server',
  },
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
  'service-account-signing-key-file': {
    kind: 'string',
    help: 'PEM file with the private key that signs service account tokens; absent: none are given out',
  },
  'service-account-key-file': {
    kind: 'list',
    help: 'PEM files with keys that service account tokens may be signed with; absent: the signing key',
  },
  'service-account-issuer': {
    kind: 'list',
    default: ['https://kubernetes.default.svc.cluster.local'],
    help: 'issuer of service account tokens; the first is written, all are accepted',
  },
  'api-audiences': { kind: 'list', help: 'audiences of tokens that are meant for this API; absent: the issuers' },
  'service-account-max-token-expiration': {
    kind: 'duration',
    default: 0,
    help: 'longest life that a service account token is given; 0: as long as is asked for',
  },
  'service-account-extend-token-expiration': {
    kind: 'boolean',
    default: true,
    help: 'let tokens mounted into pods live a year, for programs that do not read them anew',
  },
  'service-account-jwks-uri': { kind: 'string', help: 'where the discovery document says that the keys are' },
  'token-auth-file': { kind: 'string', help: 'CSV file of tokens: token,user,uid,"group1,group2"' },
  'enable-bootstrap-token-auth': {
    kind: 'boolean',
    default: true,
    help: 'accept the tokens of Secrets of the type bootstrap.kubernetes.io/token in kube-system',
  },
  'authorization-mode': {
    kind: 'list',
    default: ['Node', 'RBAC'],
    help: 'who decides what may be done, in their order: Node, RBAC, AlwaysAllow, AlwaysDeny',
  },
  'anonymous-auth': {
    kind: 'boolean',
    default: false,
    help: 'let requests without credentials be system:anonymous; without it they may only ask for health',
  },
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
  'audit-policy-file': { kind: 'string', help: 'audit.k8s.io/v1 Policy; absent: nothing is audited' },
  'audit-log-path': { kind: 'string', help: 'file that audit events are written to; - for the standard output' },
  'audit-log-format': { kind: 'string', default: 'json', help: 'json or legacy' },
  'audit-log-maxsize': { kind: 'number', default: 0, help: 'mebibytes at which a new file is begun; 0: 100' },
  'audit-log-maxbackup': { kind: 'number', default: 0, help: 'how many older files are kept; 0: all' },
  'audit-log-maxage': { kind: 'number', default: 0, help: 'days that older files are kept; 0: for ever' },
  'enable-admission-plugins': {
    kind: 'list',
    default: [],
    help: 'admission plugins that are on besides the usual ones; the usual ones are all that there are',
  },
  'disable-admission-plugins': { kind: 'list', default: [], help: 'admission plugins that are off' },
} as const satisfies OptionSpecification;

export type ApiserverOptions = Options<typeof apiserverOptions>;

export function parseApiserverOptions(args: readonly string[]): ApiserverOptions {
  return parseOptions(args, apiserverOptions);
}
