import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { leaderElectionOptions } from '@kubelab/client';
import { clientOptions, commonOptions, type OptionSpecification, type Options } from '@kubelab/runtime';

export const schedulerOptions = {
  ...commonOptions,
  ...clientOptions,
  'leader-elect': {
    kind: 'boolean',
    default: true,
    help: 'work only while holding the lease kube-system/kube-scheduler',
  },
  'leader-elect-identity': {
    kind: 'string',
    default: `${hostname()}_${randomUUID()}`,
    help: 'name of this candidate, different from all others; one that stays the same over restarts resumes at once',
  },
  ...leaderElectionOptions,
  'percentage-of-nodes-to-score': {
    kind: 'number',
    default: 0,
    help: 'share of feasible nodes to look for; 0 adapts it to the number of nodes',
  },
  config: {
    kind: 'string',
    help: 'YAML file with a kubescheduler.config.k8s.io/v1 KubeSchedulerConfiguration; what it says goes before flags',
  },
  'plugin-module': {
    kind: 'list',
    help: 'ES modules with plugins of your own (`export const plugins`), for profiles to use by name',
  },
  'decision-history': {
    kind: 'number',
    default: 200,
    help: 'how many of the last decisions are kept in full for `kubelab why`; 0: only those of pods that ask',
  },
} as const satisfies OptionSpecification;

export type SchedulerOptions = Options<typeof schedulerOptions>;
