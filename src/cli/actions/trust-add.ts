/** What `assay trust add` does. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { NewTrustRoot, TrustRootDetail } from '../../api/trust-schemas.ts';
import { PolicyError, UsageError } from '../../bytes/errors.ts';
import { contentId } from '../../bytes/hash.ts';
import { printable, toBase64url } from '../../bytes/text.ts';
import type { Certificate } from '../../x509/certificate.ts';
import type { AddTrustOptions } from '../commands/trust.ts';
import { readText } from '../input.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { operatorClient, type Call } from '../operator-client.ts';
import { readTrustInput, sayLeftOut, type LeftOut } from '../trust-input.ts';

/** The makers of all TPMs together have some hundred roots. */
const MAX_FILES = 4096;

/** @throws UsageError `trust.*`, `input.*`, and as {@link operatorClient}; PolicyError as {@link readTrustInput}, of a file that was named */
export async function addTrust(io: Io, path: string, options: AddTrustOptions): Promise<ExitCode> {
  const leftOut: LeftOut[] = [];
  const roots = readRoots(path, options, leftOut);
  const { name } = options;
  if (name !== undefined && roots.length > 1) {
    throw new UsageError('trust.name', `--name is for one root, and there are ${roots.length}`, 'leave --name out');
  }
  const call = operatorClient(io, options);
  const added: TrustRootDetail[] = [];
  const present: string[] = [];
  for (const root of roots) {
    const outcome = await trustRoot(call, root, options);
    if (outcome === 'present') present.push(contentId(root.der));
    else if ('why' in outcome) leftOut.push(outcome);
    else added.push(outcome);
  }
  if (options.json === true) {
    io.out(`${JSON.stringify({ schema: 'assay.trust-added/1', added, present, leftOut })}\n`);
  } else {
    for (const { id, subject } of added) io.out(`${id}  ${printable(subject, 200)}\n`);
    for (const id of present) io.out(`${id}  was trusted already\n`);
    sayLeftOut(io, leftOut);
  }
  return leftOut.length === 0 ? EXIT.yes : EXIT.no;
}

/** The certificates to trust, each once. */
function readRoots(path: string, { passphraseFile, anyCa }: AddTrustOptions, leftOut: LeftOut[]): Certificate[] {
  const passphrase =
    passphraseFile === undefined ? '' : readText(passphraseFile, '--passphrase-file').replace(/\r?\n$/, '');
  const files = filesOf(path);
  const roots = new Map<string, Certificate>();
  for (const file of files ?? [path]) {
    try {
      const { certificates, crls } = readTrustInput(file, leftOut, passphrase);
      if (crls.length > 0)
        leftOut.push({
          what: file,
          why: `${crls.length} revocation lists, which are no roots (\`assay trust add-crl\` takes them)`,
        });
      for (const certificate of certificates) {
        if (anyCa === true || isSelfIssued(certificate)) {
          roots.set(certificate.sha256, certificate);
        } else
          leftOut.push({
            what: certificateLabel(certificate),
            why: 'another CA issued it (--any-ca trusts it all the same)',
          });
      }
    } catch (cause) {
      // In a folder other things may lie; a file that was named has to be one of certificates.
      if (files === undefined || !(cause instanceof PolicyError)) throw cause;
      leftOut.push({ what: file, why: `${cause.code}: ${cause.message}` });
    }
  }
  return [...roots.values()];
}

/** Files of a folder and of those below it; undefined when it is none. */
function filesOf(path: string): string[] | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  if (files.length > MAX_FILES) {
    throw new UsageError('trust.files', `${path}: more than ${MAX_FILES} files`, 'check that it is the right folder');
  }
  return files.toSorted();
}

/** What a CA has issued to itself: a root, where somebody trusts it. */
export function isSelfIssued({ subjectDer, issuerDer }: Certificate): boolean {
  return subjectDer === issuerDer;
}

/** Has the service trust one certificate; one that could vouch for nobody is left out. */
export async function trustRoot(
  call: Call,
  certificate: Certificate,
  { class: kind, name, reason }: Pick<AddTrustOptions, 'class' | 'name' | 'reason'>,
): Promise<TrustRootDetail | 'present' | LeftOut> {
  const body = {
    certificate: toBase64url(certificate.der),
    // The service knows which classes there are.
    class: kind as NewTrustRoot['class'],
    name: name ?? certificateLabel(certificate),
    ...(reason !== undefined && { reason }),
  } satisfies NewTrustRoot;
  try {
    return await call<TrustRootDetail>({ method: 'POST', path: '/v1/trust-roots', body });
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    if (cause.code === 'trust-root.exists') return 'present';
    if (cause.code !== 'trust-root.certificate') throw cause;
    return { what: certificateLabel(certificate), why: cause.message };
  }
}

/** A certificate as people know it; one for a TPM may lack a subject. */
export function certificateLabel({ subject, der }: Certificate): string {
  return subject === '' ? contentId(der) : printable(subject, 200);
}
