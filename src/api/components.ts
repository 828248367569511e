/** Every schema that the OpenAPI document names. */

import { AppraisalExport } from './appraisal-schemas.ts';
import { JoinTokenCreated, JoinTokenList, NewJoinToken } from './join-token-schemas.ts';
import { NewToken, TokenCreated, TokenList } from './token-schemas.ts';
import {
  ActivateRequest,
  ChallengeRequest,
  ChallengeResponse,
  EnrolmentState,
  EnrolRequest,
  EnrolResponse,
  EvidencePart,
  EvidenceRequest,
  EvidenceResponse,
} from './agent-schemas.ts';
import {
  EnrolmentDecided,
  EnrolmentDecision,
  EnrolmentList,
  HostChange,
  HostDetail,
  HostList,
} from './host-schemas.ts';
import { EkPinList, EkPinsAdded, NewEkPins } from './ek-pin-schemas.ts';
import { CrlDetail, CrlList, NewCrl } from './crl-schemas.ts';
import { EventList } from './event-schemas.ts';
import { Problem } from './problems.ts';
import { AppraiseRequest, AttestationResult, EvidenceBundle, Health, KeySet, Readiness } from './schemas.ts';
import { NewTrustRoot, TrustRootDetail, TrustRootList } from './trust-schemas.ts';

export const COMPONENTS = {
  AppraiseRequest,
  EvidenceBundle,
  AttestationResult,
  KeySet,
  Health,
  Readiness,
  EnrolRequest,
  EnrolResponse,
  ActivateRequest,
  EnrolmentState,
  ChallengeRequest,
  ChallengeResponse,
  EvidencePart,
  EvidenceRequest,
  EvidenceResponse,
  HostList,
  HostDetail,
  HostChange,
  EnrolmentList,
  EnrolmentDecision,
  EnrolmentDecided,
  AppraisalExport,
  NewTrustRoot,
  TrustRootDetail,
  TrustRootList,
  NewCrl,
  CrlDetail,
  CrlList,
  NewJoinToken,
  JoinTokenCreated,
  JoinTokenList,
  NewEkPins,
  EkPinsAdded,
  EkPinList,
  NewToken,
  TokenCreated,
  TokenList,
  EventList,
  Problem,
} as const;

export type ComponentName = keyof typeof COMPONENTS;
