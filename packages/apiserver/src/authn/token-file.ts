import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { TokenAuthenticator } from './token-authenticator.js';
import { ALL_AUTHENTICATED, type User } from './user.js';

/**
 * The tokens of --token-auth-file: lines of `token,user,uid` and, in quotes,
 * `"group1,group2"`. Read once, at the start.
 * @throws Error for a line that cannot be read
 */
export async function readTokenFile(file: string): Promise<TokenAuthenticator> {
  return staticTokens(await readFile(file, 'utf8'));
}

export function staticTokens(csv: string): TokenAuthenticator {
  const users = new Map<string, User>();
  for (const [index, fields] of parseCsv(csv).entries()) {
    const [token = '', name = '', uid = '', groups = ''] = fields;
    // The line itself would put a token into the log.
    if (fields.length < 3) throw new Error(`token file: record ${index + 1} has fewer than 3 fields: token,user,uid`);
    if (token === '') continue;
    const named = groups.split(',').filter((group) => group !== '');
    users.set(digest(token), { name, uid, groups: [...named, ALL_AUTHENTICATED] });
  }
  return {
    async authenticate(token) {
      // By its digest: how long a look-up takes tells nothing of the tokens.
      const user = users.get(digest(token));
      return user && { user };
    },
  };
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}

/** RFC 4180, with blanks before fields and lines of comment (`#`) left out. */
function parseCsv(text: string): string[][] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) =>
    [...line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
      quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"'),
    ),
  );
}
