import { describe, expect, expectTypeOf, it } from 'vitest';
import { formatUsage, readOptions } from './options.js';

const specification = {
  'node-name': { kind: 'string', required: true, help: 'the name of the node' },
  'proxy-mode': { kind: 'string', choices: ['nftables', 'iptables'], default: 'nftables', help: 'what writes rules' },
  port: { kind: 'number', default: 10_250, help: 'the port' },
  'leader-elect': { kind: 'boolean', default: true, help: 'whether to elect a leader' },
  verbose: { kind: 'boolean', help: 'say more' },
  'sync-period': { kind: 'duration', default: 90_000, help: 'how often to sync' },
  'grace-period': { kind: 'duration', help: 'how long to wait' },
  'etcd-servers': { kind: 'list', help: 'where etcd is' },
} as const;

const read = (...args: string[]) => readOptions(args, specification).options;

describe('readOptions', () => {
  it('reads both ways of giving a value', () => {
    expect(read('--node-name', 'node1', '--port=1').nodeName).toBe('node1');
    expect(read('--node-name=node1', '--port', '1').port).toBe(1);
  });

  it('fills in defaults, and types them', () => {
    const options = read('--node-name=a');
    expect(options).toEqual({
      nodeName: 'a',
      proxyMode: 'nftables',
      port: 10_250,
      leaderElect: true,
      verbose: false,
      syncPeriodMs: 90_000,
      gracePeriodMs: undefined,
      etcdServers: [],
    });
    expectTypeOf(options.nodeName).toEqualTypeOf<string>();
    expectTypeOf(options.proxyMode).toEqualTypeOf<'nftables' | 'iptables'>();
    expectTypeOf(options.gracePeriodMs).toEqualTypeOf<number | undefined>();
    expectTypeOf(options.etcdServers).toEqualTypeOf<readonly string[]>();
  });

  it('reads durations, booleans and lists', () => {
    const options = read(
      '--node-name=a',
      '--grace-period=1m30s',
      '--leader-elect=false',
      '--verbose',
      '--etcd-servers=x:1,y:2',
      '--etcd-servers',
      'z:3',
    );
    expect(options).toMatchObject({ gracePeriodMs: 90_000, leaderElect: false, verbose: true });
    expect(options.etcdServers).toEqual(['x:1', 'y:2', 'z:3']);
  });

  it.each([
    [['--node-name=a', '--nodename=b'], 'unknown flag --nodename'],
    [['--node-name=a', '-v'], 'unknown flag -v'],
    [['--node-name=a', 'serve'], 'unexpected argument "serve"'],
    [['--port=1'], '--node-name is required'],
    [['--node-name='], '--node-name may not be empty'],
    [['--node-name=a', '--port=ten'], '--port: "ten" is not a number'],
    [['--node-name=a', '--port='], '--port: "" is not a number'],
    [['--node-name=a', '--port'], '--port needs a value'],
    [['--node-name=a', '--leader-elect=maybe'], '--leader-elect: "maybe" is neither true nor false'],
    [['--node-name=a', '--sync-period=40'], '--sync-period: invalid duration "40"'],
    [['--node-name=a', '--proxy-mode=ipvs'], '--proxy-mode: "ipvs" is not one of nftables, iptables'],
    [['--node-name=a', '--constructor=x'], 'unknown flag --constructor'],
  ])('refuses %j', (args, message) => expect(() => read(...args)).toThrow(message));

  it('requires nothing where help is asked for', () => {
    expect(readOptions(['--help'], specification).help).toBe(true);
  });
});

it('prints each flag with its default in the usage', () => {
  const usage = formatUsage('kubelab proxy', specification);
  expect(usage).toContain('Usage: kubelab proxy [flags]');
  expect(usage).toMatch(/--node-name=string\s+the name of the node \(required\)/);
  expect(usage).toMatch(/--proxy-mode=string\s+what writes rules \(nftables \| iptables\) \(default nftables\)/);
  expect(usage).toMatch(/--sync-period=duration\s+how often to sync \(default 1m30s\)/);
});
