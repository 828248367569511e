/** What an appraisal was a function of, kept so that it can be made again: one document that names every part by its content. */

import { canonicalJson } from '../../bytes/json.ts';
import { toBase64url } from '../../bytes/text.ts';
import type { AppraisalInput } from '../../chain/model.ts';
import { bundleToJson, type EvidenceBundle } from '../../evidence/bundle.ts';
import { packBlob, type PackedBlob } from '../../store/blobs.ts';

/** The parts ready to be inserted, and the id of the document among them that names the others. */
export interface PackedInput {
  readonly id: string;
  readonly blobs: readonly PackedBlob[];
}

/** Packs the input: logs by themselves, since they are the same from one appraisal to the next. */
export async function packInput(input: AppraisalInput): Promise<PackedInput> {
  const { evidence, policy, challenge, enrolment, trust, prior, at } = input;
  const { id: policyId, ...policyContent } = policy;
  const { firmwareLog, imaLog, systemdLog, ...rest } = evidence;
  const slim: EvidenceBundle = {
    ...rest,
    ...(firmwareLog !== undefined && { firmwareLog: { id: firmwareLog.id } }),
    ...(imaLog !== undefined && { imaLog: { id: imaLog.id } }),
    ...(systemdLog !== undefined && { systemdLog: { id: systemdLog.id } }),
  };
  const logs = [firmwareLog?.bytes, imaLog?.bytes, systemdLog?.bytes].filter((bytes) => bytes !== undefined);
  const document = {
    schema: 'assay.input/1',
    at: new Date(at).toISOString(),
    policy: policyId,
    challenge:
      challenge === undefined
        ? null
        : {
            nonce: toBase64url(challenge.nonce),
            selection: challenge.selection ?? null,
            rule: challenge.rule ?? null,
          },
    evidence: bundleToJson(slim),
    enrolment:
      enrolment === undefined
        ? null
        : {
            ...enrolment,
            ek: toBase64url(enrolment.ek),
            ak: toBase64url(enrolment.ak),
            ekCertificates: enrolment.ekCertificates.map((der) => toBase64url(der)),
            activatedAt: enrolment.activatedAt,
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
  const text = (value: unknown) => new TextEncoder().encode(canonicalJson(value));
  const contents = [text(document), text(policyContent), ...logs];
  const blobs = await Promise.all(contents.map((bytes) => packBlob(bytes)));
  return { id: blobs[0]!.id, blobs };
}
