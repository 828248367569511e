import { expect, it } from 'vitest';
import { isViolation, templateData, templateDigest } from '../../../src/logs/ima/model.ts';
import { parseBinaryList } from '../../../src/logs/ima/parse-binary.ts';
import { binaryList, manyFiles } from '../../support/ima-list-builder.ts';

it.each([templateDigest, templateData, isViolation])('%o of an entry that is not there is our own mistake', (read) => {
  const list = parseBinaryList(binaryList(manyFiles(2))).untrusted;
  expect(() => read(list, 1)).not.toThrow();
  expect(() => read(list, 2)).toThrow(new RangeError('no entry 2 in a list of 2'));
});
