import { ApiError } from '../errors.js';
import type { LabelSelectorRequirement } from '../generated/types.js';
import { quote } from '../validation/field-error.js';
import { parseRequirements } from './parse.js';
import {
  type Requirement,
  requirementMatches,
  requirementToString,
  type SelectorOperator,
  validateRequirement,
} from './requirement.js';

/** A compiled label selector. */
export interface Selector {
  readonly requirements: readonly Requirement[];
  /** An object without labels may be given as it is. */
  matches(labels: Readonly<Record<string, string>> | undefined): boolean;
  /** True when everything matches. */
  readonly isEmpty: boolean;
  /** As a `labelSelector` query parameter takes it; terms in the order of their keys. */
  toString(): string;
}

/** Matches every object. */
export const EVERYTHING: Selector = compile([]);

/** Matches none; what a missing selector object means. */
export const NOTHING: Selector = {
  requirements: [],
  isEmpty: false,
  matches: () => false,
  toString: () => '',
};

/**
 * The `labelSelector` of a query: `a=b,c in (d,e),!f`. Empty matches everything.
 * @throws ApiError BadRequest, in Kubernetes' words.
 */
export function parseSelector(text: string): Selector {
  const requirements = parseRequirements(text);
  return requirements.length === 0 ? EVERYTHING : compile(requirements);
}

/** A map of labels as a selector: all must be there. An empty or missing map matches everything. */
export function selectorFromLabels(labels: Readonly<Record<string, string>> | undefined): Selector {
  const requirements = Object.entries(labels ?? {}).map(([key, value]) => equals(key, value));
  return requirements.length === 0 ? EVERYTHING : compile(requirements);
}

const OBJECT_OPERATORS: Readonly<Record<string, SelectorOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/**
 * matchLabels and matchExpressions as one selector. A missing object matches
 * nothing, an empty one everything.
 * @throws ApiError BadRequest for an unknown operator or a malformed key or value.
 */

export function selectorFromObject(selector: LabelSelectorLike | undefined): Selector {
  if (selector === undefined) return NOTHING;
  const requirements = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => equals(key, value)),
    ...(selector.matchExpressions ?? []).map(expressionToRequirement),
  ];
  for (const requirement of requirements) {
    const [error] = validateRequirement(requirement);
    if (error) throw new ApiError('BadRequest', `${error.field}: ${error.message}`);
  }
  return requirements.length === 0 ? EVERYTHING : compile(requirements);
}

/** A LabelSelector, whether from a cache (read-only) or not. */
export interface LabelSelectorLike {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly (Readonly<Omit<LabelSelectorRequirement, 'values'>> & {
    readonly values?: readonly string[];
  })[];
}

/** For printing: `<none>` when it is empty, `<error>` when it cannot be read. */
export function formatLabelSelector(selector: LabelSelectorLike | undefined): string {
  try {
    return selectorFromObject(selector).toString() || '<none>';
  } catch {
    return '<error>';
  }
}

function expressionToRequirement(expression: {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}): Requirement {
  const { operator: text } = expression;
  const operator = Object.hasOwn(OBJECT_OPERATORS, text) ? OBJECT_OPERATORS[text] : undefined;
  if (operator === undefined) {
    throw new ApiError('BadRequest', `${quote(expression.operator)} is not a valid label selector operator`);
  }
  return { key: expression.key, operator, values: [...new Set(expression.values ?? [])].sort() };
}

function equals(key: string, value: string): Requirement {
  return { key, operator: '=', values: [value] };
}

function compile(unsorted: readonly Requirement[]): Selector {
  const requirements = [...unsorted].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const text = requirements.map(requirementToString).join(',');
  return {
    requirements,
    isEmpty: requirements.length === 0,
    matches: (labels) => requirements.every((requirement) => requirementMatches(requirement, labels ?? {})),
    toString: () => text,
  };
}
