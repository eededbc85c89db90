import type { FieldError } from '../errors.js';
import type { Affinity, Job, JobSpec, PodTemplateSpec } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { invalidValue } from './field-error.js';
import { immutableField } from './values.js';

type Spec = DeepReadonly<JobSpec>;
type Template = DeepReadonly<PodTemplateSpec>;

/** What an update of a Job may not change. */
export function validateJobUpdate(job: DeepReadonly<Job>, old: DeepReadonly<Job>): FieldError[] {
  const { spec, status } = { spec: job.spec ?? ({} as Spec), status: old.status };
  const oldSpec = old.spec ?? ({} as Spec);
  const isMovable = oldSpec.suspend === true && status?.startTime === undefined;
  const oldTemplate = isMovable ? withSchedulingOf(oldSpec.template ?? {}, spec.template ?? {}) : oldSpec.template;
  return [
    ...validateCompletions(spec, oldSpec),
    ...immutableField('spec.selector', spec.selector, oldSpec.selector),
    ...immutableField('spec.template', spec.template, oldTemplate),
    ...immutableField('spec.completionMode', spec.completionMode, oldSpec.completionMode),
    ...immutableField('spec.podFailurePolicy', spec.podFailurePolicy, oldSpec.podFailurePolicy),
    ...immutableField('spec.backoffLimitPerIndex', spec.backoffLimitPerIndex, oldSpec.backoffLimitPerIndex),
    ...immutableField('spec.managedBy', spec.managedBy, oldSpec.managedBy),
    ...immutableField('spec.successPolicy', spec.successPolicy, oldSpec.successPolicy),
  ];
}

/** Only an Indexed Job may be resized, and only together with its parallelism (KEP-3715). */
function validateCompletions(spec: Spec, old: Spec): FieldError[] {
  const { completions, parallelism, completionMode } = spec;
  if (completionMode !== 'Indexed') return immutableField('spec.completions', completions, old.completions);
  if (completions === undefined || completions === old.completions || completions === parallelism) return [];
  return [invalidValue('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')];
}

/** The old template, with what may still change before a suspended Job has started (KEP-2926). */
function withSchedulingOf(old: Template, template: Template): Template {
  const { nodeSelector, tolerations, schedulingGates, affinity } = template.spec ?? {};
  return {
    ...old,
    metadata: { ...old.metadata, labels: template.metadata?.labels, annotations: template.metadata?.annotations },
    spec: {
      containers: [],
      ...old.spec,
      nodeSelector,
      tolerations,
      schedulingGates,
      affinity: withNodeAffinityOf(old.spec?.affinity, affinity),
    },
  } as Template;
}

function withNodeAffinityOf(
  old: DeepReadonly<Affinity> | undefined,
  affinity: DeepReadonly<Affinity> | undefined,
): DeepReadonly<Affinity> {
  const { nodeAffinity: _mayChange, ...kept } = old ?? {};
  return affinity?.nodeAffinity === undefined ? kept : { ...kept, nodeAffinity: affinity.nodeAffinity };
}
