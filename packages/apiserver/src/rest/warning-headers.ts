/** Characters of all warnings of an answer: what headers are read into is small. */
const MAX_CHARACTERS = 4096;
/** Of each, where all would be more. */
const MAX_CHARACTERS_OF_ONE = 256;

/** The `Warning` headers of an answer. As with Kubernetes: where they are too many, each is cut, and the last are left out. */
export function warningHeaders(warnings: ReadonlySet<string>): string[] {
  const texts = [...warnings];
  if (texts.reduce((sum, { length }) => sum + length, 0) <= MAX_CHARACTERS) return texts.map(warningHeader);
  const headers: string[] = [];
  for (let written = 0, index = 0; index < texts.length && written < MAX_CHARACTERS; index++) {
    const text = (texts[index] ?? '').slice(0, MAX_CHARACTERS_OF_ONE);
    written += text.length;
    headers.push(warningHeader(text));
  }
  return headers;
}

/** RFC 7234, section 5.5, as Kubernetes writes it. */
function warningHeader(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, ' ').replace(/["\\]/g, '\\$&');
  return `299 - "${printable}"`;
}
