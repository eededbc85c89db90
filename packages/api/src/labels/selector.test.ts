import { describe, expect, it } from 'vitest';
import { isApiError } from '../errors.js';
import {
  EVERYTHING,
  formatLabelSelector,
  NOTHING,
  parseSelector,
  selectorFromLabels,
  selectorFromObject,
} from './selector.js';

const labels = { app: 'nginx', tier: 'web', empty: '', size: '5' };

describe('parseSelector', () => {
  it.each([
    ['', true, ''],
    ['app=nginx', true, 'app=nginx'],
    [' app == nginx ', true, 'app==nginx'],
    ['app!=nginx', false, 'app!=nginx'],
    ['missing!=x', true, 'missing!=x'],
    ['app', true, 'app'],
    ['!app', false, '!app'],
    ['! missing', true, '!missing'],
    ['app in (b,nginx,a)', true, 'app in (a,b,nginx)'],
    ['app notin (nginx)', false, 'app notin (nginx)'],
    ['missing notin (nginx)', true, 'missing notin (nginx)'],
    ['empty=', true, 'empty='],
    ['empty in ()', true, 'empty in ()'],
    ['empty in (,x)', true, 'empty in (,x)'],
    ['tier=web,app=nginx', true, 'app=nginx,tier=web'],
    ['tier=db,app=nginx', false, 'app=nginx,tier=db'],
    ['in in (in,notin)', false, 'in in (in,notin)'],
    ['size>4', true, 'size>4'],
    ['size<4', false, 'size<4'],
    ['app>4', false, 'app>4'],
    ['example.com/key=x', false, 'example.com/key=x'],
  ])('%j', (text, matches, printed) => {
    const selector = parseSelector(text);
    expect(selector.matches(labels)).toBe(matches);
    expect(selector.toString()).toBe(printed);
  });

  it.each([
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['a=)', "unable to parse requirement: found ')', expected: identifier"],
    [
      'size>x',
      `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
    [
      '-a=b',
      `unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    ],
    [
      'a=-b',
      `unable to parse requirement: values[0][a]: Invalid value: "-b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    ],
  ])('refuses %j', (text, message) => {
    expect(() => parseSelector(text)).toThrow(message);
    try {
      parseSelector(text);
    } catch (error) {
      expect(isApiError(error, 'BadRequest')).toBe(true);
      expect((error as Error).message).toBe(message);
    }
  });
});

describe('selectors from objects', () => {
  it('takes all of matchLabels and matchExpressions', () => {
    const selector = selectorFromObject({
      matchLabels: { app: 'nginx' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['web', 'db'] },
        { key: 'gone', operator: 'DoesNotExist' },
        { key: 'size', operator: 'Exists' },
        { key: 'app', operator: 'NotIn', values: ['apache'] },
      ],
    });
    expect(selector.matches(labels)).toBe(true);
    expect(selector.matches({ ...labels, gone: '1' })).toBe(false);
    expect(selector.toString()).toBe('app=nginx,app notin (apache),!gone,size,tier in (db,web)');
    expect(parseSelector(selector.toString()).matches(labels)).toBe(true);
  });

  it('knows everything from nothing', () => {
    expect(selectorFromObject(undefined)).toBe(NOTHING);
    expect(NOTHING.matches({})).toBe(false);
    expect(selectorFromObject({})).toBe(EVERYTHING);
    expect(selectorFromLabels({})).toBe(EVERYTHING);
    expect(EVERYTHING.matches(undefined)).toBe(true);
    expect(selectorFromLabels({ app: 'nginx' }).matches(undefined)).toBe(false);
  });

  it('refuses what Kubernetes refuses', () => {
    expect(() => selectorFromObject({ matchExpressions: [{ key: 'a', operator: 'Near' }] })).toThrow(
      '"Near" is not a valid label selector operator',
    );
    expect(() => selectorFromObject({ matchExpressions: [{ key: 'a', operator: 'In', values: [] }] })).toThrow(
      "for 'in', 'notin' operators, values set can't be empty",
    );
  });

  it('prints', () => {
    expect(formatLabelSelector({})).toBe('<none>');
    expect(formatLabelSelector({ matchExpressions: [{ key: 'a', operator: 'x' }] })).toBe('<error>');
  });
});
