import { validateLabels } from '@kubelab/api';
import { parseDuration } from '@kubelab/runtime';
import { checkTemplate } from './check-template.js';
import type { LabelStrategy, Operation, Template } from './workload.js';
import type { YamlField } from './yaml-field.js';

/** What operations refer to. */
export interface OperationScope {
  readonly params: Readonly<Record<string, number | string>>;
  readonly defaultPodTemplate: Template | undefined;
  /** Reads a template's file; the path is relative to the workload's. */
  template(path: YamlField): Template;
}

type Reader = (field: YamlField, scope: OperationScope) => Operation;

const READERS: Readonly<Record<Operation['opcode'], Reader>> = {
  createNodes(field, scope) {
    const known = [...COUNT, 'nodeTemplatePath', 'nodeTemplate', 'labelNodePrepareStrategy'] as const;
    const fields = field.fields(['opcode', ...known]);
    const template = templateIn(fields.nodeTemplatePath, fields.nodeTemplate, scope, 'Node');
    const label = labelStrategy(fields.labelNodePrepareStrategy);
    const count = countIn(field, scope);
    return { opcode: 'createNodes', count, ...(template ? { template } : {}), ...(label ? { label } : {}) };
  },
  createNamespaces(field, scope) {
    const fields = field.fields(['opcode', ...COUNT, 'prefix', 'namespaceTemplatePath', 'namespaceTemplate']);
    const template = templateIn(fields.namespaceTemplatePath, fields.namespaceTemplate, scope, 'Namespace');
    const prefix = namespaceName(fields.prefix);
    return { opcode: 'createNamespaces', prefix, count: countIn(field, scope), ...(template ? { template } : {}) };
  },
  createPods(field, scope) {
    const own = ['podTemplatePath', 'podTemplate', 'namespace', 'collectMetrics', 'skipWaitToCompletion'] as const;
    const fields = field.fields(['opcode', ...COUNT, ...own]);
    const template =
      templateIn(fields.podTemplatePath, fields.podTemplate, scope, 'Pod') ??
      scope.defaultPodTemplate ??
      field.fail('needs a podTemplatePath or a podTemplate, where the workload has no defaultPodTemplatePath');
    const collectMetrics = fields.collectMetrics.boolean(false);
    const skipWaitToCompletion = fields.skipWaitToCompletion.boolean(false);
    if (collectMetrics && skipWaitToCompletion)
      fields.skipWaitToCompletion.fail(
        'cannot be true along with collectMetrics: what is measured ends when all are scheduled',
      );
    const count = countIn(field, scope);
    return {
      opcode: 'createPods',
      count,
      template,
      collectMetrics,
      skipWaitToCompletion,
      ...namespaceIn(fields.namespace),
    };
  },
  createAny(field, scope) {
    const fields = field.fields(['opcode', 'templatePath', 'template', 'namespace']);
    const template =
      templateIn(fields.templatePath, fields.template, scope) ?? field.fail('needs a templatePath or a template');
    return { opcode: 'createAny', template, ...namespaceIn(fields.namespace) };
  },
  deletePods(field) {
    const own = ['namespace', 'labelSelector', 'deletePodsPerSecond', 'skipWaitToCompletion'] as const;
    const fields = field.fields(['opcode', ...own]);
    return {
      opcode: 'deletePods',
      namespace: namespaceName(fields.namespace),
      labelSelector: labelsIn(fields.labelSelector),
      skipWaitToCompletion: fields.skipWaitToCompletion.boolean(false),
      ...(fields.deletePodsPerSecond.present ? { podsPerSecond: positive(fields.deletePodsPerSecond) } : {}),
    };
  },
  churn(field, scope) {
    const own = ['mode', 'number', 'intervalMilliseconds', 'templatePaths', 'templates', 'namespace'] as const;
    const fields = field.fields(['opcode', ...own]);
    const templates = [
      ...fields.templatePaths.items().map((path) => scope.template(path)),
      ...fields.templates.items().map((template) => readTemplate(template)),
    ];
    if (templates.length === 0) field.fail('needs templatePaths or templates');
    const mode = fields.mode.oneOf(['create', 'recreate']);
    const number = fields.number.present ? fields.number.count() : 0;
    if (mode === 'recreate' && number === 0) field.fail('number must be 1 or more where mode is recreate');
    const intervalMs = fields.intervalMilliseconds.present ? positive(fields.intervalMilliseconds) : 500;
    return { opcode: 'churn', mode, number, intervalMs, templates, ...namespaceIn(fields.namespace) };
  },
  barrier(field) {
    const fields = field.fields(['opcode', 'namespaces', 'labelSelector', 'stageRequirement']);
    return {
      opcode: 'barrier',
      namespaces: fields.namespaces.items().map((each) => each.text()),
      labelSelector: labelsIn(fields.labelSelector),
      stage: fields.stageRequirement.oneOf(['Scheduled', 'Attempted'], 'Scheduled'),
    };
  },
  sleep(field, scope) {
    const { duration, durationParam } = field.fields(['opcode', 'duration', 'durationParam']);
    const text = durationParam.present ? paramIn(durationParam, scope) : duration.text();
    try {
      return { opcode: 'sleep', durationMs: parseDuration(String(text)) };
    } catch (error) {
      return (durationParam.present ? durationParam : duration).fail((error as Error).message);
    }
  },
  startCollectingMetrics(field) {
    const fields = field.fields(['opcode', 'name', 'namespaces', 'labelSelector']);
    return {
      opcode: 'startCollectingMetrics',
      name: fields.name.text(),
      namespaces: fields.namespaces.items().map((each) => each.text()),
      labelSelector: labelsIn(fields.labelSelector),
    };
  },
  stopCollectingMetrics(field) {
    field.fields(['opcode']);
    return { opcode: 'stopCollectingMetrics' };
  },
};

