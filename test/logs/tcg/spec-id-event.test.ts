import { expect, it, test } from 'vitest';
import { decodeLog } from '../../../src/logs/tcg/event-data.ts';
import { parseTcgLog } from '../../../src/logs/tcg/parse.ts';
import { noActionSignature } from '../../../src/logs/tcg/spec-id.ts';
import { labCapture } from '../../support/lab-bundle.ts';

it('the first event of a crypto-agile log is told as its Spec ID', () => {
  const { untrusted } = parseTcgLog(labCapture('uki', 'baseline').firmware);
  expect(decodeLog(untrusted, 'sha256').events[0]!.body).toMatchObject({ kind: 'no-action', subject: 'spec-id' });
});

test.each<[string, string | undefined]>([
  ['Spec ID Event03\0', 'Spec ID Event03'],
  ['StartupLocality\0\x03', 'StartupLocality'],
  ['sixteen letters!', 'sixteen letters!'],
  ['a\0and anything behind it', 'a'],
  ['Spec ID Event03', undefined],
  ['Spec ID\tEvent03\0', undefined],
  ['Spec ID\xa0Event03\0', undefined],
])('the signature of %j is %j', (data, signature) => {
  expect(noActionSignature(Buffer.from(data, 'latin1'))).toBe(signature);
});
