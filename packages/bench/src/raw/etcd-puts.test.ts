import { describe, expect, it } from 'vitest';
import { encodePutRequest } from './etcd-puts.js';

describe('encodePutRequest', () => {
  it('is a PutRequest behind a gRPC header', () => {
    expect(encodePutRequest('/k', 'v').toString('hex')).toBe(`00${'00000007'}${'0a022f6b'}${'120176'}`);
  });

  it('writes lengths of more than seven bits in groups of seven, the lowest first', () => {
    const message = encodePutRequest('k', 'v'.repeat(300));
    expect(message.subarray(5, 11).toString('hex')).toBe('0a016b12ac02');
    expect(message.readUInt32BE(1)).toBe(message.length - 5);
  });
});
