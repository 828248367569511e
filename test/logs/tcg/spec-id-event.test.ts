import { expect, it } from 'vitest';
import { decodeLog } from '../../../src/logs/tcg/event-data.ts';
import { parseTcgLog } from '../../../src/logs/tcg/parse.ts';
import { labCapture } from '../../support/lab-bundle.ts';

it('the first event of a crypto-agile log is told as its Spec ID', () => {
  const { untrusted } = parseTcgLog(labCapture('uki', 'baseline').firmware);
  expect(decodeLog(untrusted, 'sha256').events[0]!.body).toMatchObject({ kind: 'no-action', subject: 'spec-id' });
});
