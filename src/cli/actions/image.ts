/** What `assay image` does. */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../bytes/errors.ts';
import { diffImages } from '../../images/diff.ts';
import { phaseValues } from '../../images/final-values.ts';
import type { ImageAddOptions, ImageShowOptions } from '../commands/image.ts';
import { readImage, readVerity } from '../image-input.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { said, writeOutput } from '../output.ts';
import { renderDifferences, renderImage } from '../render/image.ts';

/** Shows what an image makes a TPM measure. */
export function showImage(io: Io, path: string, options: ImageShowOptions): void {
  const manifest = readImage(path, options);
  const verity = readVerity(options, manifest);
  const phases = phaseValues(manifest, 'sha256');
  if (options.json === true) io.out(`${JSON.stringify({ schema: 'assay.image/1', manifest, phases, verity })}\n`);
  else io.out(renderImage(manifest, verity, io.outStyle));
}

/**
 * Writes an image's manifest to a file, or into the catalogue that policies name it from.
 * @throws UsageError `image.exists` for another manifest of the same name, `image.catalogue`, `output.unwritable`, and as {@link readImage}
 */
export function addImage(io: Io, path: string, options: ImageAddOptions): void {
  const { catalogue = io.env['ASSAY_CATALOGUE'], out } = options;
  if (out === undefined && catalogue === undefined) {
    const remedy = 'name the catalogue with --catalogue DIR or ASSAY_CATALOGUE, or a file with --out FILE';
    throw new UsageError('image.catalogue', 'no catalogue to add the image to', remedy);
  }
  const manifest = readImage(path, options);
  // A data image that is not the command line's leaves nothing written.
  const verity = readVerity(options, manifest);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const file = out ?? place(catalogue!, manifest.name, text, options.replace === true);
  writeOutput(io, file, text);
  const { name, version } = manifest;
  said(io, options, 'assay.image-added/1', { name, version, file, verity }, `${name} ${version}  ${file}`);
}

/** The manifest's file in a catalogue. What is there is not replaced without being told to: hosts run it. */
function place(catalogue: string, name: string, text: string, replace: boolean): string {
  const folder = join(catalogue, 'manifests');
  const file = join(folder, `${name}.json`);
  if (existsSync(file) && !replace && readFileSync(file, 'utf8') !== text) {
    const remedy =
      'give the new image a name of its own with --name, so that both are approved while hosts change over; or --replace';
    throw new UsageError('image.exists', `${file} is the manifest of another image`, remedy);
  }
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new UsageError(
      'output.unwritable',
      `${folder}: ${(cause as Error).message}`,
      'name a folder that may be written',
    );
  }
  return file;
}

/** Says by component what is different between two images. */
export function compareImages(io: Io, paths: readonly [string, string], options: ImageShowOptions): ExitCode {
  const [before, after] = [readImage(paths[0], options), readImage(paths[1], options)];
  const differences = diffImages(before, after);
  const same = differences.length === 0;
  const named = ({ name, version }: typeof before) => ({ name, version });
  const answer = { before: named(before), after: named(after), same, differences };
  const words = same ? 'a host cannot tell them apart' : renderDifferences(differences, io.outStyle).trimEnd();
  said(io, options, 'assay.image-diff/1', answer, words);
  return same ? EXIT.yes : EXIT.no;
}
