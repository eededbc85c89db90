import type { ResourceType } from '../../resource.js';
import { resourceTable } from '../table.js';
import { cronJobsV1beta1 } from './cron-job-v1beta1.js';
import { eventsEvents } from './events-event.js';
import { horizontalPodAutoscalersV1 } from './horizontal-pod-autoscaler-v1.js';
import { podDisruptionBudgetsV1beta1 } from './pod-disruption-budget-v1beta1.js';

/** Other versions of stored kinds. */
const viewTable = [
  horizontalPodAutoscalersV1,
  eventsEvents,
  cronJobsV1beta1,
  podDisruptionBudgetsV1beta1,
] as unknown as readonly ResourceType[];

/**
 * All that an apiserver answers for: `resourceTable`, in which each kind is
 * once, and after it the views, so that what is stored is what is preferred.
 */
export const servedResources: readonly ResourceType[] = [...resourceTable, ...viewTable];

export { cronJobsV1beta1, eventsEvents, horizontalPodAutoscalersV1, podDisruptionBudgetsV1beta1 };
