import { describe, expect, it } from 'vitest';
import { parseProto } from './parse-proto.js';

const HEADER = 'syntax = "proto3";\npackage a.b;\n';

describe('parseProto', () => {
  it('reads messages with all kinds of fields', () => {
    const { messages, enums } = parseProto(`${HEADER}
      message Outer { // a comment
        message Inner { string text = 1; }
        enum Colour { RED = 0; BLUE = 2; }
        Inner one_inner = 1;
        repeated b.Other others = 2;
        optional int64 tail_lines = 3;
        map<string, bytes> by_name = 4;
        oneof either_one { bool yes = 5; Colour colour = 16; }
      }
      message Other {}`);
    expect(messages.get('a.b.Outer')).toEqual([
      { name: 'oneInner', number: 1, type: 'message', typeName: 'a.b.Outer.Inner', rule: 'single' },
      { name: 'others', number: 2, type: 'message', typeName: 'a.b.Other', rule: 'repeated' },
      { name: 'tailLines', number: 3, type: 'int64', typeName: 'int64', rule: 'optional' },
      { name: 'byName', number: 4, type: 'message', typeName: 'a.b.Outer.by_name.entry', rule: 'map' },
      { name: 'yes', number: 5, type: 'bool', typeName: 'bool', rule: 'single', oneof: 'eitherOne' },
      { name: 'colour', number: 16, type: 'enum', typeName: 'a.b.Outer.Colour', rule: 'single', oneof: 'eitherOne' },
    ]);
    expect(messages.get('a.b.Other')).toEqual([]);
    expect(enums.get('a.b.Outer.Colour')).toEqual(
      new Map([
        ['RED', 0],
        ['BLUE', 2],
      ]),
    );
  });

  it('reads services', () => {
    const { services } = parseProto(`${HEADER}
      service Echo { rpc Say(stream Word) returns (Word); rpc Hear(Word) returns (stream a.b.Word); }
      message Word {}`);
    expect(services.get('a.b.Echo')).toEqual([
      { name: 'Say', requestType: 'a.b.Word', responseType: 'a.b.Word', requestStream: true, responseStream: false },
      { name: 'Hear', requestType: 'a.b.Word', responseType: 'a.b.Word', requestStream: false, responseStream: true },
    ]);
  });

  it.each([
    ['syntax = "proto2";', 'line 1: unexpected "proto2"'],
    [`${HEADER}import "other.proto";`, 'line 3: unexpected import'],
    [`${HEADER}message M {\n  string text = 1 [deprecated = true];\n}`, 'line 4: unexpected ['],
    [`${HEADER}message M { reserved 1; }`, 'line 3: unexpected 1'],
    [`${HEADER}message M { double number = 1; }`, 'there is no type double in a.b.M'],
    [`${HEADER}message M { repeated int32 numbers = 1; }`, 'numbers: repeated numbers are not supported'],
    [`${HEADER}message M { map<int32, string> names = 1; }`, 'line 3: the keys of a map must be strings'],
    [`${HEADER}message M {`, 'line 3: unexpected end of file'],
    [`${HEADER}service S { rpc Do(M) returns (Gone); }\nmessage M {}`, 'there is no type Gone in a.b'],
  ])('refuses %j', (text, message) => {
    expect(() => parseProto(text)).toThrow(message);
  });
});
