/**
 * Assay as a library: the pure part, from bytes to the verdict. Nothing here does I/O, reads a clock or draws a random number.
 *
 * The one call most users need is {@link appraise}; `parseBundle`, `parsePolicy` and `resolvePolicy` make its input.
 */

export { EvidenceError, PolicyError, UsageError } from './bytes/errors.ts';
export { canonicalJson } from './bytes/json.ts';
export { contentId, type HashName } from './bytes/hash.ts';
export type { Replayed, Untrusted, Verified } from './bytes/trust.ts';
export { bundleFromJson, bundleToJson, parseBundle, type EvidenceBundle } from './evidence/bundle.ts';
export { parseCertificate, type Certificate } from './x509/certificate.ts';
export { parseCrl, type Crl } from './x509/crl.ts';
export { pathAt, provePaths, validatePath } from './x509/path.ts';
export { NOTES, type Note, type NoteName } from './x509/path-model.ts';
export type { PathInput, PathProof, PathRefusal, PathResult, PathRules, RevocationRule } from './x509/path-model.ts';
export { readStoredCertificate, readStoredChain, type StoredCertificate } from './x509/stored-certificate.ts';
export { checkEkCertificate, type EkCheck, type EkRules } from './x509/ek-certificate.ts';
export { parseAttributeCertificate, type AttributeCertificate } from './x509/attribute-certificate.ts';
export {
  checkAttributeCertificate,
  checkPlatformKeyCertificate,
  type PlatformCheck,
} from './x509/platform-certificate.ts';
export type { PlatformInput } from './x509/platform-certificate.ts';
export { readSubjectKey, type KeyNumbers, type SubjectKey } from './x509/subject-key.ts';
export { authorityInfoAccess, crlDistributionPoints } from './x509/general-names.ts';
export type { PlatformAttributes, TpmAttributes } from './x509/tpm-attributes.ts';
export { readTrustFile, type TrustFile } from './x509/trust-file.ts';
export { PURPOSE } from './x509/purposes.ts';
export { CERTIFICATE_CODES, type CertificateCode, type Refusal } from './x509/codes.ts';
export { QUIRKS, type QuirkName, type QuirkUse } from './x509/quirks.ts';
export { readAkPin, type AttestationKey } from './tpm/key.ts';
export { readPublic, readPublic2B, writePublic2B, type TpmtPublic } from './tpm/public.ts';
export { isAttestOf, readAttest, type AttestOf, type TpmsAttest } from './tpm/attest.ts';
export { checkQuote, joinQuotes, type QuoteCheck, type QuotedPcrs } from './tpm/quote.ts';
export { checkCertification, type CertificationCheck, type ExpectedCertification } from './tpm/certify.ts';
export { hierarchyQualifiedName, publicName, qualifiedName } from './tpm/names.ts';
export { EK_CHAIN_NV, EK_TEMPLATES, ekTemplateOf, withEkNonce, type EkTemplate } from './tpm/ek-template.ts';
export { akTemplate, akTemplateDifferences } from './tpm/ak-template.ts';
export { hostKeyDifferences, hostKeyTemplate } from './tpm/host-key-template.ts';
export type { TemplateDifference } from './tpm/template.ts';
export { credentialRandomSize, makeCredential, type MadeCredential } from './tpm/make-credential.ts';
export { parseSelection, selectionText, type PcrSelection } from './tpm/selection.ts';
export { parseTcgLog } from './logs/tcg/parse.ts';
export type { TcgEvent, TcgLog } from './logs/tcg/model.ts';
export { replayAgainstQuote, replayBank } from './logs/replay.ts';
export { parseImaList } from './logs/ima/parse.ts';
export type { ImaList } from './logs/ima/model.ts';
export { replayPrefix } from './logs/ima/replay.ts';
export { coverage, type CoverageSegment, type PartCoverage } from './facts/coverage.ts';
export type { Fact, FactName, FactValues } from './facts/model.ts';
export { parseImageManifest, type ImageManifest } from './references/manifest.ts';
export { parsePinSet, parseReferenceSet, type PinSet, type ReferenceSet } from './references/reference-set.ts';
export { CATALOGUE } from './checks/catalogue.ts';
export { FINDING_CODES, type FindingCode } from './checks/codes.ts';
export type { Answer, Check, Finding, LinkId } from './checks/model.ts';
export { parsePolicy, type PolicyDocument } from './policy/document.ts';
export { resolvePolicy, type Catalogue, type ResolvedPolicy } from './policy/resolve.ts';
export { appraise } from './chain/appraise.ts';
export { createCache, type AppraisalCache } from './chain/cache.ts';
export type { AkPin, Appraisal, AppraisalInput, Challenge, LinkResult, LinkStatus, Verdict } from './chain/model.ts';
