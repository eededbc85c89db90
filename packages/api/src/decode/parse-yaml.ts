import { Composer, CST, type Document, LineCounter, type ParsedNode, Parser, type Tags } from 'yaml';
import { setOwn } from '../set-own.js';
import { DocumentSyntaxError, type ParsedDocument } from './parse-json.js';

/**
 * What one document may expand to through its aliases, in characters of
 * strings plus one for every value. A request without aliases is always below.
 */
const MAX_EXPANDED_SIZE = 4 * 1024 * 1024;
const MAX_ALIASES = 1000;
const MAX_YAML_DEPTH = 1000;
/** Of collections in one another, aliases apart. What is decoded may be less deep still. */
const MAX_TOKEN_DEPTH = 250;

/**
 * YAML as Kubernetes reads it: version 1.1 (`yes` is a boolean, `0644` is
 * octal, `<<` merges), but timestamps and base-60 numbers stay text.
 * @throws DocumentSyntaxError
 */
export function parseYaml(text: string, options: { findDuplicates: boolean }): ParsedDocument {
  const lineCounter = new LineCounter();
  const document = parseText(text, lineCounter);
  const strictErrors: string[] = [];
  for (const error of document.errors) {
    const { line } = lineCounter.linePos(error.pos[0]);
    if (error.code !== 'DUPLICATE_KEY') throw new DocumentSyntaxError(`yaml: line ${line}: ${error.message}`);
    const key = /^[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? '';
    strictErrors.push(`  line ${line}: key ${JSON.stringify(unquote(key))} already set in map`);
  }
  return {
    value: toValue(document),
    strictErrors:
      options.findDuplicates && strictErrors.length > 0 ? [`yaml: unmarshal errors:\n${strictErrors.join('\n')}`] : [],
  };
}

/**
 * As the package's parseDocument, but that depth is looked at first: what makes
 * objects of tokens is recursive, and a stack that runs out within a regular
 * expression does not throw, it ends the process.
 */
function parseText(text: string, lineCounter: LineCounter): Document.Parsed<ParsedNode> {
  const tokens = [...new Parser(lineCounter.addNewLine).parse(text)];
  if (tokens.some((token) => isNestedTooDeep(token))) throw new DocumentSyntaxError('yaml: exceeded max depth');
  const composer = new Composer<ParsedNode>({
    version: '1.1',
    customTags: withoutSurprises,
    uniqueKeys: true,
    lineCounter,
    prettyErrors: false,
    logLevel: 'silent',
  });
  // There is always one; further ones are not looked at.
  const [document] = composer.compose(tokens, true, text.length);
  return document as Document.Parsed<ParsedNode>;
}

function isNestedTooDeep(root: CST.Token): boolean {
  const pending: [CST.Token, number][] = [[root, 1]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [token, depth] = next;
    if (depth > MAX_TOKEN_DEPTH) return true;
    if (token.type === 'document' && token.value) pending.push([token.value, depth]);
    if (!CST.isCollection(token)) continue;
    for (const { key, value } of token.items) {
      if (key) pending.push([key, depth + 1]);
      if (value) pending.push([value, depth + 1]);
    }
  }
  return false;
}

const SURPRISES = new Set(['timestamp', 'binary', 'omap', 'pairs', 'set']);

/** A lone `.` is text, as each field of managedFields has one for a key. */
const FRACTION = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/;

function withoutSurprises(tags: Tags): Tags {
  return tags
    .filter((tag) => {
      if (typeof tag === 'string') return !SURPRISES.has(tag);
      return tag.format !== 'TIME' && !SURPRISES.has(tag.tag.replace('tag:yaml.org,2002:', ''));
    })
    .map((tag) => (typeof tag !== 'string' && 'test' in tag && tag.test?.test('.') ? { ...tag, test: FRACTION } : tag));
}

function unquote(key: string): string {
  return key.replace(/^(["'])(.*)\1$/, '$2');
}

function toValue(document: Document.Parsed<ParsedNode>): unknown {
  let shared: unknown;
  try {
    shared = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw new DocumentSyntaxError('yaml: document contains excessive aliasing', { cause: error });
  }
  return new Expansion().copy(shared, 0);
}

/** Gives every alias a copy of its own, since values are changed in place later; bounded. */
class Expansion {
  #size = 0;

  copy(value: unknown, depth: number): unknown {
    this.#size += typeof value === 'string' ? value.length + 1 : 1;
    if (this.#size > MAX_EXPANDED_SIZE) throw new DocumentSyntaxError('yaml: document contains excessive aliasing');
    if (depth > MAX_YAML_DEPTH) throw new DocumentSyntaxError('yaml: exceeded max depth');
    if (typeof value === 'bigint') return Number(value);
    if (typeof value !== 'object' || value === null) return value === undefined ? null : value;
    if (Array.isArray(value)) return value.map((element) => this.copy(element, depth + 1));
    const copy: Record<string, unknown> = {};
    for (const [key, element] of Object.entries(value)) setOwn(copy, key, this.copy(element, depth + 1));
    return copy;
  }
}
