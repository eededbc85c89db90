const PEM_BLOCK = /-----BEGIN CERTIFICATE REQUEST-----\s*([\s\S]*?)-----END CERTIFICATE REQUEST-----/;
/** organizationName (X.520), as DER has it. */
const ORGANIZATION = '55040a';

/** One element of DER. */
interface Element {
  readonly content: Buffer;
  readonly end: number;
}

/** The organizations that a PEM-encoded PKCS#10 request (RFC 2986) asks for; none where it cannot be read. */
export function requestedOrganizations(base64: string): string[] {
  const text = PEM_BLOCK.exec(Buffer.from(base64, 'base64').toString('latin1'))?.[1];
  if (text === undefined) return [];
  try {
    const [info] = children(elementAt(Buffer.from(text, 'base64'), 0));
    const subject = info && children(info)[1];
    const names = (subject ? children(subject) : []).flatMap(children).map(children);
    return names
      .filter(([type]) => type?.content.toString('hex') === ORGANIZATION)
      .map(([, value]) => value?.content.toString('utf8') ?? '');
  } catch {
    // Validation has said what is wrong with it.
    return [];
  }
}

function children(parent: Element): Element[] {
  const found: Element[] = [];
  for (let offset = 0; offset < parent.content.length; ) {
    const element = elementAt(parent.content, offset);
    found.push(element);
    offset = element.end;
  }
  return found;
}

function elementAt(der: Buffer, offset: number): Element {
  const first = der.readUInt8(offset + 1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const length = lengthBytes === 0 ? first : der.readUIntBE(offset + 2, lengthBytes);
  const start = offset + 2 + lengthBytes;
  if (start + length > der.length) throw new RangeError('an element is longer than what it is in');
  return { content: der.subarray(start, start + length), end: start + length };
}
