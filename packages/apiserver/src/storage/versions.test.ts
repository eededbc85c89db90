import { describe, expect, it } from 'vitest';
import { compareVersions, revisionOf, versionInGroup, versionOf } from './versions.js';

describe('versions', () => {
  it('are revisions in decimal', () => {
    expect(versionOf(1_234_567_890_123)).toBe('1234567890123');
    expect(revisionOf('1234567890123')).toBe(1_234_567_890_123);
  });

  it('compare as numbers', () => {
    expect(['10', '9', '100', '0'].sort(compareVersions)).toEqual(['0', '9', '10', '100']);
  });

  it('of events that share a revision let a reader resume before all of it', () => {
    expect([versionInGroup(8, false), versionInGroup(8, true)]).toEqual(['7', '8']);
  });

  it.each(['', '-1', '1.5', '01', '1e3', ' 1', '0x1', '99999999999999999999'])('refuse %j', (version) => {
    expect(() => revisionOf(version)).toThrow(expect.objectContaining({ reason: 'BadRequest' }));
  });
});
