import { expect, it } from 'vitest';
import { type DiffValue, goDiff } from './go-diff.js';

const struct = (...fields: [string, DiffValue][]) => ({ type: 'a.B', fields });
const letters = (changed: Readonly<Record<string, string>>) =>
  struct(...['A', 'Bb', 'C', 'D', 'E', 'F', 'G', 'H'].map((name): [string, string] => [name, changed[name] ?? '0']));

it('shows two fields around a change, and counts the others', () => {
  expect(goDiff(letters({ D: '1' }), letters({ D: '2' }))).toBe(
    [
      '  a.B{',
      '  \tA:  0,',
      '  \tBb: 0,',
      '  \tC:  0,',
      '- \tD:  1,',
      '+ \tD:  2,',
      '  \tE:  0,',
      '  \tF:  0,',
      '  \t... // 2 identical fields',
      '  }',
      '',
    ].join('\n'),
  );
});

it('joins what lies between two changes', () => {
  const text = goDiff(letters({ A: '1', H: '1' }), letters({ A: '2', H: '2' }));
  expect(text).toContain('  \t... // 2 identical fields\n');
  expect(text.match(/identical/g)).toHaveLength(1);
});

it('goes into structures, and shows long ones line by line', () => {
  const inner = (text: string) => struct(['Name', '"x"'], ['Text', text]);
  expect(goDiff(struct(['In', inner('"a"')]), struct(['In', inner('"b"')]))).toBe(
    ['  a.B{', '  \tIn: a.B{', '  \t\tName: "x",', '- \t\tText: "a",', '+ \t\tText: "b",', '  \t},', '  }', ''].join(
      '\n',
    ),
  );
  const long = (text: string) => struct(['Text', `"${text.repeat(90)}"`]);
  expect(goDiff(struct(['In', long('a')]), struct(['In', long('b')]))).toContain(
    `- \tIn: a.B{\n- \t\tText: "${'a'.repeat(90)}",\n- \t},\n`,
  );
});
