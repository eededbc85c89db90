import { configMaps } from '@kubelab/api';
import { expect, test } from 'vitest';
import type { ListPage } from '../storage/storage.js';
import { encodeList, encodeUntypedList } from './encode-list.js';

const page = (...items: string[]): ListPage =>
  ({
    items: items.map((text) => ({ encoded: Buffer.from(text) })),
    version: '7',
    continueToken: '',
  }) as unknown as ListPage;

const TYPED = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}';

test('the items of an untyped list leave it to the list of what kind they are', () => {
  const list = (items: string) =>
    `{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[${items}]}`;
  expect(encodeList(configMaps, page(TYPED, TYPED)).toString()).toBe(list(`${TYPED},${TYPED}`));
  const bare = '{"metadata":{"name":"a"}}';
  const swapped = '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}}';
  expect(encodeUntypedList(configMaps, page(TYPED, swapped, bare)).toString()).toBe(list(`${bare},${bare},${bare}`));
  expect(encodeUntypedList(configMaps, page()).toString()).toBe(list(''));
});
