import { clientOptions, commonOptions, type OptionSpecification, type Options } from '@kubelab/runtime';

/** The kubelet's flags. */
export const kubeletOptions = {
  ...commonOptions,
  ...clientOptions,
  'node-name': { kind: 'string', required: true, help: 'name of the Node object' },
  'node-ip': { kind: 'string', required: true, help: 'address by which the apiserver and other nodes reach this one' },
  'node-labels': { kind: 'list', help: 'KEY=VALUE labels to add when registering the node' },
  'cluster-name': { kind: 'string', required: true, help: 'whose containers are ours: the label kubelab.cluster' },
  'docker-host': {
    kind: 'string',
    default: 'unix:///var/run/docker.sock',
    help: 'the container engine: unix:///PATH or tcp://HOST:PORT',
  },
  'root-dir': {
    kind: 'string',
    required: true,
    help: "directory for pods' volumes and the node's state; the same path on the machine",
  },
  'cni-bin-dir': { kind: 'string', default: '/usr/lib/cni', help: 'directory of the CNI plugins' },
  'cni-conf-dir': { kind: 'string', required: true, help: "directory of the node's CNI configuration" },
  'pod-network-mode': {
    kind: 'string',
    choices: ['auto', 'host-gw', 'vxlan'],
    default: 'auto',
    help: "how other nodes' pods are reached",
  },
  port: { kind: 'number', default: 10250, help: 'port of the gRPC service for the apiserver' },
  'network-cert-file': {
    kind: 'string',
    help: 'PEM file with the certificate by which the node network reads the other nodes, as a kubelet may not; absent: there are none',
  },
  'network-key-file': { kind: 'string', help: 'PEM file with its private key' },
  'pause-image': { kind: 'string', default: 'kubelab/pause:1', help: "image of the pods' sandboxes" },
  'node-container': {
    kind: 'string',
    help: "container whose network namespace is the node's: host-network pods join it; absent: the machine's own",
  },
  'serving-cert-file': { kind: 'string', required: true, help: "PEM file with the kubelet's serving certificate" },
  'serving-key-file': { kind: 'string', required: true, help: "PEM file with the serving certificate's key" },
  'client-ca-file': { kind: 'string', required: true, help: 'PEM file with the authority of those who may ask' },
  'cluster-dns': { kind: 'list', help: 'addresses of the cluster DNS, for pods of dnsPolicy ClusterFirst' },
  'cluster-domain': { kind: 'string', default: 'cluster.local', help: 'domain of the cluster' },
  'allowed-unsafe-sysctls': {
    kind: 'list',
    help: 'kernel parameters that pods may set beyond the safe ones; a name may end in *',
  },
  'max-pods': { kind: 'number', default: 110, help: 'how many pods the node takes' },
  'max-parallel-image-pulls': { kind: 'number', default: 3, help: 'how many images are pulled at a time' },
  'engine-concurrency': {
    kind: 'number',
    default: 8,
    help: 'how many starts and removals the engine is asked for at a time',
  },
  'endpoint-drain-period': {
    kind: 'duration',
    default: 500,
    help: 'how long a ready pod with ports goes on after its deletion, while the proxies hear of it',
  },
  'container-log-max-size-bytes': {
    kind: 'number',
    default: 10 * 1024 * 1024,
    help: "size at which a container's log begins a new file",
  },
  'container-log-max-files': { kind: 'number', default: 5, help: 'how many files of a log are kept' },
} as const satisfies OptionSpecification;

export type KubeletOptions = Options<typeof kubeletOptions>;
