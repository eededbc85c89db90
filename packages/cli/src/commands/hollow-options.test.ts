import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { hollowSettings, withHollowOptions } from './hollow-options.js';

const parse = (...args: string[]): Record<string, unknown> => {
  const command = withHollowOptions(
    new Command('add').exitOverride().configureOutput({ writeErr: () => {} }),
    'so many',
  );
  return command.parse(args, { from: 'user' }).opts();
};

describe('the options of hollow nodes', () => {
  test('become flags of their process', () => {
    const options = parse(
      '--hollow=5000',
      '--hollow-cpu=16',
      '--hollow-node-lease-renew-interval=15s',
      '--hollow-images=a,b',
    );
    expect(options.hollow).toBe(5_000);
    expect(hollowSettings(options)).toEqual({ cpu: '16', 'node-lease-renew-interval': '15s', images: 'a,b' });
  });

  test('what is not said is left to the process', () => {
    expect(hollowSettings(parse('--hollow=1'))).toEqual({});
  });

  test.each(['0', '1.5', 'many', '20000'])('%s is no number of nodes', (count) => {
    expect(() => parse(`--hollow=${count}`)).toThrow('a number from 1 to');
  });
});
