import { findDuplicateFields } from './json-duplicates.js';
import { describeSyntaxError } from './json-syntax-error.js';

/** A document as values, and what strict decoding would say of its text. */
export interface ParsedDocument {
  readonly value: unknown;
  /** `duplicate field "spec.replicas"`; empty unless asked for. */
  readonly strictErrors: string[];
}

/** A text that is no document. The message is Go's. */
export class DocumentSyntaxError extends Error {
  override readonly name = 'DocumentSyntaxError';
}

/** @throws DocumentSyntaxError */
export function parseJson(text: string, options: { findDuplicates: boolean }): ParsedDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = describeSyntaxError(text);
    throw new DocumentSyntaxError(reason === '' ? 'invalid JSON' : reason, { cause: error });
  }
  const duplicates = options.findDuplicates ? findDuplicateFields(text, value) : [];
  return { value, strictErrors: duplicates.map((path) => `duplicate field "${path}"`) };
}
