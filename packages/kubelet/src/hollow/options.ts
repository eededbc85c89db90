import { clientOptions, commonOptions, type OptionSpecification, type Options } from '@kubelab/runtime';

/** The flags of a process of hollow nodes. Durations marked as ranges take `500ms` or `1s..5s`. */
export const hollowOptions = {
  ...commonOptions,
  ...clientOptions,
  nodes: { kind: 'number', required: true, help: 'how many nodes' },
  check: { kind: 'boolean', help: 'only say whether the flags make sense' },
  'node-name-prefix': { kind: 'string', default: 'hollow-', help: 'nodes are named PREFIX1, PREFIX2, …' },
  'node-ip': {
    kind: 'string',
    required: true,
    help: 'address of all its nodes, where the apiserver reaches this process',
  },
  port: { kind: 'number', default: 10350, help: 'port of the gRPC service for the apiserver; 0: none is served' },
  'serving-cert-file': { kind: 'string', help: "PEM file with the service's certificate" },
  'serving-key-file': { kind: 'string', help: "PEM file with that certificate's key" },
  'client-ca-file': { kind: 'string', help: 'PEM file with the authority of those who may ask' },
  cpu: { kind: 'number', default: 32, help: 'CPUs of a node' },
  memory: { kind: 'string', default: '256Gi', help: 'memory of a node' },
  storage: { kind: 'string', default: '512Gi', help: 'ephemeral storage of a node' },
  pods: { kind: 'number', default: 110, help: 'pods that a node takes' },
  labels: { kind: 'list', help: 'KEY=VALUE labels of every node' },
  taints: { kind: 'list', help: 'KEY=VALUE:EFFECT taints that nodes are registered with' },
  zones: {
    kind: 'number',
    default: 3,
    help: 'zones that nodes are spread over (topology.kubernetes.io/zone); 0: none',
  },
  'pod-cidr': {
    kind: 'string',
    default: '100.64.0.0/10',
    help: "range that nodes take their podCIDRs from; empty: the cluster's controller gives them out",
  },
  'node-lease-duration': { kind: 'duration', default: 40_000, help: "leaseDurationSeconds of the nodes' leases" },
  'node-lease-renew-interval': {
    kind: 'duration',
    default: 0,
    help: 'how often a lease is renewed; 0: every 10 s, with more than 5,000 nodes 500 leases a second',
  },
  'node-status-report-interval': { kind: 'duration', default: 300_000, help: 'how often a status is written at least' },
  seed: { kind: 'string', default: 'kubelab', help: 'the same seed gives the same behaviour' },
  'start-delay': { kind: 'string', default: '0s', help: 'range: how long a container takes to start' },
  'ready-delay': { kind: 'string', default: '0s', help: 'range: how long after that it is ready' },
  'run-time': {
    kind: 'string',
    default: '',
    help: 'range: how long containers of pods with restartPolicy Always run; empty: until they are stopped',
  },
  'completion-time': { kind: 'string', default: '1s', help: 'range: the same of pods with another restartPolicy' },
  'stop-delay': { kind: 'string', default: '0s', help: 'range: how long a container takes to stop' },
  'exit-code': { kind: 'number', default: 0, help: 'of containers that end by themselves' },
  'failure-rate': { kind: 'number', default: 0, help: 'share of runs, 0 to 1, that end with exit code 1' },
  'start-failure-rate': { kind: 'number', default: 0, help: 'share of starts, 0 to 1, that are refused' },
  images: { kind: 'list', help: 'images that are present from the start; absent: all are, and none is ever pulled' },
  'pull-time': { kind: 'string', default: '2s..5s', help: 'range: how long the pull of an image takes' },
  'event-qps': { kind: 'number', default: 20, help: 'events written a second, by all nodes together; 0: none' },
  'event-burst': { kind: 'number', default: 1_000, help: 'events that may come at once' },
} as const satisfies OptionSpecification;

export type HollowOptions = Options<typeof hollowOptions>;
