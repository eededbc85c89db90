import { expect } from 'vitest';
import type { Kubectl } from '../kubectl.js';
import type { Outcome } from '../kubelab-command.js';

/** One kubectl on its way through every verb, in a namespace of its own. */
export interface Tour {
  readonly kubectl: Kubectl;
  readonly namespace: string;
  /** Of the client: 20 for 1.20. */
  readonly minor: number;
  /** The oldest and the newest client try every flag; those between them, every verb. */
  readonly whole: boolean;
  /** How many pods `web` has. */
  readonly replicas: number;
  /** A directory of this tour's own. */
  readonly directory: string;
}

/** Runs it; it must end with the exit code, and print what is told of its two outputs. */
export async function step(
  { kubectl }: Tour,
  args: readonly string[],
  expected: { code?: number; stdout?: string | RegExp; stderr?: string | RegExp; stdin?: string } = {},
): Promise<Outcome> {
  const { code = 0, stdout, stderr, stdin } = expected;
  const outcome = await kubectl.run(args, stdin === undefined ? {} : { stdin });
  const told = `kubectl ${args.join(' ')}\n${outcome.stdout}${outcome.stderr}`;
  expect(outcome.code, told).toBe(code);
  if (stdout !== undefined) expect(outcome.stdout, told).toMatch(stdout);
  if (stderr !== undefined) expect(outcome.stderr, told).toMatch(stderr);
  return outcome;
}

/** A step by a verb that the tour has made in another way: of a whole tour only. */
export async function variant(
  tour: Tour,
  args: readonly string[],
  expected?: Parameters<typeof step>[2],
): Promise<void> {
  if (tour.whole) await step(tour, args, expected);
}

/**
 * A verb or a flag that came with a minor: what is before it must refuse it, so
 * that nothing is left out that is there. True where the step was made.
 */
export async function since(
  tour: Tour,
  minor: number,
  args: readonly string[],
  expected: Parameters<typeof step>[2] = {},
): Promise<boolean> {
  if (tour.minor >= minor) {
    await step(tour, args, expected);
    return true;
  }
  const outcome = await tour.kubectl.run(args);
  expect(outcome.code, `kubectl ${args.join(' ')}`).not.toBe(0);
  expect(outcome.stderr).toMatch(
    /unknown (flag|shorthand flag|command)|flags cannot be placed before plugin name|unrecognized condition|invalid/,
  );
  return false;
}
