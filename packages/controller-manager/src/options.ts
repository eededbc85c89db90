import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { leaderElectionOptions } from '@kubelab/client';
import { clientOptions, commonOptions, type OptionSpecification, type Options } from '@kubelab/runtime';

export const controllerManagerOptions = {
  ...commonOptions,
  ...clientOptions,
  'leader-elect': {
    kind: 'boolean',
    default: true,
    help: 'work only while holding the lease kube-system/kube-controller-manager',
  },
  'leader-elect-identity': {
    kind: 'string',
    default: `${hostname()}_${randomUUID()}`,
    help: 'name of this candidate, different from all others; one that stays the same over restarts resumes at once',
  },
  ...leaderElectionOptions,
  'root-ca-file': { kind: 'string', help: 'PEM certificate given to every namespace as ConfigMap kube-root-ca.crt' },
  'service-account-private-key-file': {
    kind: 'string',
    help: 'PEM file with the private key that signs the tokens kept in Secrets; absent: none are made',
  },
  'cluster-cidr': { kind: 'string', default: '10.244.0.0/16', help: "the pods' addresses, divided among the nodes" },
  'node-cidr-mask-size': { kind: 'number', default: 24, help: "prefix length of a node's share of them" },
  'node-monitor-grace-period': {
    kind: 'duration',
    default: 40_000,
    help: 'silence after which a node is taken for unreachable',
  },
  'node-startup-grace-period': {
    kind: 'duration',
    default: 60_000,
    help: 'the same for a node that has not reported at all yet',
  },
  'terminated-pod-gc-threshold': {
    kind: 'number',
    default: 12_500,
    help: 'how many terminated pods are kept; 0: all',
  },
} as const satisfies OptionSpecification;

export type ControllerManagerOptions = Options<typeof controllerManagerOptions>;
