import { describe, expect, it } from 'vitest';
import { makeNode, makePod } from '../simulation/objects.js';
import { createSimulation } from '../simulation/simulation.js';
import { normalizeImageName } from './image-locality.js';

const MEBIBYTE = 1024 * 1024;
const withImage = (name: string, sizeBytes: number) =>
  makeNode(name, {
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' }, images: [{ names: ['i:latest'], sizeBytes }] },
  });

function scores(...nodes: ReturnType<typeof makeNode>[]): number[] | undefined {
  const simulation = createSimulation();
  for (const node of nodes) simulation.addNode(node);
  const found = simulation.decide(makePod('p')).cycle.scores.find(({ plugin }) => plugin.name === 'ImageLocality');
  return found && [...found.raw];
}

describe('ImageLocality', () => {
  it('grows with the size of the image and the share of nodes that have it', () => {
    expect(scores(withImage('a', 1_000 * MEBIBYTE), withImage('b', 1_000 * MEBIBYTE))).toEqual([100, 100]);
    expect(scores(withImage('a', 1_000 * MEBIBYTE), makeNode('b'))).toEqual([48, 0]);
    expect(scores(withImage('a', MEBIBYTE), makeNode('b'))).toEqual([0, 0]);
  });

  it('is not asked where no node has the image', () => {
    expect(scores(makeNode('a'), makeNode('b'))).toBeUndefined();
  });

  it.each([
    ['nginx', 'nginx:latest'],
    ['nginx:1', 'nginx:1'],
    ['host:5000/nginx', 'host:5000/nginx:latest'],
    ['host:5000/nginx@sha256:0', 'host:5000/nginx@sha256:0'],
  ])('image %s is %s', (name, expected) => expect(normalizeImageName(name)).toBe(expected));
});
