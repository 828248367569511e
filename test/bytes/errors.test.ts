import { expect, it } from 'vitest';
import { EvidenceError, readOr } from '../../src/bytes/errors.ts';

const throwing = (error: unknown) => () => {
  throw error;
};

it('gives what was read, or what is made of the reason it could not be', () => {
  expect(readOr(() => 1, throwing(new Error('not asked')))).toBe(1);
  const error = new EvidenceError('bytes.truncated', 'too short');
  expect(readOr(throwing(error), (reason) => reason)).toBe(error);
});

it('passes on whatever else went wrong: a fault of ours is no word on the evidence', () => {
  const fault = new TypeError('ours');
  expect(() => readOr(throwing(fault), () => 'malformed')).toThrow(fault);
});
