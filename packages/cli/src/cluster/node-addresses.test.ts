import { expect, test } from 'vitest';
import { freeNodeAddresses, freeNodeNames } from './node-addresses.js';

const network = { subnet: '172.18.0.0/16', gateway: '172.18.0.1' };

test('nodes get the lowest addresses that neither the gateway nor a node has', () => {
  expect(freeNodeAddresses(network, [], 3)).toEqual(['172.18.0.2', '172.18.0.3', '172.18.0.4']);
  expect(freeNodeAddresses(network, [{ address: '172.18.0.3' }], 2)).toEqual(['172.18.0.2', '172.18.0.4']);
});

test('addresses go on beyond the last octet', () => {
  const nodes = Array.from({ length: 254 }, (_, index) => ({ address: `172.18.0.${index + 2}` }));
  expect(freeNodeAddresses(network, nodes, 1)).toEqual(['172.18.1.0']);
});

test('a full network is refused, and its last address is never given', () => {
  const small = { subnet: '10.0.0.8/29', gateway: '10.0.0.9' };
  expect(freeNodeAddresses(small, [], 5)).toEqual(['10.0.0.10', '10.0.0.11', '10.0.0.12', '10.0.0.13', '10.0.0.14']);
  expect(() => freeNodeAddresses(small, [], 6)).toThrow('has no room for 6 more nodes');
});

test('a removed node leaves its name to the next', () => {
  expect(freeNodeNames([{ name: 'node1' }, { name: 'node3' }], 2)).toEqual(['node2', 'node4']);
});
