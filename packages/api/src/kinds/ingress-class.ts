import type { IngressClass } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validateIngressClass, validateIngressClassUpdate } from '../validation/ingress-class.js';

function parametersText({ spec }: IngressClass): string {
  const parameters = spec?.parameters;
  if (parameters === undefined) return '<none>';
  const { apiGroup, kind, name } = parameters;
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`;
}

export const ingressClasses: ResourceType<IngressClass> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  shortNames: [],
  categories: [],
  namespaced: false,
  definition: 'IngressClass',
  subresources: [],
  columns: [
    nameColumn<IngressClass>(),
    column('Controller', 'string', 'Who serves the ingresses of the class.', ({ spec }) => spec?.controller ?? ''),
    column('Parameters', 'string', 'The object that tells the controller more.', parametersText),
    ageColumn<IngressClass>(),
  ],
  selectableFields: {},
  strategy: {
    tracksGeneration: true,
    setDefaults({ spec }) {
      if (spec?.parameters) spec.parameters.scope ??= 'Cluster';
    },
    validate: validateIngressClass,
    validateUpdate: validateIngressClassUpdate,
  },
};
