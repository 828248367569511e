/** Every certificate of the corpus, found by what files hold, each once. */
import { createHash } from 'node:crypto';
import { corpusBytes, corpusFiles } from './corpus.ts';

export interface CertificateBlob {
  /** File, and the number of the PEM block in it. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Kinds of the manifest whose binary files are certificates. */
const BINARY_KINDS = /^(platform-cert|ek-ca|ek-or-ak-cert|cert-ek-or-platform|secureboot-db|efi-siglist-gpt)$/;

export function certificateBlobs(): CertificateBlob[] {
  const blobs = new Map<string, CertificateBlob>();
  const add = (name: string, bytes: Uint8Array): void => {
    const id = createHash('sha256').update(bytes).digest('hex');
    if (!blobs.has(id)) blobs.set(id, { name, bytes });
  };
  for (const { file, kind } of corpusFiles()) {
    const bytes = corpusBytes(file);
    const blocks = [
      ...Buffer.from(bytes)
        .toString('latin1')
        .matchAll(/-----BEGIN [A-Z ]*CERTIFICATE-----([^-]*)-----END/g),
    ];
    for (const [index, [, body]] of blocks.entries()) {
      add(`${file}#${index}`, new Uint8Array(Buffer.from(body!.replaceAll(/\s/g, ''), 'base64')));
    }
    const isBinary = bytes[0] === 0x30 || (bytes[0] === 0x10 && bytes[1] === 0x01);
    if (blocks.length === 0 && isBinary && BINARY_KINDS.test(kind) && !/\.(sig|hash)$/.test(file)) add(file, bytes);
  }
  return [...blobs.values()];
}
