import type { FieldError } from '../../errors.js';
import type { LabelSelector, PodTemplateSpec } from '../../generated/types.js';
import { type Selector, selectorFromObject } from '../../labels/selector.js';
import type { DeepReadonly } from '../../object.js';
import { forbidden, invalidValue, notSupported } from '../field-error.js';

type Template = DeepReadonly<PodTemplateSpec>;

/** Undefined for one that cannot be read: `validateLabelSelector` has said what is wrong with it. */
export function compileSelector(selector: DeepReadonly<LabelSelector> | undefined): Selector | undefined {
  try {
    return selectorFromObject(selector);
  } catch {
    return undefined;
  }
}

export function isEmptySelector({ matchLabels = {}, matchExpressions = [] }: DeepReadonly<LabelSelector>): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

/** The pods that a template makes must be those that the selector selects. `path` is the template's. */
export function validateTemplateIsSelected(
  selector: Selector | undefined,
  template: Template | undefined,
  path: string,
): FieldError[] {
  const labels = template?.metadata?.labels;
  if (selector === undefined || selector.matches(labels)) return [];
  return [invalidValue(`${path}.metadata.labels`, labels, '`selector` does not match template `labels`')];
}

/** Pods that a controller keeps running: they always restart, and have no deadline. */
export function validatePodsRunOn(template: Template | undefined, kind: string, path: string): FieldError[] {
  // A template without pods has been found to lack its containers.
  if (template?.spec === undefined) return [];
  const { restartPolicy, activeDeadlineSeconds } = template.spec;
  const errors: FieldError[] = [];
  if (restartPolicy !== 'Always') {
    errors.push(notSupported(`${path}.spec.restartPolicy`, restartPolicy ?? '', ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const text = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, text));
  }
  return errors;
}
