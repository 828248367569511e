/** A host without a machine: a captured boot, an EK and an AK in software, and the protocol spoken to the functions behind the routes. */
import { createHash } from 'node:crypto';
import type {
  ActivateRequest,
  EnrolRequest,
  ChallengeResponse,
  EnrolmentState,
  EvidenceResponse,
} from '../../../src/api/agent-schemas.ts';
import type { AgentClient } from '../../../src/api/client.ts';
import type { Json } from '../../../src/bytes/json.ts';
import { fromBase64url, toBase64url } from '../../../src/bytes/text.ts';
import { bundleToJson, type EvidenceBundle } from '../../../src/evidence/bundle.ts';
import { boundExtraData, hintsId, type Claims } from '../../../src/evidence/claims.ts';
import { activate, enrolmentState } from '../../../src/service/hosts/activate.ts';
import { keepEvidencePart } from '../../../src/service/hosts/evidence-part.ts';
import { attest } from '../../../src/service/hosts/attest.ts';
import { challengeHost } from '../../../src/service/hosts/challenge.ts';
import { enrol } from '../../../src/service/hosts/enrol.ts';
import type { HostService } from '../../../src/service/hosts/host-service.ts';
import { TPM_ST_ATTEST } from '../../../src/tpm/algorithms.ts';
import { writeAttest } from '../../../src/tpm/attest.ts';
import { hostKeyTemplate } from '../../../src/tpm/host-key-template.ts';
import { hierarchyQualifiedName, publicName, qualifiedName } from '../../../src/tpm/names.ts';
import { writePublic2B, type TpmtPublic } from '../../../src/tpm/public.ts';
import { forge, type ForgedHost } from '../../support/forge.ts';
import type { EkAuthority } from '../../support/ek-authority.ts';
import { activateCredential, makeEk, type SoftwareEk } from '../../tpm/endorsement-key.ts';
import { CLOCK, makeAk, signWith, type SoftwareAk } from '../../tpm/software-tpm.ts';

const PARENT = hierarchyQualifiedName('endorsement');
/** The functions behind the routes, called as a host calls the routes. */
export function direct(service: HostService): AgentClient {
  return {
    enrol: (request) => enrol(service, request),
    activate: (id, request) => activate(service, id, request),
    enrolment: (id) => enrolmentState(service, id),
    challenge: (host) => challengeHost(service, host),
    evidencePart: (host, part) => keepEvidencePart(service, host, part),
    evidence: (host, message) => attest(service, host, { ...message, bundle: message.bundle as Json }),
  };
}

export const HINTS = { hostname: 'lab-a' };

export interface HostOptions {
  readonly maker: EkAuthority;
  readonly ek?: SoftwareEk;
  readonly ak?: SoftwareAk;
  readonly joinToken?: string;
  readonly replaces?: string;
}

/** What differs in one answer from that of a good host. */
export interface Answer {
  readonly change?: (host: ForgedHost) => void;
  /** of the bundle before it is sent */
  readonly bundle?: (bundle: EvidenceBundle, kept: ChallengeResponse['logs']) => EvidenceBundle;
  readonly claims?: Partial<Claims>;
  readonly nonce?: string;
  readonly expiresAt?: string;
}

export class SoftwareHost {
  readonly ek: SoftwareEk;
  readonly ak: SoftwareAk;
  readonly hostKey: SoftwareAk;
  /** counters of the TPM; a boot raises the first */
  clock = { ...CLOCK };
  id = '';
  enrolment = '';
  readonly #client: AgentClient;
  readonly #options: HostOptions;

  constructor(client: AgentClient, options: HostOptions) {
    this.#client = client;
    this.#options = options;
    this.ek = options.ek ?? makeEk('L-2');
    this.ak = options.ak ?? makeAk('ecdsa');
    this.hostKey = makeAk('ecdsa');
  }

  get hostKeyArea(): TpmtPublic {
    const template = hostKeyTemplate(new Uint8Array(32));
    return { ...template, unique: this.hostKey.area.unique } as TpmtPublic;
  }

