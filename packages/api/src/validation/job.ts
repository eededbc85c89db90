import type { FieldError } from '../errors.js';
import type { Job, JobSpec, JobTemplateSpec } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { invalidEach, invalidValue, notSupported, quote, required, tooLong } from './field-error.js';
import { validatePodFailurePolicy, validateSuccessPolicy } from './job-policies.js';
import { validateLabelSelector } from './label-selector.js';
import { byteLength, checkDnsLabel, checkDnsSubdomain } from './names.js';
import { compileSelector, validateTemplateIsSelected } from './pod/controller-template.js';
import { validatePodTemplate } from './pod/pod-template.js';
import { nonNegative } from './values.js';

type Spec = DeepReadonly<JobSpec>;

/** The labels by which a Job finds its pods; the first two are the older names. */
export const CONTROLLER_UID_LABELS = ['controller-uid', 'batch.kubernetes.io/controller-uid'] as const;
export const JOB_NAME_LABELS = ['job-name', 'batch.kubernetes.io/job-name'] as const;

const MAX_INDEXED_PARALLELISM = 100_000;
const MAX_FAILED_INDEXES = 100_000;
const MANY_COMPLETIONS = 100_000;
const MAX_WITH_MANY_COMPLETIONS = 10_000;
const MAX_MANAGED_BY_BYTES = 63;
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

export function validateJob(job: DeepReadonly<Job>): FieldError[] {
  const { spec, metadata } = job;
  if (spec === undefined) return [required('spec.template')];
  const { selector, template } = spec;
  const errors = [...validateGeneratedSelector(job), ...validateJobSpec(spec, 'spec')];
  if (selector === undefined) errors.push(required('spec.selector'));
  else errors.push(...validateLabelSelector(selector, 'spec.selector'));
  errors.push(...validateTemplateIsSelected(compileSelector(selector), template, 'spec.template'));
  const name = metadata?.name ?? '';
  if (spec.completionMode === 'Indexed' && (spec.completions ?? 0) > 0) {
    const longest = `${name}-${(spec.completions ?? 0) - 1}`;
    if (checkDnsLabel(longest).length > 0) {
      const text = `will not able to create pod with invalid DNS label: ${longest}`;
      errors.push(invalidValue('metadata.name', name, text));
    }
  }
  return errors;
}

/** What the registry has generated must not contradict what the client has sent. */
function validateGeneratedSelector({ metadata, spec }: DeepReadonly<Job>): FieldError[] {
  if (spec?.manualSelector === true || spec?.selector === undefined) return [];
  const { uid = '', name = '' } = metadata ?? {};
  const labels = spec.template?.metadata?.labels ?? {};
  const [oldUid, newUid] = CONTROLLER_UID_LABELS;
  const [oldName, newName] = JOB_NAME_LABELS;
  const expected: Record<string, string> = { [oldUid]: uid, [oldName]: name, [newUid]: uid, [newName]: name };
  const errors = Object.entries(expected).flatMap(([key, value]) => {
    const path = `spec.template.metadata.labels[${key}]`;
    const present = labels[key];
    if (present === undefined) return [required(path, `must be '${value}'`)];
    return present === value ? [] : [invalidValue(path, labels, `must be '${value}'`)];
  });
  const selector = compileSelector(spec.selector);
  if (selector !== undefined && !selector.matches(expected)) {
    errors.push(invalidValue('spec.selector', spec.selector, '`selector` not auto-generated'));
  }
  return errors;
}

/** Of a CronJob: the selector is made with each Job. */
export function validateJobTemplate({ spec }: DeepReadonly<JobTemplateSpec>, path: string): FieldError[] {
  const errors = validateJobSpec(spec ?? ({} as Spec), `${path}.spec`);
  if (spec?.selector !== undefined) {
    errors.push(invalidValue(`${path}.spec.selector`, spec.selector, '`selector` will be auto-generated'));
  }
  if (spec?.manualSelector === true) {
    errors.push(notSupported(`${path}.spec.manualSelector`, true, ['nil', 'false']));
  }
  return errors;
}

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

