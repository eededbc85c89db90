import type { FieldError } from '../../errors.js';
import type { LabelSelector, PodTemplateSpec } from '../../generated/types.js';
import { type Selector, selectorFromObject } from '../../labels/selector.js';
import type { DeepReadonly } from '../../object.js';
import { forbidden, invalidValue, notSupported, required } from '../field-error.js';
import { validateLabelSelector } from '../label-selector.js';
import { validateAnnotations, validateLabels } from '../object-meta.js';
import { validatePodSpec } from './pod-spec.js';

type Template = DeepReadonly<PodTemplateSpec>;

/** Selector and template of a Deployment or ReplicaSet: they must fit each other, and the pods must restart. */
export function validateSelectorAndTemplate(
  selector: DeepReadonly<LabelSelector> | undefined,
  template: Template | undefined,
  path: string,
): FieldError[] {
  const selectorPath = `${path}.selector`;
  const errors = selector === undefined ? [required(selectorPath)] : validateLabelSelector(selector, selectorPath);
  if (selector !== undefined && isEmptySelector(selector)) {
    errors.push(invalidValue(selectorPath, selector, 'empty selector is invalid for deployment'));
  }
  const compiled = compileOrUndefined(selector);
  if (compiled === undefined) return [...errors, invalidValue(selectorPath, selector, 'invalid label selector')];
  return [...errors, ...validateReplicaTemplate(template, compiled, `${path}.template`)];
}

function isEmptySelector({ matchLabels = {}, matchExpressions = [] }: DeepReadonly<LabelSelector>): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

function compileOrUndefined(selector: DeepReadonly<LabelSelector> | undefined): Selector | undefined {
  try {
    return selectorFromObject(selector);
  } catch {
    // validateLabelSelector has said what is wrong with it.
    return undefined;
  }
}

function validateReplicaTemplate(template: Template | undefined, selector: Selector, path: string): FieldError[] {
  if (template === undefined) return [required(path)];
  const errors: FieldError[] = [];
  const labels = template.metadata?.labels;
  if (!selector.isEmpty && !selector.matches(labels)) {
    const text = '`selector` does not match template `labels`';
    errors.push(invalidValue(`${path}.metadata.labels`, labels, text));
  }
  errors.push(...validatePodTemplate(template, path));
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  if (template.spec !== undefined && restartPolicy !== 'Always') {
    errors.push(notSupported(`${path}.spec.restartPolicy`, restartPolicy ?? '', ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const text = 'activeDeadlineSeconds in ReplicaSet is not Supported';
    errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, text));
  }
  return errors;
}

/** A pod as a controller will make it. */
export function validatePodTemplate(template: Template, path: string): FieldError[] {
  const errors = [
    ...validateLabels(template.metadata?.labels, `${path}.metadata.labels`),
    ...validateAnnotations(template.metadata?.annotations, `${path}.metadata.annotations`),
    ...validatePodSpec(template.spec, `${path}.spec`),
  ];
  if ((template.spec?.ephemeralContainers ?? []).length > 0) {
    errors.push(forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  }
  return errors;
}