  /** The first half of an enrolment: what opens the credential. */
  async begin(): Promise<Uint8Array> {
    const answer = await this.#client.enrol(await this.request());
    this.enrolment = answer.enrolment;
    return activateCredential(this.ek, publicName(this.ak.area), {
      credentialBlob: fromBase64url(answer.credential.idObject),
      secret: fromBase64url(answer.credential.encryptedSecret),
    })!;
  }

  /** What an enrolment begins with. */
  async request(): Promise<EnrolRequest> {
    const { maker, joinToken, replaces } = this.#options;
    return {
      ek: toBase64url(writePublic2B(this.ek.area)),
      ekCertificates: [toBase64url(await maker.certify(this.ek.area))],
      ak: toBase64url(writePublic2B(this.ak.area)),
      akParent: 'endorsement',
      ...(joinToken !== undefined && { joinToken }),
      ...(replaces !== undefined && { replaces }),
      hints: HINTS,
    };
  }

  async enrol(withHostKey = true): Promise<EnrolmentState> {
    const secret = await this.begin();
    const hostKey = withHostKey ? { hostKey: this.certified(secret) } : {};
    const state = await this.#client.activate(this.enrolment, { secret: toBase64url(secret), ...hostKey });
    this.id = state.host ?? '';
    return state;
  }

  /** What TPM2_Certify by the AK gives for the host key. */
  certified(secret: Uint8Array, area = this.hostKeyArea): NonNullable<ActivateRequest['hostKey']> {
    const attestation = writeAttest({
      type: TPM_ST_ATTEST.CERTIFY,
      qualifiedSigner: qualifiedName(PARENT, this.ak.area),
      extraData: new Uint8Array(createHash('sha256').update('assay-host-key-1').update(secret).digest()),
      clockInfo: this.clock,
      firmwareVersion: 1n,
      attested: { name: publicName(area), qualifiedName: qualifiedName(PARENT, area) },
    });
    return {
      public: toBase64url(writePublic2B(area)),
      attest: toBase64url(attestation),
      signature: toBase64url(signWith(this.ak, attestation)),
    };
  }

  challenge(): Promise<ChallengeResponse> {
    return this.#client.challenge(this.id);
  }

  async attest(answer: Answer = {}): Promise<EvidenceResponse> {
    return this.answer(await this.challenge(), answer);
  }

  answer(challenge: ChallengeResponse, answer: Answer = {}): Promise<EvidenceResponse> {
    return this.#client.evidence(this.id, this.message(challenge, answer));
  }

  message(challenge: ChallengeResponse, answer: Answer = {}) {
    const { nonce = challenge.nonce, expiresAt = challenge.expiresAt } = answer;
    return { nonce, expiresAt, bundle: bundleToJson(this.evidence(challenge, answer)) };
  }

  evidence(challenge: ChallengeResponse, { change, bundle, claims: changed }: Answer = {}): EvidenceBundle {
    this.clock = { ...this.clock, clock: this.clock.clock + 1000n };
    const make = (extraData: Uint8Array) =>
      forge('uki/baseline', (host) => {
        host.ak = this.ak;
        host.parent = PARENT;
        host.attest = (attest) => ({ ...attest, extraData, clockInfo: this.clock });
        change?.(host);
      }).evidence;
    const hints = new Map(Object.entries(HINTS));
    const plain = make(new Uint8Array(32));
    const claims: Claims = {
      bootId: '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
      hostKey: null,
      guests: [],
      hints: hintsId(hints),
      firmwareLog: plain.firmwareLog!.bytes!.length,
      imaLog: plain.imaLog!.bytes!.length,
      systemdLog: null,
      ...changed,
    };
    const evidence = { ...make(boundExtraData(fromBase64url(challenge.nonce), claims)), claims, hints };
    return bundle === undefined ? evidence : bundle(evidence, challenge.logs);
  }
}
