import type { AuthorizationMode, UserRules, Verdict } from './authorizer.js';

/** Asks one after the other; the first that has an opinion decides. */
export function authorizerUnion(authorizers: readonly AuthorizationMode[]): AuthorizationMode {
  return {
    authorize(attributes): Verdict {
      const reasons: string[] = [];
      for (const authorizer of authorizers) {
        const verdict = authorizer.authorize(attributes);
        if (verdict.decision !== 'noOpinion') return verdict;
        if (verdict.reason !== '') reasons.push(verdict.reason);
      }
      return { decision: 'noOpinion', reason: reasons.join('\n') };
    },
    rulesFor(user, namespace): UserRules {
      const all = authorizers.map((authorizer) => authorizer.rulesFor(user, namespace));
      return {
        rules: all.flatMap(({ rules }) => rules),
        incomplete: all.some(({ incomplete }) => incomplete),
        errors: all.flatMap(({ errors }) => errors),
      };
    },
  };
}
