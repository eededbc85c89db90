import type { FieldError } from '../errors.js';
import type { ReplicationController } from '../generated/types.js';
import { selectorFromLabels } from '../labels/selector.js';
import type { DeepReadonly } from '../object.js';
import { required } from './field-error.js';
import { validatePodsRunOn, validateTemplateIsSelected } from './pod/controller-template.js';
import { validatePodTemplate } from './pod/pod-template.js';
import { nonNegative } from './values.js';

export function validateReplicationController({ spec = {} }: DeepReadonly<ReplicationController>): FieldError[] {
  const { template } = spec;
  const selector = selectorFromLabels(spec.selector);
  return [
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...(selector.isEmpty ? [required('spec.selector')] : []),
    ...nonNegative('spec.replicas', spec.replicas),
    ...(template === undefined
      ? [required('spec.template')]
      : [
          ...validateTemplateIsSelected(selector, template, 'spec.template'),
          ...validatePodTemplate(template, 'spec.template'),
          ...validatePodsRunOn(template, 'ReplicationController', 'spec.template'),
        ]),
  ];
}
