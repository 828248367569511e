import { expect, it } from 'vitest';
import { filesByDigest } from '../../src/checks/references.ts';
import { manifest } from '../support/facts.ts';

it('an image’s files are indexed once, however many entries ask', () => {
  const image = manifest();
  expect(filesByDigest(image)).toBe(filesByDigest(image));
  expect(filesByDigest(manifest())).not.toBe(filesByDigest(image));
});
