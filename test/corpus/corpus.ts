/** The corpus of real evidence, found by ASSAY_CORPUS alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env['ASSAY_CORPUS'];
if (folder === undefined) throw new Error('set ASSAY_CORPUS to the folder of real logs');

export interface CorpusFile {
  readonly file: string;
  readonly kind: string;
}

/** Every file of the manifest. */
export function corpusFiles(): CorpusFile[] {
  return corpusText('MANIFEST.tsv')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [file = '', kind = ''] = line.split('\t');
      return { file, kind };
    });
}

export function corpusBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder!, file)));
}

export function corpusText(file: string): string {
  return readFileSync(join(folder!, file), 'utf8');
}
