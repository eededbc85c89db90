import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type OperationScope, readOperation, readTemplate } from './read-operation.js';
import type { Operation, Template, Workload } from './workload.js';
import { parseYamlField, WorkloadError, type YamlField } from './yaml-field.js';

export interface ReadWorkloadOptions {
  /** `SchedulingBasic/500Nodes`, or the end of it: which of the file's. Absent: the only one there is. */
  readonly name?: string;
  /** Go before those that the file gives. */
  readonly params?: Readonly<Record<string, number | string>>;
}

/** One workload of a file in which each test case has several, with other parameters. */
interface Choice {
  readonly name: string;
  readonly testCase: Record<(typeof CASE_FIELDS)[number], YamlField>;
  readonly params: Record<string, number | string>;
}

const CASE_FIELDS = [
  'name',
  'description',
  'labels',
  'defaultPodTemplatePath',
  'workloadTemplate',
  'workloads',
] as const;

/**
 * Reads a file of test cases in the form of scheduler_perf's
 * performance-config.yaml: a list of them, or one alone.
 * @throws WorkloadError with file, line and field
 */
export function readWorkload(path: string, { name, params = {} }: ReadWorkloadOptions = {}): Workload {
  const document = parseYamlField(readText(path, path), path);
  const cases = Array.isArray(document.value) ? document.items() : [document];
  const choice = choose(cases.flatMap(choicesOf), name, path);
  const known = Object.keys(choice.params);
  const unknown = Object.keys(params).find((each) => !known.includes(each));
  if (unknown !== undefined)
    throw new WorkloadError(`${path}: ${choice.name} has no parameter "${unknown}"; there are ${known.join(', ')}`);
  const { workloadTemplate, defaultPodTemplatePath } = choice.testCase;
  const template = (field: YamlField): Template => readTemplateFile(field, dirname(path));
  const scope: OperationScope = {
    params: { ...choice.params, ...params },
    defaultPodTemplate: defaultPodTemplatePath.present ? template(defaultPodTemplatePath) : undefined,
    template,
  };
  const operations = workloadTemplate.items().map((field) => readOperation(field, scope));
  if (operations.length === 0) workloadTemplate.fail('must hold an operation');
  checkOrder(operations, workloadTemplate);
  return { name: choice.name, operations };
}

/** What an operation needs of those before it. */
function checkOrder(operations: readonly Operation[], field: YamlField): void {
  const made = new Set<string>();
  let collecting = false;
  for (const [index, operation] of operations.entries()) {
    const { opcode } = operation;
    const fail = (problem: string): never => field.at(index).at('opcode').fail(problem);
    if (opcode === 'createPods') made.add(operation.namespace ?? `namespace-${index}`);
    if (opcode === 'deletePods' && !made.has(operation.namespace))
      field.at(index).at('namespace').fail(`no operation before this one makes pods in ${operation.namespace}`);
    if (opcode === 'startCollectingMetrics') {
      if (collecting) fail('the one before has not been stopped');
      collecting = true;
    }
    if (opcode === 'stopCollectingMetrics') {
      if (!collecting) fail('nothing is being collected');
      collecting = false;
    }
  }
}

function choicesOf(field: YamlField): Choice[] {
  const testCase = field.fields(CASE_FIELDS);
  const caseName = testCase.name.text();
  const workloads = testCase.workloads.items();
  if (workloads.length === 0) return [{ name: caseName, testCase, params: {} }];
  const names = new Set<string>();
  return workloads.map((workload) => {
    const { name, params } = workload.fields(['name', 'params', 'labels', 'threshold', 'featureGates']);
    if (names.has(name.text())) name.fail(`"${name.text()}" is the name of another workload, too`);
    names.add(name.text());
    return { name: `${caseName}/${name.text()}`, testCase, params: paramsIn(params) };
  });
}

function paramsIn(field: YamlField): Record<string, number | string> {
  if (!field.present) return {};
  const { value } = field;
  if (typeof value !== 'object' || Array.isArray(value)) field.fail('must be a mapping of numbers and texts');
  for (const [name, each] of Object.entries(value as object))
    if (typeof each !== 'number' && typeof each !== 'string') field.at(name).fail('must be a number or a text');
  return value as Record<string, number | string>;
}

function choose(choices: readonly Choice[], name: string | undefined, path: string): Choice {
  const matching = name === undefined ? choices : choices.filter((each) => `/${each.name}`.endsWith(`/${name}`));
  const [only] = matching;
  if (only && matching.length === 1) return only;
  const names = choices.map((each) => each.name).join(', ');
  if (name !== undefined) throw new WorkloadError(`${path}: there is no workload "${name}"; there are ${names}`);
  throw new WorkloadError(`${path}: say which of its workloads: ${names}`);
}

function readTemplateFile(field: YamlField, directory: string): Template {
  const path = join(directory, field.text());
  let text: string;
  try {
    text = readText(path, field.text());
  } catch (error) {
    return field.fail((error as Error).message);
  }
  return readTemplate(parseYamlField(text, path));
}

function readText(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new WorkloadError(`${shown} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
