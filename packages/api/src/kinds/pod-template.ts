import type { PodTemplate } from '../generated/types.js';
import { column, containerColumns, formatLabels, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validatePodTemplate } from '../validation/pod/pod-template.js';
import { setPodSpecDefaults } from './pod-defaults.js';
import { podTemplateWarnings } from './pod-warnings.js';

export const podTemplates: ResourceType<PodTemplate> = {
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  singular: 'podtemplate',
  shortNames: [],
  categories: [],
  namespaced: true,
  definition: 'PodTemplate',
  subresources: [],
  columns: [
    nameColumn<PodTemplate>(),
    ...containerColumns<PodTemplate>(({ template }) => template?.spec?.containers ?? []).map((shown) => ({
      ...shown,
      priority: 0 as const,
    })),
    column('Pod Labels', 'string', 'The labels of the pods made from it.', ({ template }) => {
      return formatLabels(template?.metadata?.labels);
    }),
  ],
  selectableFields: {},
  strategy: {
    returnsDeletedObject: true,
    tracksGeneration: true,
    setDefaults({ template }) {
      if (template?.spec) setPodSpecDefaults(template.spec);
    },
    warnings: (object) => podTemplateWarnings(object.template, 'template', object, undefined),
    validate: ({ template }) => validatePodTemplate(template ?? {}, 'template'),
  },
};
