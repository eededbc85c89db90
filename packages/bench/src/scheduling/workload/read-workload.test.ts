import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readWorkload } from './read-workload.js';
import { findWorkload, shippedCases } from './shipped-workloads.js';

const directory = mkdtempSync(join(tmpdir(), 'bench-workload-'));
afterAll(() => rmSync(directory, { recursive: true }));

mkdirSync(join(directory, 'templates'));
writeFileSync(
  join(directory, 'templates/pod.yaml'),
  'apiVersion: v1\nkind: Pod\nspec: { containers: [{ name: a, image: i }] }\n',
);
writeFileSync(join(directory, 'templates/node.yaml'), 'apiVersion: v1\nkind: Node\n');

function write(text: string): string {
  const path = join(directory, 'workload.yaml');
  writeFileSync(path, text);
  return path;
}

const POD = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ name: 'a', image: 'i' }] } };

describe('readWorkload', () => {
  const path = (): string =>
    write(`- name: One
  defaultPodTemplatePath: templates/pod.yaml
  workloadTemplate:
    - { opcode: createNodes, countParam: $nodes, labelNodePrepareStrategy: { labelKey: zone, labelValues: [a, b] } }
    - { opcode: createPods, count: 3, collectMetrics: true }
    - { opcode: barrier, stageRequirement: Attempted }
    - { opcode: sleep, duration: 1m30s }
    - { opcode: deletePods, namespace: namespace-1, deletePodsPerSecond: 5 }
  workloads:
    - { name: Small, params: { nodes: 5 } }
    - { name: Large, params: { nodes: 500 } }
- name: Two
  workloadTemplate: [{ opcode: createNodes, count: 1 }]
`);

  it('fills in parameters and templates', () => {
    expect(readWorkload(path(), { name: 'Large' })).toEqual({
      name: 'One/Large',
      operations: [
        { opcode: 'createNodes', count: 500, label: { key: 'zone', values: ['a', 'b'] } },
        { opcode: 'createPods', count: 3, template: POD, collectMetrics: true, skipWaitToCompletion: false },
        { opcode: 'barrier', namespaces: [], labelSelector: {}, stage: 'Attempted' },
        { opcode: 'sleep', durationMs: 90_000 },
        {
          opcode: 'deletePods',
          namespace: 'namespace-1',
          labelSelector: {},
          podsPerSecond: 5,
          skipWaitToCompletion: false,
        },
      ],
    });
  });

  it('takes parameters that go before those of the file, and refuses others', () => {
    const { operations } = readWorkload(path(), { name: 'One/Small', params: { nodes: 7 } });
    expect(operations[0]).toMatchObject({ count: 7 });
    expect(() => readWorkload(path(), { name: 'Small', params: { node: 7 } })).toThrow(
      'no parameter "node"; there are nodes',
    );
  });

  it('wants to know which one where there are several', () => {
    expect(() => readWorkload(path())).toThrow('say which of its workloads: One/Small, One/Large, Two');
    expect(() => readWorkload(path(), { name: 'Huge' })).toThrow('there is no workload "Huge"');
  });

  const operation = (text: string): string =>
    `name: N\nworkloadTemplate:\n  - opcode: sleep\n    duration: 1s\n${text}`;
  it.each([
    ['  - opcode: jump\n', '5: workloadTemplate[1].opcode: "jump" is not one of createNodes,'],
    ['  - opcode: createNodes\n', '5: workloadTemplate[1].count: must be a whole number, 0 or more'],
    ['  - opcode: createNodes\n    count: -1\n', '6: workloadTemplate[1].count: must be a whole number, 0 or more'],
    ['  - opcode: createNodes\n    countParam: $no\n', '6: workloadTemplate[1].countParam: there is no parameter "no"'],
    ['  - opcode: sleep\n    duration: soon\n', '6: workloadTemplate[1].duration: '],
    ['  - opcode: createPods\n    count: 1\n', '5: workloadTemplate[1]: needs a podTemplatePath'],
    [
      '  - opcode: createPods\n    count: 1\n    podTemplatePath: templates/node.yaml\n',
      '7: workloadTemplate[1].podTemplatePath: is a Node, not a Pod',
    ],
    [
      '  - opcode: createPods\n    count: 1\n    podTemplatePath: no.yaml\n',
      '7: workloadTemplate[1].podTemplatePath: no.yaml cannot be read',
    ],
    [
      '  - opcode: churn\n    mode: recreate\n    templatePaths: [templates/pod.yaml]\n',
      '5: workloadTemplate[1]: number must be 1 or more',
    ],
    [
      '  - opcode: barrier\n    labelSelector:\n      matchExpressions: []\n',
      '7: workloadTemplate[1].labelSelector.matchExpressions: is not a field here',
    ],
    ['  - opcode: createPods\n   count: 1\n', '6: '],
    [
      '  - opcode: createNodes\n    count: 1\n    countParam: $n\n',
      '6: workloadTemplate[1].count: cannot be given along',
    ],
    ['  - opcode: createNodes\n    count: 9999999\n', '6: workloadTemplate[1].count: 9999999 are too many'],
    ['  - opcode: stopCollectingMetrics\n', '5: workloadTemplate[1].opcode: nothing is being collected'],
    ['  - opcode: deletePods\n    namespace: x\n', '6: workloadTemplate[1].namespace: no operation before this one'],
    [
      '  - opcode: createNamespaces\n    count: 1\n    prefix: A_b\n',
      '7: workloadTemplate[1].prefix: "A_b" is no name of a namespace',
    ],
    [
      '  - opcode: createNodes\n    count: 1\n    labelNodePrepareStrategy:\n      labelKey: a b\n      labelValues: [x]\n',
      '8: workloadTemplate[1].labelNodePrepareStrategy.labelKey: Invalid value: "a b"',
    ],
    [
      '  - opcode: createPods\n    count: 1\n    podTemplate:\n      apiVersion: v1\n      kind: Pod\n      spec:\n        contaners: []\n',
      '11: workloadTemplate[1].podTemplate.spec.contaners: is not a field of the kind',
    ],
    [
      '  - opcode: createPods\n    count: 1\n    podTemplate:\n      apiVersion: v1\n      kind: Pod\n      spec:\n        containers:\n          - name: A\n            image: i\n',
      '12: workloadTemplate[1].podTemplate.spec.containers[0].name: Invalid value: "A"',
    ],
  ])('refuses %j with its line and field', (text, message) => {
    const file = write(operation(text));
    expect(() => readWorkload(file)).toThrow(`${file}:${message}`);
  });
});

describe('the shipped workloads', () => {
  it.each(shippedCases())('%s can be read at both sizes', (name) => {
    for (const [size, nodes] of [
      ['500Nodes', 500],
      ['5000Nodes', 5000],
    ] as const) {
      const { operations } = findWorkload(`${name}/${size}`);
      expect(operations).toContainEqual(expect.objectContaining({ opcode: 'createNodes', count: nodes }));
      expect(operations).toContainEqual(expect.objectContaining({ opcode: 'createPods', collectMetrics: true }));
    }
  });

  it('are named where another is asked for', () => {
    expect(() => findWorkload('Nothing')).toThrow('there is no workload "Nothing"');
  });
});
