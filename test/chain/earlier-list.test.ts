/** Whether a runtime list goes on where one of another boot or sleep ended. */
import { expect, it } from 'vitest';
import { contentId } from '../../src/bytes/hash.ts';
import { earlierList } from '../../src/chain/earlier-list.ts';

const bytes = Uint8Array.of(1, 2, 3, 4);
const list = { id: contentId(bytes), bytes };
const accepted = { id: contentId(bytes.subarray(0, 3)), bytes: 3, resetCount: 5, restartCount: 1 };
const now = { resetCount: 6, restartCount: 0 };

it('does where it begins with what was accepted then', () => {
  expect(earlierList(list, now, accepted)?.value).toEqual({ bytes: 3 });
  expect(earlierList(list, { resetCount: 5, restartCount: 2 }, accepted)?.value).toEqual({ bytes: 3 });
  expect(earlierList(list, now, { ...accepted, id: list.id, bytes: 4 })?.value).toEqual({ bytes: 4 });
});

it('does not within one boot', () => {
  expect(earlierList(list, { resetCount: 5, restartCount: 1 }, accepted)).toBeNull();
});

it('does not where it begins otherwise, is shorter, or nothing was accepted', () => {
  expect(earlierList(list, now, { ...accepted, id: contentId(Uint8Array.of(9)) })).toBeNull();
  expect(earlierList(list, now, { ...accepted, id: list.id, bytes: 9 })).toBeNull();
  expect(earlierList(list, now, { ...accepted, id: contentId(new Uint8Array(0)), bytes: 0 })).toBeNull();
  expect(earlierList(list, now, undefined)).toBeNull();
  expect(earlierList(undefined, now, accepted)).toBeNull();
  expect(earlierList({ id: list.id }, now, accepted)).toBeNull();
});
