/** What systemd says that its own words are measured as. */
import { expect, test } from 'vitest';
import { PHASES } from '../../src/references/phases.ts';
import { celRecord } from '../support/cel-builder.ts';
import { corpusFiles, corpusText } from './corpus.ts';

interface Component {
  readonly records: readonly { readonly pcr: number; readonly digests: readonly { readonly hashAlg: string }[] }[];
}

const files = corpusFiles().filter(({ file }) => file.includes('/pcrlock.d/'));

test.each(PHASES)('%s', (word) => {
  const found = files.filter(({ file }) => file.endsWith(`-${word}.pcrlock`));
  expect(found).toHaveLength(1);
  const { records } = JSON.parse(corpusText(found[0]!.file)) as Component;
  const { digests } = celRecord({ text: word }, ['sha1', 'sha256', 'sha384', 'sha512']);
  expect(records).toEqual([{ pcr: 11, digests }]);
});
