/**
 * What is wrong with a text that JSON.parse refuses, in the words of Go's
 * scanner, which people search for: `invalid character '}' looking for
 * beginning of value`. For valid JSON, "".
 */
export function describeSyntaxError(text: string): string {
  const scanner = new Scanner(text);
  try {
    scanner.skipDocument();
    return '';
  } catch (error) {
    if (error instanceof SyntaxProblem) return error.message;
    throw error;
  }
}

class SyntaxProblem extends Error {}

/** Brackets are kept on a stack of our own: the text may nest them as deep as it likes. */
class Scanner {
  #at = 0;
  #expectValue = false;
  readonly #open: ('{' | '[')[] = [];

  constructor(private readonly text: string) {}

  skipDocument(): void {
    this.#expectValue = true;
    while (this.#expectValue || this.#open.length > 0) {
      if (this.#expectValue) this.#beginValue();
      else this.#afterValue();
    }
    this.#skipSpace();
    if (this.#at < this.text.length) throw this.#invalid('after top-level value');
  }

  /** Skips a scalar, or opens an object or array up to its first value. */
  #beginValue(): void {
    this.#expectValue = false;
    this.#skipSpace();
    const character = this.#peek();
    if (character === '{') this.#beginObject();
    else if (character === '[') this.#beginArray();
    else if (character === '"') this.#skipString();
    else if (character === '-' || isDigit(character)) this.#skipNumber();
    else if (character === 't') this.#skipLiteral('true');
    else if (character === 'f') this.#skipLiteral('false');
    else if (character === 'n') this.#skipLiteral('null');
    else throw this.#invalid('looking for beginning of value');
  }

  #beginObject(): void {
    this.#at++;
    this.#skipSpace();
    if (this.#peek() === '}') {
      this.#at++;
      return;
    }
    this.#open.push('{');
    this.#skipKey();
  }

  #beginArray(): void {
    this.#at++;
    this.#skipSpace();
    if (this.#peek() === ']') {
      this.#at++;
      return;
    }
    this.#open.push('[');
    this.#expectValue = true;
  }

  #skipKey(): void {
    this.#skipSpace();
    if (this.#peek() !== '"') throw this.#invalid('looking for beginning of object key string');
    this.#skipString();
    this.#skipSpace();
    if (this.#peek() !== ':') throw this.#invalid('after object key');
    this.#at++;
    this.#expectValue = true;
  }

  #afterValue(): void {
    this.#skipSpace();
    const inObject = this.#open.at(-1) === '{';
    const character = this.#peek();
    if (character === ',') {
      this.#at++;
      if (inObject) this.#skipKey();
      else this.#expectValue = true;
    } else if (character === (inObject ? '}' : ']')) {
      this.#at++;
      this.#open.pop();
    } else {
      throw this.#invalid(inObject ? 'after object key:value pair' : 'after array element');
    }
  }

  #skipString(): void {
    for (this.#at++; this.#peek() !== '"'; this.#at++) {
      if (this.#peek() < ' ') throw this.#invalid('in string literal');
      if (this.#peek() === '\\') this.#skipEscape();
    }
    this.#at++;
  }

  /** Leaves the position at the last character of the escape. */
  #skipEscape(): void {
    this.#at++;
    if (this.#peek() !== 'u') {
      if (!'"\\/bfnrt'.includes(this.#peek())) throw this.#invalid('in string escape code');
      return;
    }
    for (let digit = 0; digit < 4; digit++) {
      this.#at++;
      if (!/[0-9a-fA-F]/.test(this.#peek())) throw this.#invalid('in \\u hexadecimal character escape');
    }
  }

  #skipNumber(): void {
    if (this.#peek() === '-') this.#at++;
    if (this.text[this.#at] === '0') this.#at++;
    else this.#skipDigits('in numeric literal');
    if (this.text[this.#at] === '.') {
      this.#at++;
      this.#skipDigits('after decimal point in numeric literal');
    }
    if (this.text[this.#at] === 'e' || this.text[this.#at] === 'E') {
      this.#at++;
      if (this.#peek() === '+' || this.#peek() === '-') this.#at++;
      this.#skipDigits('in exponent of numeric literal');
    }
  }

  #skipDigits(where: string): void {
    if (!isDigit(this.#peek())) throw this.#invalid(where);
    while (isDigit(this.text[this.#at] ?? '')) this.#at++;
  }

  #skipLiteral(literal: string): void {
    for (const expected of literal) {
      if (this.#peek() !== expected) throw this.#invalid(`in literal ${literal} (expecting '${expected}')`);
      this.#at++;
    }
  }

  #skipSpace(): void {
    while (/[ \t\r\n]/.test(this.text[this.#at] ?? '')) this.#at++;
  }

  #peek(): string {
    const character = this.text[this.#at];
    if (character === undefined) throw new SyntaxProblem('unexpected end of JSON input');
    return character;
  }

  #invalid(where: string): SyntaxProblem {
    const character = String.fromCodePoint(this.text.codePointAt(this.#at) ?? 0);
    const shown = character === "'" ? "\\'" : character === '"' ? '"' : JSON.stringify(character).slice(1, -1);
    return new SyntaxProblem(`invalid character '${shown}' ${where}`);
  }
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}
