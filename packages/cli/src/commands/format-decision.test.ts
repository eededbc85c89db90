import { describe, expect, it } from 'vitest';
import { type Decision, formatDecision } from './format-decision.js';

const base: Decision = {
  pod: 'default/p',
  scheduler: 'default-scheduler',
  time: '2026-01-01T00:00:00.000Z',
  attempt: 1,
  priority: 0,
  nodes: { total: 3, evaluated: 3, feasible: 2 },
  rejections: [],
  scores: [],
  ties: 0,
  milliseconds: {},
  wouldHelp: [],
};

describe('formatDecision', () => {
  it('shows where a pod went, and how the nodes scored', () => {
    const score = (node: string, total: number) => ({
      node,
      total,
      plugins: {
        NodeResourcesFit: { raw: 50, score: 50, weight: 1 },
        TaintToleration: { raw: 0, score: 100, weight: 3 },
      },
    });
    const text = formatDecision({
      ...base,
      node: 'a',
      ties: 2,
      scores: [score('a', 350), score('b', 350)],
      rejections: [
        { plugin: 'NodeResourcesFit', reasons: ['Insufficient cpu'], count: 1, preemptible: true, nodes: ['c'] },
      ],
      milliseconds: { Filter: 0.1, Score: 0.2 },
    });
    expect(text).toBe(`default/p is on a (attempt 1 of default-scheduler, priority 0, 2026-01-01T00:00:00.000Z)
3 nodes, 3 asked about, 2 fit; 2 shared the highest total, and one of them was drawn

REFUSED BY         NODES   REASON             PREEMPTION   SUCH
NodeResourcesFit   1       Insufficient cpu   may help     c

NODE   TOTAL   NodeResourcesFit   TaintToleration
a      350     50                 100 × 3
b      350     50                 100 × 3

Time: Filter 0.1 ms, Score 0.2 ms`);
  });

  it('shows why a pod has no place, what preemption found, and what would help', () => {
    const text = formatDecision({
      ...base,
      message: '0/3 nodes are available: 3 Insufficient cpu.',
      verdicts: [{ node: 'a', filters: { NodeResourcesFit: 'Insufficient cpu', TaintToleration: 'fits' } }],
      preemption: {
        node: 'a',
        candidates: [{ node: 'a', victims: [{ pod: 'default/v', priority: -1 }], budgetViolations: 0 }],
      },
      wouldHelp: ['NodeResourcesFit: 100m of cpu more on a, which lacks least'],
    });
    expect(text).toContain('default/p has no place');
    expect(text).toMatch(/a +NodeResourcesFit: Insufficient cpu +TaintToleration/);
    expect(text).toMatch(/a \(chosen\) +default\/v \(-1\) +0/);
    expect(text).toContain('What would help:\n  NodeResourcesFit: 100m of cpu more on a');
  });
});