function validateJobSpec(spec: Spec, path: string): FieldError[] {
  const errors = COUNTS.flatMap((field) => nonNegative(`${path}.${field}`, spec[field]));
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  if (spec.managedBy !== undefined) errors.push(...validateManagedBy(spec.managedBy, `${path}.managedBy`));
  errors.push(...validateCompletionMode(spec, path));
  if (spec.podFailurePolicy) errors.push(...validatePodFailurePolicy(spec, `${path}.podFailurePolicy`));
  if (spec.successPolicy) {
    const field = `${path}.successPolicy`;
    errors.push(
      ...(spec.completionMode === 'Indexed'
        ? validateSuccessPolicy(spec, field)
        : [invalidValue(field, innerSuccessPolicy(spec), 'requires indexed completion mode')]),
    );
  }
  return [
    ...errors,
    ...validateReplacement(spec, `${path}.podReplacementPolicy`),
    ...validatePodTemplate(spec.template ?? {}, `${path}.template`),
    ...validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`),
  ];
}

/** Kubernetes shows its inner type, whose fields are capitalized. */
function innerSuccessPolicy({ successPolicy }: Spec): unknown {
  return {
    Rules: (successPolicy?.rules ?? []).map(({ succeededIndexes = null, succeededCount = null }) => ({
      SucceededIndexes: succeededIndexes,
      SucceededCount: succeededCount,
    })),
  };
}

function validateManagedBy(value: string, path: string): FieldError[] {
  const errors = validateDomainPrefixedPath(value, path);
  if (byteLength(value) > MAX_MANAGED_BY_BYTES) errors.push(tooLong(path, MAX_MANAGED_BY_BYTES));
  return errors;
}

function validateDomainPrefixedPath(value: string, path: string): FieldError[] {
  if (value === '') return [required(path)];
  const slash = value.indexOf('/');
  const [host, rest] = [value.slice(0, Math.max(slash, 0)), value.slice(slash + 1)];
  if (host === '' || rest === '') {
    return [invalidValue(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = invalidEach(path, host, checkDnsSubdomain(host));
  if (!new RegExp(`^${HTTP_PATH}$`).test(rest)) {
    errors.push(invalidValue(path, rest, `Invalid path (regex used for validation is '${HTTP_PATH}')`));
  }
  return errors;
}

function validateCompletionMode(spec: Spec, path: string): FieldError[] {
  const { completionMode: mode = 'NonIndexed', maxFailedIndexes, backoffLimitPerIndex } = spec;
  if (mode === 'Indexed') return validateIndexed(spec, path);
  if (mode !== 'NonIndexed') return [notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed'])];
  return Object.entries({ backoffLimitPerIndex, maxFailedIndexes }).flatMap(([field, value]) =>
    value === undefined ? [] : [invalidValue(`${path}.${field}`, value, 'requires indexed completion mode')],
  );
}

function validateIndexed(spec: Spec, path: string): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const failed = maxFailedIndexes ?? 0;
  const [parallelismPath, failedPath] = [`${path}.parallelism`, `${path}.maxFailedIndexes`];
  const errors: FieldError[] = [];
  if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  if (parallelism > MAX_INDEXED_PARALLELISM) {
    const text = `must be less than or equal to ${MAX_INDEXED_PARALLELISM} when completion mode is Indexed`;
    errors.push(invalidValue(parallelismPath, parallelism, text));
  }
  if (completions !== undefined && failed > completions) {
    errors.push(invalidValue(failedPath, failed, 'must be less than or equal to completions'));
  }
  if (failed > MAX_FAILED_INDEXES) {
    errors.push(invalidValue(failedPath, failed, `must be less than or equal to ${MAX_FAILED_INDEXES}`));
  }
  if ((completions ?? 0) <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return errors;
  if (maxFailedIndexes === undefined) {
    errors.push(required(failedPath, `must be specified when completions is above ${MANY_COMPLETIONS}`));
  }
  const text = `must be less than or equal to ${MAX_WITH_MANY_COMPLETIONS} when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  if (parallelism > MAX_WITH_MANY_COMPLETIONS) errors.push(invalidValue(parallelismPath, parallelism, text));
  if (failed > MAX_WITH_MANY_COMPLETIONS) errors.push(invalidValue(failedPath, failed, text));
  return errors;
}

function validateReplacement({ podReplacementPolicy: policy, podFailurePolicy }: Spec, path: string): FieldError[] {
  const supported = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return policy === undefined || supported.includes(policy) ? [] : [notSupported(path, policy, supported)];
}

function validateRestartPolicy({ template, podFailurePolicy }: Spec, path: string): FieldError[] {
  const policy = template?.spec?.restartPolicy ?? '';
  const supported = ['OnFailure', 'Never'];
  if (policy === '' || policy === 'Always') {
    return [required(path, `valid values: ${supported.map(quote).join(', ')}`)];
  }
  if (!supported.includes(policy)) return [notSupported(path, policy, supported)];
  if (podFailurePolicy === undefined || policy === 'Never') return [];
  return [invalidValue(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}
