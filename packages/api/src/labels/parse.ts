import { ApiError } from '../errors.js';
import { invalidValue } from '../validation/field-error.js';
import { checkQualifiedName } from '../validation/names.js';
import { type Requirement, type SelectorOperator, validateRequirement } from './requirement.js';

type TokenType = 'identifier' | 'end' | 'error' | ')' | '(' | ',' | '!' | '=' | '==' | '!=' | '>' | '<';

interface Token {
  readonly type: TokenType;
  readonly text: string;
}

const SYMBOLS = new Set<string>([')', '(', ',', '!', '=', '==', '!=', '>', '<']);
const OPERATORS: Readonly<Record<string, SelectorOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};
const OPERATOR_NAMES = 'in, notin, =, ==, !=, gt, lt';

/**
 * Reads the grammar of a label selector query. Commas separate requirements.
 * @throws ApiError BadRequest
 */
export function parseRequirements(text: string): Requirement[] {
  const tokens = new TokenReader(tokenize(text));
  const requirements: Requirement[] = [];
  for (;;) {
    const token = tokens.peek();
    if (token.type === 'end') return requirements;
    if (token.type !== 'identifier' && token.type !== '!') {
      throw bad(`found '${token.text}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(parseRequirement(tokens));
    const separator = tokens.next();
    if (separator.type === 'end') return requirements;
    if (separator.type !== ',') throw bad(`found '${separator.text}', expected: ',' or 'end of string'`);
    const following = tokens.peek();
    if (following.type !== 'identifier' && following.type !== '!') {
      throw bad(`found '${following.text}', expected: identifier after ','`);
    }
  }
}

function parseRequirement(tokens: TokenReader): Requirement {
  const negated = tokens.peek().type === '!';
  if (negated) tokens.next();
  const { type, text: key } = tokens.next();
  if (type !== 'identifier') throw badRequirement(`found '${key}', expected: identifier`);
  const keyProblems = checkQualifiedName(key);
  // Kubernetes reports the key before it has a path, and prints that.
  if (keyProblems.length > 0) {
    throw badRequirement(`<nil>: ${invalidValue('', key, keyProblems.join('; ')).message}`);
  }
  if (negated) return { key, operator: '!', values: [] };
  const following = tokens.peek().type;
  if (following === 'end' || following === ',') return { key, operator: 'exists', values: [] };
  const operator = parseOperator(tokens);
  const values = operator === 'in' || operator === 'notin' ? parseValueList(tokens) : [parseOneValue(tokens)];
  const requirement = { key, operator, values: [...new Set(values)].sort() };
  const errors = validateRequirement(requirement);
  const texts = errors.map((error) => `${error.field}: ${error.message}`);
  if (texts.length > 0) throw badRequirement(texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`);
  return requirement;
}

function parseOperator(tokens: TokenReader): SelectorOperator {
  const { text } = tokens.next();
  const operator = Object.hasOwn(OPERATORS, text) ? OPERATORS[text] : undefined;
  if (operator === undefined) throw badRequirement(`found '${text}', expected: ${OPERATOR_NAMES}`);
  return operator;
}

function parseOneValue(tokens: TokenReader): string {
  const following = tokens.peek().type;
  if (following === 'end' || following === ',') return '';
  const { type, text } = tokens.next();
  if (type !== 'identifier') throw badRequirement(`found '${text}', expected: identifier`);
  return text;
}

/** `(a,b)`; an empty place between commas or brackets is the empty value. */
function parseValueList(tokens: TokenReader): string[] {
  const open = tokens.next();
  if (open.type !== '(') throw badRequirement(`found '${open.text}' expected: '('`);
  const values: string[] = [];
  let expectsValue = true;
  for (;;) {
    const token = tokens.next();
    if (token.type === 'identifier' && expectsValue) {
      values.push(token.text);
      expectsValue = false;
    } else if (token.type === ',' || token.type === ')') {
      if (expectsValue) values.push('');
      if (token.type === ')') return values;
      expectsValue = true;
    } else {
      throw badRequirement(`found '${token.text}', expected: ${expectsValue ? "',', or identifier" : "',' or ')'"}`);
    }
  }
}

class TokenReader {
  #position = 0;
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(): Token {
    return this.#tokens[this.#position] ?? { type: 'end', text: '' };
  }

  next(): Token {
    const token = this.peek();
    this.#position++;
    return token;
  }
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (const [part] of text.matchAll(/[^\s=!(),<>]+|[=!(),<>]+/g)) {
    if (!/^[=!(),<>]/.test(part)) tokens.push({ type: 'identifier', text: part });
    else tokens.push(...splitSymbols(part));
  }
  return tokens;
}

/** The longest symbol first: `!==` is `!=`, `=`. */
function splitSymbols(run: string): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < run.length; ) {
    const two = run.slice(i, i + 2);
    const symbol = two.length === 2 && SYMBOLS.has(two) ? two : run.charAt(i);
    tokens.push({ type: symbol as TokenType, text: symbol });
    i += symbol.length;
  }
  return tokens;
}

function bad(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

function badRequirement(message: string): ApiError {
  return bad(`unable to parse requirement: ${message}`);
}
