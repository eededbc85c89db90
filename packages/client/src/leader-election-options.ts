import type { OptionSpecification } from '@kubelab/runtime';

/** How leadership is kept: Kubernetes' flags and defaults (component-base, LeaderElectionConfiguration). */
export const leaderElectionOptions = {
  'leader-elect-lease-duration': {
    kind: 'duration',
    default: 15_000,
    help: 'how long others wait after the last renewal that they saw',
  },
  'leader-elect-renew-deadline': {
    kind: 'duration',
    default: 10_000,
    help: 'a leader that could not renew for so long gives up; shorter than the lease duration',
  },
  'leader-elect-retry-period': { kind: 'duration', default: 2_000, help: 'how often the lease is renewed' },
} as const satisfies OptionSpecification;
