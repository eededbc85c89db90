import { type LinkRewriting, rewriteUrl } from './rewrite-url.js';

/** Attributes that hold links, by tag: HTML 4 and 5 (as Kubernetes' proxy transport). */
const LINKS: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

const TAG = /<([a-z][a-z0-9]*)((?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)+)\s*\/?>/gi;
const ATTRIBUTE = /([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'=<>`]+)/g;

/** A page whose links lead through the proxy. */
export function rewriteHtml(html: string, rewriting: LinkRewriting): string {
  return html.replace(TAG, (tag: string, name: string, attributes: string) => {
    const links = Object.hasOwn(LINKS, name.toLowerCase()) ? LINKS[name.toLowerCase()] : undefined;
    if (links === undefined) return tag;
    const rewritten = attributes.replace(ATTRIBUTE, (attribute: string, key: string, equals: string, value: string) => {
      if (!links.includes(key.toLowerCase())) return attribute;
      const quote = value.startsWith('"') || value.startsWith("'") ? value.charAt(0) : '';
      const link = quote === '' ? value : value.slice(1, -1);
      return `${key}${equals}${quote}${rewriteUrl(link, rewriting)}${quote}`;
    });
    return tag.replace(attributes, () => rewritten);
  });
}
