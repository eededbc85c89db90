import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
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
  'percentage-of-nodes-to-score': {
    kind: 'number',
    default: 0,
    help: 'share of feasible nodes to look for; 0 adapts it to the number of nodes',
  },
} as const satisfies OptionSpecification;

export type SchedulerOptions = Options<typeof schedulerOptions>;
