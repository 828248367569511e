/**
 * What the appraisal of an enrolled host was a function of, as one document that names every part by its content: kept so that the
 * appraisal can be made again.
 */

import * as z from 'zod/mini';
import { PolicyError } from '../bytes/errors.ts';
import { contentId } from '../bytes/hash.ts';
import { canonicalJson, parseJson, type Json } from '../bytes/json.ts';
import { fromBase64url, toBase64url } from '../bytes/text.ts';
import { bundleFromJson, bundleToJson, type EvidenceBundle } from '../evidence/bundle.ts';
import { completeLogs } from '../evidence/complete.ts';
import { readPolicy, writePolicy } from '../policy/stored.ts';
import { ROOT_CLASSES } from '../references/enrolment.ts';
import { parseDocument } from '../references/schema.ts';
import type { AppraisalInput } from './model.ts';

/** The input of an appraisal that takes no pins. */
type HostInput = Omit<AppraisalInput, 'pins'>;

const ContentId = z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits'));
const Unsigned = z.string().check(z.regex(/^(0|[1-9]\d{0,19})$/, 'must be an unsigned number'));

const InputDocument = z.strictObject({
  schema: z.literal('assay.input/1'),
  at: z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'must be RFC 3339 in UTC')),
  policy: ContentId,
  challenge: z.nullable(
    z.strictObject({
      nonce: z.string(),
      selection: z.nullable(z.string()),
      rule: z.nullable(z.enum(['nonce', 'assay-quote-1'])),
    }),
  ),
  evidence: z.unknown(),
  enrolment: z.nullable(
    z.strictObject({
      host: z.string(),
      ek: z.string(),
      ekCertificates: z.array(z.string()),
      ak: z.string(),
      akParent: z.enum(['endorsement', 'ek', 'owner']),
      ours: z.nullable(z.strictObject({ by: z.enum(['ek-pin', 'join-token', 'approval']), detail: z.string() })),
      activatedAt: z.nullable(z.number()),
    }),
  ),
  trust: z.nullable(
    z.strictObject({
      roots: z.array(z.strictObject({ id: ContentId, name: z.string(), class: z.enum(ROOT_CLASSES) })),
      crls: z.array(ContentId),
    }),
  ),
  prior: z.nullable(
    z.strictObject({
      resetCount: z.number(),
      restartCount: z.number(),
      clock: Unsigned,
      firmwareVersion: Unsigned,
      reactivated: z.optional(z.literal(true)),
      runtimeList: z.optional(
        z.strictObject({ id: ContentId, bytes: z.number(), resetCount: z.number(), restartCount: z.number() }),
      ),
    }),
  ),
});
type InputDocument = z.infer<typeof InputDocument>;

/**
 * The document, and the parts that it names but for roots and revocation lists: those are the operator's, kept by content anyway.
 * @returns the document first
 */
export function writeInput(input: HostInput): readonly [document: Uint8Array, ...parts: Uint8Array[]] {
  const { evidence, policy, challenge, enrolment, trust, prior, at } = input;
  const logs = [evidence.firmwareLog, evidence.imaLog, evidence.systemdLog].flatMap((log) => log?.bytes ?? []);
  const document = {
    schema: 'assay.input/1',
    at: new Date(at).toISOString(),
    policy: policy.id,
    challenge:
      challenge === undefined
        ? null
        : {
            nonce: toBase64url(challenge.nonce),
            selection: challenge.selection ?? null,
            rule: challenge.rule ?? null,
          },
    evidence: bundleToJson(withoutBytes(evidence)),
    enrolment:
      enrolment === undefined
        ? null
        : {
            ...enrolment,
            ek: toBase64url(enrolment.ek),
            ak: toBase64url(enrolment.ak),
            ekCertificates: enrolment.ekCertificates.map((der) => toBase64url(der)),
          },
    trust:
      trust === undefined
        ? null
        : {
            roots: trust.roots.map(({ id, name, class: kind }) => ({ id, name, class: kind })),
            crls: trust.crls.map(({ id }) => id),
          },
    prior:
      prior === undefined
        ? null
        : { ...prior, clock: String(prior.clock), firmwareVersion: String(prior.firmwareVersion) },
  };
  return [new TextEncoder().encode(canonicalJson(document)), writePolicy(policy), ...logs];
}

/** Logs by their name: they are the same from one appraisal to the next. */
function withoutBytes({ firmwareLog, imaLog, systemdLog, ...rest }: EvidenceBundle): EvidenceBundle {
  return {
    ...rest,
    ...(firmwareLog !== undefined && { firmwareLog: { id: firmwareLog.id } }),
    ...(imaLog !== undefined && { imaLog: { id: imaLog.id } }),
    ...(systemdLog !== undefined && { systemdLog: { id: systemdLog.id } }),
  };
}

/**
 * Ids of the parts that a document names.
 * @throws as {@link readInput}
 */
export function inputPartIds(document: Uint8Array): string[] {
  const { policy, evidence, trust } = parseInput(document);
  const { firmwareLog, imaLog, systemdLog } = bundleFromJson(evidence as Json);
  const logs = [firmwareLog, imaLog, systemdLog].flatMap((log) => log?.id ?? []);
  return [...new Set([policy, ...logs, ...(trust?.roots.map(({ id }) => id) ?? []), ...(trust?.crls ?? [])])];
}

/**
 * Makes the input again.
 * @param part the content of that id
 * @throws PolicyError `input.document`, `input.part-missing`, `input.part-altered`, and as {@link readPolicy}; EvidenceError
 */
export function readInput(document: Uint8Array, part: (id: string) => Uint8Array | undefined): AppraisalInput {
  const content = (id: string): Uint8Array => {
    const bytes = part(id);
    if (bytes === undefined) throw new PolicyError('input.part-missing', `the part ${id} is not there`);
    if (contentId(bytes) !== id) throw new PolicyError('input.part-altered', `the part ${id} has another content`);
    return bytes;
  };
  const { at, policy, challenge, evidence, enrolment, trust, prior } = parseInput(document);
  return {
    evidence: completeLogs(bundleFromJson(evidence as Json), content).bundle,
    policy: readPolicy(content(policy)),
    pins: [],
    at: Date.parse(at),
    ...(challenge !== null && { challenge: readChallenge(challenge) }),
    ...(enrolment !== null && {
      enrolment: {
        ...enrolment,
        ek: fromBase64url(enrolment.ek),
        ak: fromBase64url(enrolment.ak),
        ekCertificates: enrolment.ekCertificates.map((der) => fromBase64url(der)),
      },
    }),
    ...(trust !== null && {
      trust: {
        roots: trust.roots.map((root) => ({ ...root, certificate: content(root.id) })),
        crls: trust.crls.map((id) => ({ id, list: content(id) })),
      },
    }),
    ...(prior !== null && {
      prior: { ...prior, clock: BigInt(prior.clock), firmwareVersion: BigInt(prior.firmwareVersion) },
    }),
  };
}

function readChallenge({ nonce, selection, rule }: NonNullable<InputDocument['challenge']>) {
  return {
    nonce: fromBase64url(nonce),
    ...(selection !== null && { selection }),
    ...(rule !== null && { rule }),
  };
}

function parseInput(document: Uint8Array): InputDocument {
  const value = parseJson(new TextDecoder().decode(document));
  return parseDocument(InputDocument, value, 'input.document', 'the input of the appraisal');
}
