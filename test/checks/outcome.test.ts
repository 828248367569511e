import { describe, expect, test } from 'vitest';
import { finding, no, noIfAny, placeOf, unknown, yes } from '../../src/checks/outcome.ts';
import { event } from '../support/facts.ts';

const found = (observed = 'o', component = 'c') =>
  finding({ code: 'boot.order', component, expected: 'e', observed, at: { part: 'log.firmware' } });

describe('an answer', () => {
  test('that is not yes comes with a finding', () => {
    expect(() => no([])).toThrow(RangeError);
    expect(() => unknown([])).toThrow(RangeError);
    expect(noIfAny([])).toEqual(yes());
    expect(noIfAny([found()]).answer).toBe('no');
  });

  test('lists a hundred findings and counts the others', () => {
    const many = Array.from({ length: 130 }, (_, i) => found(String(i)));
    const outcome = no(many, ['first']);
    expect(outcome.findings).toHaveLength(100);
    expect(outcome.notes).toEqual(['first', '30 more findings of this check are not listed']);
    expect(no(many.slice(0, 100)).notes).toEqual([]);
    expect(unknown(many).findings).toHaveLength(100);
  });
});

describe('a finding', () => {
  test('is of the link its code names', () => expect(found().link).toBe('boot'));

  test('is named by code, component and what was observed, not by what was expected or where', () => {
    const other = finding({
      code: 'boot.order',
      component: 'c',
      expected: 'x',
      observed: 'o',
      at: { part: 'quote', pcr: 4 },
    });
    expect(other.fingerprint).toBe(found().fingerprint);
    expect(found('p').fingerprint).not.toBe(found().fingerprint);
    expect(found('o', 'd').fingerprint).not.toBe(found().fingerprint);
  });

  test('shows a host’s text without what a terminal would obey', () => {
    const text = finding({
      code: 'boot.order',
      component: '\u001b[2J',
      expected: 'a\u202Eb',
      observed: 'c\n',
      at: { part: 'x' },
    });
    expect([text.component, text.expected, text.observed]).toEqual(['\\u{1b}[2J', 'a\\u{202e}b', 'c\\u{a}']);
  });

  test('points to where its fact was drawn from, and to nothing else', () => {
    const { source } = event(4, 'x');
    expect(placeOf(event(4, 'x'))).toEqual({ part: 'log.firmware', pcr: 4, index: source.index! + 1 });
  });
});
