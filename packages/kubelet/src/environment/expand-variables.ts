/** The value of a variable; undefined when there is none of that name. */
type VariableLookup = (name: string) => string | undefined;

/**
 * Replaces `$(NAME)` by the variable's value. `$$` stands for one `$`, so
 * `$$(NAME)` is the literal `$(NAME)`; what names no variable, is not closed or
 * is no reference at all is left as it is written. Replaced text is not looked
 * at again. (Kubernetes API, Container.args and EnvVar.value.)
 */
export function expandVariables(input: string, lookup: VariableLookup): string {
  return expandWith(input, (name) => lookup(name) ?? `$(${name})`);
}

/** Like {@link expandVariables}, also telling which names were not known. */
export function expandVariablesStrictly(
  input: string,
  lookup: VariableLookup,
): { readonly value: string; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const value = expandWith(input, (name) => {
    const found = lookup(name);
    if (found === undefined) missing.push(name);
    return found ?? '';
  });
  return { value, missing };
}

function expandWith(input: string, resolve: (name: string) => string): string {
  let result = '';
  let position = 0;
  while (position < input.length) {
    const dollar = input.indexOf('$', position);
    if (dollar < 0 || dollar === input.length - 1) return result + input.slice(position);
    result += input.slice(position, dollar);
    const next = input.charAt(dollar + 1);
    const close = next === '(' ? input.indexOf(')', dollar + 2) : -1;
    if (close >= 0) {
      result += resolve(input.slice(dollar + 2, close));
      position = close + 1;
    } else {
      result += next === '$' ? '$' : `$${next}`;
      position = dollar + 2;
    }
  }
  return result;
}
