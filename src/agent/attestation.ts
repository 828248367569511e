/** One attestation: a challenge, its answer, and the result. */

import { ProblemResponse, type AgentClient, type EvidencePart, type EvidenceResponse } from '../api/client.ts';
import { UsageError } from '../bytes/errors.ts';
import { toBase64url, toHex } from '../bytes/text.ts';
import { bundleToJson } from '../evidence/bundle.ts';
import { publicName } from '../tpm/names.ts';
import { readPublic2B } from '../tpm/public.ts';
import { readChallenge, readEvidenceResponse } from './answers.ts';
import type { Edge } from './edge.ts';
import { answer, type EvidenceSources, type OpenAnswer } from './evidence.ts';
import type { HostTpm } from './host-tpm.ts';

/** The service expects another attestation key than this TPM has: it was cleared or replaced, or the settings changed. */
export class OtherKey extends Error {
  override readonly name = 'OtherKey';
  readonly code = 'host.other-key';
  readonly remedy = 'enrol again with `assay enrol`';

  constructor() {
    super('the service expects another attestation key of this host than its TPM has now');
  }
}

export interface Attested {
  readonly response: EvidenceResponse;
  /** parts the evidence went without, each with the reason */
  readonly missing: readonly string[];
}

/** The name of a key, hexadecimal, from its TPM2B_PUBLIC. */
export function keyName(area: Uint8Array): string {
  const { public: key, bytes } = readPublic2B(area, 'key');
  return toHex(publicName(key, bytes));
}

/** The service drops the parts when it has the evidence, or when the challenge is over. */
async function sendParts(
  client: AgentClient,
  host: string,
  challenge: Pick<EvidencePart, 'nonce' | 'expiresAt' | 'grant'>,
  answered: Pick<OpenAnswer, 'parts'>,
): Promise<void> {
  let index = 0;
  for await (const bytes of answered.parts()) {
    await client.evidencePart(host, { ...challenge, index, bytes: toBase64url(bytes) });
    index++;
  }
}

/**
 * @throws OtherKey; UsageError `agent.rule`; UnexpectedAnswer; ProblemResponse; what transport, TPM and logs reject with
 */
export async function attest(
  client: AgentClient,
  tpm: HostTpm,
  sources: EvidenceSources,
  host: string,
  edge: Pick<Edge, 'sleep'>,
): Promise<Attested> {
  const { nonce, nonceText, expiresAt, selection, ak, rule, kept } = readChallenge(await client.challenge(host));
  if (rule !== 'assay-quote-1') {
    throw new UsageError('agent.rule', `the service asks for quotes by the rule ${rule}`, 'update the agent');
  }
  if (ak !== keyName(tpm.ak.public)) throw new OtherKey();
  const answered = await answer(tpm, sources, { nonce, selection, kept }, edge);
  try {
    const send = (bundle: typeof answered.bundle): Promise<EvidenceResponse> =>
      client.evidence(host, { nonce: nonceText, expiresAt, bundle: bundleToJson(bundle) });
    const response = await send(answered.bundle).catch(async (error: unknown) => {
      if (!(error instanceof ProblemResponse) || error.code !== 'evidence.logs-missing') throw error;
      const whole = await answered.withWhole(error.missing);
      if (error.grant !== undefined)
        await sendParts(client, host, { nonce: nonceText, expiresAt, grant: error.grant }, answered);
      return send(whole);
    });
    return { response: readEvidenceResponse(response), missing: answered.missing };
  } finally {
    await answered.close();
  }
}
