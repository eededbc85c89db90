import { describe, expect, it } from 'vitest';
import {
  compareVersions,
  lastVersionNumber,
  parseVersion,
  positionOf,
  revisionOf,
  versionInGroup,
  versionNumber,
  versionOf,
} from './versions.js';

describe('versions', () => {
  it('are numbers in decimal', () => {
    expect(versionOf(1_234_567_890_123)).toBe('1234567890123');
    expect(parseVersion('1234567890123')).toBe(1_234_567_890_123);
  });

  it('are of a revision and of a position in it, in that order', () => {
    const numbers = [versionNumber(7), versionNumber(7, 1), lastVersionNumber(7), versionNumber(8)];
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(numbers.map(revisionOf)).toEqual([7, 7, 7, 8]);
    expect(numbers.map(positionOf)).toEqual([0, 1, 63, 0]);
  });

  it('compare as numbers', () => {
    expect(['10', '9', '100', '0'].sort(compareVersions)).toEqual(['0', '9', '10', '100']);
  });

  it('of deletions that share a place let a reader resume before all of them', () => {
    expect([versionInGroup(8, false), versionInGroup(8, true)]).toEqual(['7', '8']);
  });

  it.each(['', '-1', '1.5', '1e3', ' 1', '0x1', '99999999999999999999'])('refuse %j', (version) => {
    expect(() => parseVersion(version)).toThrow(expect.objectContaining({ reason: 'BadRequest' }));
  });
});
