import type { NodeInfo } from '../cluster/node-info.js';
import { podRequested } from '../cluster/node-info.js';
import type { PodInfo } from '../cluster/pod-info.js';
import { MAX_NODE_SCORE } from '../framework.js';

export interface ResourceWeight {
  readonly name: string;
  readonly weight: number;
}

export interface ShapePoint {
  /** Per cent. */
  readonly utilization: number;
  /** 0 to 10. */
  readonly score: number;
}

export type ScoringStrategy =
  | { readonly type: 'LeastAllocated' | 'MostAllocated'; readonly resources: readonly ResourceWeight[] }
  | {
      readonly type: 'RequestedToCapacityRatio';
      readonly resources: readonly ResourceWeight[];
      readonly shape: readonly ShapePoint[];
    };

/** Of a node's resource: what it has, and what would be asked of it with the pod. */
type Scorer = (requested: number, allocatable: number) => number;

/** How scores of resources become one: some leave out what scores nothing. */
export function resourceScorer(strategy: ScoringStrategy): (pod: PodInfo, node: NodeInfo) => number {
  switch (strategy.type) {
    case 'LeastAllocated':
      return isCpuAndMemory(strategy.resources) ? leastCpuAndMemory : weightedMean(strategy.resources, least);
    case 'MostAllocated':
      return weightedMean(strategy.resources, most);
    case 'RequestedToCapacityRatio':
      return ratioMean(strategy.resources, toRatioScorer(strategy.shape));
  }
}

const isCpuAndMemory = (resources: readonly ResourceWeight[]): boolean =>
  resources.length === 2 &&
  resources[0]?.name === 'cpu' &&
  resources[1]?.name === 'memory' &&
  resources[0].weight === resources[1].weight;

/** The default, without looking up anything by name: it is asked more than all others. */
function leastCpuAndMemory(pod: PodInfo, node: NodeInfo): number {
  const { allocatableMilliCpu: cpu, allocatableMemoryBytes: memory } = node;
  if (cpu === 0 || memory === 0) {
    const cpuOrMemory = cpu === 0 ? least(node.nonZeroMemoryBytes + pod.nonZero.memoryBytes, memory) : 0;
    return memory === 0 && cpu !== 0 ? least(node.nonZeroMilliCpu + pod.nonZero.milliCpu, cpu) : cpuOrMemory;
  }
  const sum =
    least(node.nonZeroMilliCpu + pod.nonZero.milliCpu, cpu) +
    least(node.nonZeroMemoryBytes + pod.nonZero.memoryBytes, memory);
  return Math.floor(sum / 2);
}

const least: Scorer = (requested, allocatable) =>
  allocatable === 0 || requested > allocatable
    ? 0
    : Math.floor(((allocatable - requested) * MAX_NODE_SCORE) / allocatable);

const most: Scorer = (requested, allocatable) =>
  Math.floor((Math.min(requested, allocatable) * MAX_NODE_SCORE) / allocatable);

function weightedMean(resources: readonly ResourceWeight[], scorer: Scorer) {
  return (pod: PodInfo, node: NodeInfo): number => {
    let sum = 0;
    let weights = 0;
    for (const { name, weight } of resources) {
      const allocatable = relevantAllocatable(pod, node, name);
      if (allocatable === 0) continue;
      sum += scorer(node.requested(name, true) + podRequested(pod, name, true), allocatable) * weight;
      weights += weight;
    }
    return weights === 0 ? 0 : Math.floor(sum / weights);
  };
}

function ratioMean(resources: readonly ResourceWeight[], scorer: Scorer) {
  return (pod: PodInfo, node: NodeInfo): number => {
    let sum = 0;
    let weights = 0;
    for (const { name, weight } of resources) {
      const allocatable = relevantAllocatable(pod, node, name);
      if (allocatable === 0) continue;
      const score = scorer(node.requested(name, true) + podRequested(pod, name, true), allocatable);
      if (score <= 0) continue;
      sum += score * weight;
      weights += weight;
    }
    return weights === 0 ? 0 : Math.round(sum / weights);
  };
}

/** 0 where the node has none of it, or where it is an extended resource that the pod does not ask for. */
export function relevantAllocatable(pod: PodInfo, node: NodeInfo, name: string): number {
  const isExtended = name !== 'cpu' && name !== 'memory' && name !== 'ephemeral-storage';
  if (isExtended && podRequested(pod, name, false) === 0) return 0;
  return node.allocatable(name);
}

/** The score of a utilization, between the points of the shape on straight lines. */
function toRatioScorer(shape: readonly ShapePoint[]): Scorer {
  const points = shape.map(({ utilization, score }) => ({ utilization, score: score * (MAX_NODE_SCORE / 10) }));
  const scoreOf = (utilization: number): number => {
    let previous = points[0];
    for (const point of points) {
      if (utilization <= point.utilization) {
        if (previous === undefined || previous === point) return point.score;
        const share =
          ((point.score - previous.score) * (utilization - previous.utilization)) /
          (point.utilization - previous.utilization);
        return previous.score + Math.trunc(share);
      }
      previous = point;
    }
    return previous?.score ?? 0;
  };
  return (requested, allocatable) =>
    requested > allocatable ? scoreOf(100) : scoreOf(Math.floor((requested * 100) / allocatable));
}