const COUNT = ['count', 'countParam'] as const;
const MOST_OBJECTS = 1_000_000;
const OPCODES = Object.keys(READERS) as Operation['opcode'][];

/** One element of a workload's template. Throws WorkloadError. */
export function readOperation(field: YamlField, scope: OperationScope): Operation {
  return READERS[field.at('opcode').oneOf(OPCODES)](field, scope);
}

/** An object with apiVersion and kind, right as far as can be told without a cluster. */
export function readTemplate(field: YamlField, kind?: string): Template {
  for (const name of ['apiVersion', 'kind']) field.at(name).text();
  const template = field.value as Template;
  if (kind !== undefined && template.kind !== kind) field.at('kind').fail(`must be ${kind}`);
  checkTemplate(field);
  return template;
}

function templateIn(path: YamlField, inline: YamlField, scope: OperationScope, kind?: string): Template | undefined {
  if (inline.present) return readTemplate(inline, kind);
  if (!path.present) return undefined;
  const template = scope.template(path);
  if (kind !== undefined && template.kind !== kind) path.fail(`is a ${template.kind}, not a ${kind}`);
  return template;
}

function countIn(field: YamlField, scope: OperationScope): number {
  const param = field.at('countParam');
  const given = field.at('count');
  if (!param.present) return atMost(given, given.count());
  if (given.present) given.fail('cannot be given along with countParam');
  const count = paramIn(param, scope);
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0) return atMost(param, count);
  return param.fail(`must be a whole number, not ${count}`);
}

function atMost(field: YamlField, count: number): number {
  return count <= MOST_OBJECTS ? count : field.fail(`${count} are too many: ${MOST_OBJECTS} at the most`);
}

/** `$initNodes` is the parameter initNodes. */
function paramIn(field: YamlField, scope: OperationScope): number | string {
  const name = field.text().replace(/^\$/, '');
  return (
    scope.params[name] ??
    field.fail(`there is no parameter "${name}"; there are ${Object.keys(scope.params).join(', ') || 'none'}`)
  );
}

function positive(field: YamlField): number {
  const number = field.count();
  return number > 0 ? number : field.fail('must be 1 or more');
}

function labelStrategy(field: YamlField): LabelStrategy | undefined {
  if (!field.present) return undefined;
  const { labelKey, labelValues } = field.fields(['labelKey', 'labelValues']);
  const values = labelValues.items().map((value) => value.text());
  if (values.length === 0) labelValues.fail('must name a value');
  const key = labelKey.text();
  for (const [index, value] of values.entries()) {
    const [error] = validateLabels({ [key]: value }, '');
    if (error)
      (error.message?.includes(JSON.stringify(key)) ? labelKey : labelValues.at(index)).fail(error.message ?? '');
  }
  return { key, values };
}

/** Only matchLabels: that is what can be told from a pod's labels at a glance. */
function labelsIn(field: YamlField): Record<string, string> {
  return field.present ? field.fields(['matchLabels']).matchLabels.texts() : {};
}

function namespaceIn(field: YamlField): { namespace?: string } {
  return field.present ? { namespace: namespaceName(field) } : {};
}

/** RFC 1123's label, as names of namespaces are. */
function namespaceName(field: YamlField): string {
  const name = field.text();
  if (name.length > 63 || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))
    field.fail(`"${name}" is no name of a namespace: lower case letters, digits and dashes, 63 at the most`);
  return name;
}
