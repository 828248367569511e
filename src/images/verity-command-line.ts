/** Whether the data image is the one that the image's command line makes the host open. */

import { EvidenceError } from '../bytes/errors.ts';
import { readSuperblock, SUPERBLOCK_SIZE, verityRoot } from './verity.ts';
import type { ByteSource } from './source.ts';

/** The data image and its tree, as two partitions or files. */
export interface VerityFiles {
  readonly data: ByteSource;
  readonly hash: ByteSource;
}

/** What was proved of the data image. */
export interface VerityRoot {
  /** the parameter of the command line that names it */
  readonly parameter: 'roothash' | 'usrhash';
  /** hexadecimal */
  readonly rootHash: string;
  /** bytes of data below the root */
  readonly size: number;
}

const PARAMETERS = ['roothash', 'usrhash'] as const;

/**
 * Recomputes the root hash and finds it on the command line (systemd-veritysetup-generator(8)).
 * @throws EvidenceError `verity.command-line` where that names no root hash, or one parameter twice, so that it depends on the reader
 *   which counts; `verity.mismatch`, and those of the readers
 */
export function requireVerity({ data, hash }: VerityFiles, commandLine: string): VerityRoot {
  const named = PARAMETERS.flatMap((parameter) => {
    const times = commandLine.split(`${parameter}=`).length - 1;
    if (times > 1) throw fail('command-line', `the command line has ${parameter}= ${times} times`);
    const stated = words(commandLine).find((word) => word.startsWith(`${parameter}=`));
    return stated === undefined ? [] : [{ parameter, rootHash: stated.slice(parameter.length + 1).toLowerCase() }];
  });
  if (named.length === 0) throw fail('command-line', 'the command line has neither roothash= nor usrhash=');
  const parameters = readSuperblock(hash.read(0, Math.min(hash.size, SUPERBLOCK_SIZE)));
  const rootHash = verityRoot(data, parameters);
  const found = named.find((one) => one.rootHash === rootHash);
  if (found === undefined) {
    const expected = named.map((one) => `${one.parameter}=${one.rootHash}`).join(' and ');
    throw fail('mismatch', `the data image has the root hash ${rootHash}, the command line ${expected}`);
  }
  return { ...found, size: parameters.dataBlocks * parameters.dataBlockSize };
}

/** Up to `--`, behind which words are for init. A root hash needs no quotes, so none are taken off: with them it is no match. */
function words(commandLine: string): readonly string[] {
  const all = commandLine.split(/\s/);
  const end = all.indexOf('--');
  return end === -1 ? all : all.slice(0, end);
}

function fail(reason: string, message: string): EvidenceError {
  return new EvidenceError(`verity.${reason}`, `verity: ${message}`, { part: 'verity' });
}
